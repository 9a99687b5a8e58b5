"""The bytes of a file, read once: only regular files, never through a link, never more than the limit."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from forensics_ui.core.errors import BadImage, TooLarge
from forensics_ui.core.reasons import Reason, because

KINDS = (
    (stat.S_ISLNK, "a symbolic link, which is not followed"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# O_NONBLOCK: opening a pipe that nobody writes to must not hang, should one take the file's place meanwhile.
FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOCTTY"))


def read_bytes(source: Path | str | bytes, limit: int) -> tuple[bytes, str]:
    """The bytes and the last part of the name; BadImage says why there are none."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        check_length(len(source), limit)
        return bytes(source), "unnamed"
    path = os.fspath(source)
    try:
        check_kind(os.lstat(path).st_mode)
        descriptor = os.open(path, FLAGS)
        try:
            return read_descriptor(descriptor, limit), os.path.basename(path)
        finally:
            os.close(descriptor)
    except (OSError, ValueError) as error:
        raise BadImage(refusal(error)) from error


def check_kind(mode: int) -> None:
    """Refuse what is not a regular file."""
    if not stat.S_ISREG(mode):
        words = next((words for test, words in KINDS if test(mode)), "not a regular file")
        raise BadImage(because("not_a_regular_file", what=words))


def check_length(length: int, limit: int) -> None:
    """Refuse empty and too large files."""
    if not length:
        raise BadImage(because("empty_file"))
    if length > limit:
        raise TooLarge(because("file_too_long", bytes=length, limit=limit))


def read_descriptor(descriptor: int, limit: int) -> bytes:
    """Everything in an open file, which must not change its size meanwhile."""
    status = os.fstat(descriptor)
    check_kind(status.st_mode)
    check_length(status.st_size, limit)
    with os.fdopen(descriptor, "rb", closefd=False) as stream:
        data = stream.read(status.st_size + 1)
    if len(data) != status.st_size:
        raise BadImage(because("changed_while_read"))
    return data


def refusal(error: OSError | ValueError) -> Reason:
    """Why a file cannot be read, without its path."""
    if isinstance(error, FileNotFoundError):
        return because("no_such_file")
    if isinstance(error, PermissionError):
        return because("not_permitted")
    return because("unreadable", problem=getattr(error, "strerror", None))
