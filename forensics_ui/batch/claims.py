"""How much may be under way at once, and who computes what several files have in common."""

from __future__ import annotations

import threading
from typing import Literal

from forensics_ui.batch.rows import Waiting

# 120 million pixels are 360 MB; one picture is always let in, so that the largest can be scored at all.
PIXELS_UNDER_WAY = 120_000_000


class Room:
    """Seats for files and room for their pixels. Who comes in has to leave; closed, it lets nobody in any more."""

    def __init__(self, seats: int, pixels: int = PIXELS_UNDER_WAY) -> None:
        self._seats, self._limit = seats, pixels
        self._pixels = self.inside = 0
        self._open = True
        self._paused = False
        self._changed = threading.Condition()

    def enter(self) -> bool:
        """Wait for a seat; False once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or (self._seats > 0 and not self._paused))
            if self._open:
                self._seats -= 1
                self.inside += 1
            return self._open

    def take(self, pixels: int) -> bool:
        """Wait for room for the pixels of a picture; False once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._open or not self._pixels or self._pixels + pixels <= self._limit)
            if self._open:
                self._pixels += pixels
            return self._open

    def give(self, pixels: int) -> None:
        """The pixels are not held any more."""
        with self._changed:
            self._pixels -= pixels
            self._changed.notify_all()

    def leave(self) -> None:
        """The file is settled."""
        with self._changed:
            self._seats += 1
            self.inside -= 1
            self._changed.notify_all()

    def pause(self, paused: bool) -> None:
        """Let nobody in for a while; those inside go on."""
        with self._changed:
            self._paused = paused
            self._changed.notify_all()

    def close(self) -> None:
        """Wake everybody who waits, for nothing."""
        with self._changed:
            self._open = False
            self._changed.notify_all()


class Claims:
    """Which contents somebody is working on. A file whose content is being computed waits for that result."""

    def __init__(self) -> None:
        self._working: dict[str, list[Waiting]] = {}
        self._uncommitted: set[str] = set()
        self._lock = threading.Lock()

    def claim(self, sha256: str, file: Waiting) -> Literal["mine", "waits", "known"]:
        """Mine: work on it. Waits: its owner settles this file too. Known: it is finished, though not yet on the disk."""
        with self._lock:
            if sha256 in self._uncommitted:
                return "known"
            if sha256 in self._working:
                self._working[sha256].append(file)
                return "waits"
            self._working[sha256] = [file]
            return "mine"

    def finish(self, sha256: str) -> list[Waiting]:
        """The work is done: all files that have this content."""
        with self._lock:
            self._uncommitted.add(sha256)
            return self._working.pop(sha256, [])

    def drop(self, sha256: str) -> list[Waiting]:
        """The work is given up: all files that waited for it."""
        with self._lock:
            return self._working.pop(sha256, [])

    def committed(self) -> None:
        """What was finished is on the disk and can be read there."""
        with self._lock:
            self._uncommitted.clear()
