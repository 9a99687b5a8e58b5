"""Files written whole or not at all, under names that never take another file's place."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from forensics_ui.core.errors import ForensicsError
from forensics_ui.report.clean import safe_stem

MOST_VERSIONS = 10_000


@contextlib.contextmanager
def atomic(path: Path) -> Iterator[BinaryIO]:
    """A stream to a file beside the target; it takes the target's place when all is on the disk, and is gone otherwise."""
    beside = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with beside.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """See that the new name is on the disk too; not every system lets a folder be opened."""
    if os.name != "posix":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def report_stem(name: str, sha256: str | None) -> str:
    """The stem of a report's files: from the hash of the picture and what its name has of plain letters."""
    return "-".join(part for part in ("report", safe_stem(name), (sha256 or "")[:12]) if part)


def free_stem(folder: Path, stem: str, suffixes: list[str], force: bool = False) -> str:
    """A stem under which none of the files exists: with a counter where one does. `force` keeps the stem."""
    for number in range(1, MOST_VERSIONS):
        tried = stem if number == 1 else f"{stem}-{number}"
        if force or not any((folder / f"{tried}{suffix}").exists() for suffix in suffixes):
            return tried
    raise ForensicsError("There are too many reports of this name in that folder.")
