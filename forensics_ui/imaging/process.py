"""The app's side of one decoder process: start it, ask it, stop it when its time is up."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forensics_ui.core import errors
from forensics_ui.core.reasons import Reason
from forensics_ui.core.settings import PROJECT, Limits
from forensics_ui.imaging import protocol
from forensics_ui.imaging.facts.text import clean

START_SECONDS = 60.0
PROVENANCE_SECONDS = 3.0
CODES = {kind.code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.BadImage)}
# Why a decoder process refuses, with the values that belong to each reason: nothing else is taken from it.
REFUSALS: dict[str, dict[str, type]] = {
    "no_size": {"width": int, "height": int},
    "side_too_long": {"width": int, "height": int, "limit": int},
    "too_many_pixels": {"pixels": int, "limit": int},
    "no_whole_rows": {"format": str},
    "ends_early": {},
    "ends_before_rows": {},
    "ends_in_first_row": {},
    "decoder_memory": {},
    "header_unreadable": {"format": str},
    "unknown_variant": {"format": str, "problem": str},
    "decoder_gave_up": {"format": str, "problem": str},
    "unknown_colours": {"mode": str},
}
MAX_TEXT = 600
# What a Python needs to start at all on the systems that need it; nothing of the user's.
KEPT_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP", "TMPDIR")


@dataclass(frozen=True)
class Reply:
    """What a decoder process says of one file."""

    rgb: np.ndarray
    complete: float
    facts: dict[str, Any]


class Died(Exception):
    """The process ended, was stopped, or spoke nonsense; `timed_out` if because of its deadline."""

    def __init__(self, timed_out: bool) -> None:
        super().__init__("timed out" if timed_out else "died")
        self.timed_out = timed_out


class Decoder:
    """One decoder process. One thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pictures = 0
        self._stopped = False
        # Pixels are hashed while the next ones are on their way: on two cores that hides nearly all of it.
        self._hashing = ThreadPoolExecutor(1, "pixel-hash")
        self._process = start(limits.memory_bytes)
        self.report: dict[str, Any] = {}
        with self._deadline(START_SECONDS):
            kind, length = protocol.receive_header(self._process.stdout)
            self._expect(kind, protocol.READY)
            self.report = protocol.receive_json(self._process.stdout, length)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process can be asked again."""
        return not self._stopped and self._process.poll() is None

    def stop(self) -> None:
        """End the process and everything it may have started, now."""
        self._stopped = True
        if self._process.poll() is not None:
            return
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def close(self) -> None:
        """Stop and clean up."""
        self.stop()
        self._hashing.shutdown(wait=False)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()

    def decode(self, data: bytes, request: dict[str, Any]) -> Reply:
        """One file in, pixels and facts out; BadImage as the process says, Died if it does not answer."""
        self.pictures += 1
        with self._deadline(self.limits.seconds):
            protocol.send_json(self._process.stdin, protocol.REQUEST, {**request, "limits": asdict(self.limits)})
            protocol.send(self._process.stdin, protocol.FILE, data)
            size = self._json(protocol.SIZE)
            rgb, digest = self._pixels(int(size["width"]), int(size["height"]))
            facts = self._json(protocol.FACTS)
        return Reply(rgb, float(size["complete"]), {**facts, "pixels_sha256": digest, "c2pa": self._provenance()})

    def _pixels(self, width: int, height: int) -> tuple[np.ndarray, str]:
        """The pixels and their SHA-256."""
        # The limits are checked on this side too: the process that reads hostile bytes is not believed.
        if not (0 < width <= self.limits.side and 0 < height <= self.limits.side and width * height <= self.limits.pixels):
            raise ValueError("a size beyond the limits")
        rgb = np.empty((height, width, 3), np.uint8)
        room, digest = memoryview(rgb).cast("B"), hashlib.sha256()
        while room:
            kind, length = protocol.receive_header(self._process.stdout)
            self._expect(kind, protocol.PIXELS, length)
            if not 0 < length <= len(room):
                raise ValueError("more pixels than announced")
            protocol.read_into(self._process.stdout, room[:length])
            self._hashing.submit(digest.update, room[:length])
            room = room[length:]
        rgb.setflags(write=False)
        return rgb, self._hashing.submit(digest.hexdigest).result()

    def _provenance(self) -> dict[str, Any]:
        """The last part has its own deadline, and losing it does not lose the picture."""
        try:
            with self._deadline(PROVENANCE_SECONDS):
                return self._json(protocol.PROVENANCE)
        except (Died, errors.BadImage) as error:
            if isinstance(error, Died) and error.timed_out:
                return {"state": "not checked", "reason": f"reading the manifest took more than {PROVENANCE_SECONDS:g} s"}
            return {"state": "unreadable", "reason": "the reader of manifests ended on this file"}

    def _json(self, wanted: bytes) -> dict[str, Any]:
        kind, length = protocol.receive_header(self._process.stdout)
        self._expect(kind, wanted, length)
        return protocol.receive_json(self._process.stdout, length)

    def _expect(self, kind: bytes, wanted: bytes, length: int = 0) -> None:
        if kind == protocol.ERROR:
            said = protocol.receive_json(self._process.stdout, length)
            raise CODES.get(said.get("code"), errors.BadImage)(reason_in(said))
        if kind != wanted:
            raise ValueError("an answer out of turn")

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Stop the process when the time is up: every read and write on its pipes then ends by itself."""
        expired = threading.Event()

        def expire() -> None:
            expired.set()
            self.stop()

        timer = threading.Timer(seconds, expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (EOFError, OSError, ValueError, KeyError, TypeError) as error:
            self.stop()
            raise Died(expired.is_set()) from error
        finally:
            timer.cancel()


def start(memory_bytes: int) -> subprocess.Popen[bytes]:
    """Start a decoder process: own group, own small environment, nothing inherited but its two pipes."""
    environment = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    # One thread and few arenas: threads reserve address space, which is what is limited.
    environment |= {
        "PYTHONPATH": str(PROJECT),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        "PYTHONIOENCODING": "utf-8",
    }
    # -P and -s: neither the working folder nor the user's own packages can stand in for ours.
    command = [sys.executable, "-P", "-s", "-B", "-m", "forensics_ui.imaging.worker", str(memory_bytes)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        cwd=os.path.abspath(os.sep),
        env=environment,
        start_new_session=True,
        pipesize=1024**2,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def reason_in(answer: dict[str, Any]) -> Reason:
    """The reason that a decoder process gives; ValueError where it is none that such a process has."""
    why = answer["why"]
    code, values = why["code"], dict(why["values"])
    kinds = REFUSALS.get(code)
    if kinds is None or {name: type(value) for name, value in values.items()} != kinds:
        raise ValueError("a reason that no decoder has")
    return Reason(code, "cause", {name: clean(value, MAX_TEXT) if isinstance(value, str) else value for name, value in values.items()})
