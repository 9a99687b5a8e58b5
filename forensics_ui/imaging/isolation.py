"""What the decoder process takes away from itself before it sees the first untrusted byte, and what of it worked."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
PR_SET_NO_NEW_PRIVS = 38


def leave_network() -> bool:
    """Move into an empty network of its own, where Linux allows that to everybody. Needs a single thread."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0


def limit(name: str, value: int) -> bool:
    """Lower one resource limit for good; False where the system has no such limit."""
    number = getattr(resource, name, None)
    if number is None:
        return False
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(number, (value, value))
        return True
    return False


def apply_limits(memory_bytes: int) -> dict[str, Any]:
    """Lower the limits and say which ones this system accepted."""
    # macOS accepts RLIMIT_AS and does not enforce it: saying "limited" there would be untrue.
    memory = limit("RLIMIT_AS", memory_bytes) and sys.platform.startswith("linux")
    return {
        "memory_limit_bytes": memory_bytes if memory else None,
        "can_dump_core": not limit("RLIMIT_CORE", 0),
        # A size limit of zero: the process cannot write a single byte into any file.
        "can_write_files": not limit("RLIMIT_FSIZE", 0),
    }
