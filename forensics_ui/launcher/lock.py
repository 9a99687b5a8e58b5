"""One set-up at a time may change `.venv`."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import IO

from forensics_ui.launcher import CannotRun, say
from forensics_ui.launcher.state import VENV

LOCK = VENV / ".lock"


def try_lock(handle: IO[bytes]) -> bool:
    """Take the lock if nobody has it; a disk that knows no locks counts as free."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        pass
    return True


@contextlib.contextmanager
def only_one() -> Iterator[IO[bytes]]:
    """Wait for the lock and hold it; it goes with the process, however that ends."""
    try:
        VENV.mkdir(exist_ok=True)
        handle = LOCK.open("ab")
    except OSError as error:
        raise CannotRun(f"The folder .venv cannot be written to ({error.strerror}).") from None
    with handle:
        if not try_lock(handle):
            say("Another start is setting up already; waiting for it ...")
            while not try_lock(handle):
                time.sleep(0.5)
        yield handle
