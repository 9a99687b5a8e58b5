"""Two runs on one folder, or into one folder, refuse each other. The lock goes with the process, however that ends."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import IO

from forensics_ui.core.errors import ForensicsError


class InUse(ForensicsError):
    """Somebody else is at it."""

    code = "in_use"


def try_lock(handle: IO[bytes]) -> bool:
    """Take the system's lock on an open file if nobody has it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            # Far behind the text, so that another process can read who holds it.
            handle.seek(1 << 20)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def _tried(handle: IO[bytes]) -> bool:
    """Try, and leave the other one a moment where that failed."""
    taken = try_lock(handle)
    if not taken:
        time.sleep(0.05)
    return taken


class Lock:
    """A file that is locked while it is held. It says who holds it; what a dead process left in it counts for nothing."""

    def __init__(self, path: Path, what: str) -> None:
        self.path, self._what = path, what
        self._handle: IO[bytes] | None = None

    def acquire(self) -> Lock:
        """Hold it, or InUse that names the holder."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle = self.path.open("a+b")
        except OSError as error:
            raise ForensicsError(f"{self._what} cannot be locked: {error.strerror}.") from None
        try:
            # More than once: somebody who only asks whether it is held holds it for a moment.
            free = any(_tried(handle) for _ in range(4))
        except OSError as error:
            handle.close()
            raise ForensicsError(f"{self._what} is on a disk that knows no locks ({error.strerror}), so two runs could meet there.") from None
        if not free:
            who = _holder(handle)
            handle.close()
            raise InUse(f"{self._what} is being worked on already{who}. Wait for that run, or stop it.")
        handle.seek(0)
        handle.truncate()
        handle.write(json.dumps({"pid": os.getpid(), "since": round(time.time(), 3)}).encode())
        handle.flush()
        self._handle = handle
        return self

    def release(self) -> None:
        """Let others in. The file stays: deleting it would let two in."""
        if self._handle is not None:
            with contextlib.suppress(OSError):
                self._handle.truncate(0)
            self._handle.close()
            self._handle = None

    def held_by_anyone(self) -> bool:
        """Whether a living process holds it."""
        if self._handle is not None:
            return True
        try:
            with self.path.open("r+b") as handle:
                return not try_lock(handle)
        except OSError:
            return False


def folder_lock(data_dir: Path, where: str, name: str) -> Lock:
    """The lock of a folder that is read; it lies among the app's own files, never in the folder."""
    return Lock(data_dir / "batches" / "locks" / f"{hashlib.sha256(where.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.lock", name)


def _holder(handle: IO[bytes]) -> str:
    try:
        handle.seek(0)
        said = json.loads(handle.read(200))
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(float(said["since"])))
        return f" by the process {int(said['pid'])} since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""
