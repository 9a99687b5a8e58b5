"""SHA-256 and git blob ids of files."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20


@dataclass(frozen=True)
class Digests:
    """What identifies the bytes of one file."""

    sha256: str
    git_blob: str
    size: int


def digests_of(stream: BinaryIO, size: int) -> Digests:
    """Read the stream to its end. A git blob id is the SHA-1 of `blob <length>`, a zero byte and the bytes."""
    sha256, blob, seen = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False), 0
    while chunk := stream.read(CHUNK):
        sha256.update(chunk)
        blob.update(chunk)
        seen += len(chunk)
    return Digests(sha256.hexdigest(), blob.hexdigest(), seen)


def digest_file(path: Path) -> Digests:
    """Hash the file now."""
    with path.open("rb") as stream:
        return digests_of(stream, path.stat().st_size)


Key = tuple[Path, int, int]
_known: dict[Key, Digests] = {}
_reading: dict[Key, threading.Lock] = {}


def remembered_digests(path: Path) -> Digests:
    """Hash the file once per process and state (size and time of change): for lists, never before parsing."""
    stat = path.stat()
    key = (path.resolve(), stat.st_size, stat.st_mtime_ns)
    # The page and the detectors ask for CLIP's at the same moment, and it takes most of a second.
    with _reading.setdefault(key, threading.Lock()):
        if key not in _known:
            _known[key] = digest_file(path)
        return _known[key]
