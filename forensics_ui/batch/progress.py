"""How far a run is, how fast it goes, and how long it will take."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from forensics_ui.workbench import Score

SPAN_SECONDS = 30.0
LAST_ROWS = 8
OVER = ("finished", "cancelled", "stopped")
# Somebody is at it, here or in another program.
ALIVE = ("scanning", "running", "paused", "ending")


@dataclass(frozen=True)
class Progress:
    """One moment of a run.

    `state` is new, scanning, running, paused, ending (over, but what was under way has not let go yet), finished, cancelled,
    stopped, or interrupted.
    """

    state: str
    reason: str = ""
    total: int = 0
    done: int = 0  # failed ones are not among them
    failed: int = 0
    skipped: int = 0
    scanned: int = 0
    rate: float | None = None  # files per second over the last half minute
    seconds_left: float | None = None
    last: tuple[dict[str, Any], ...] = field(default=())

    @property
    def settled(self) -> int:
        """Files that need no more work."""
        return self.done + self.failed

    @property
    def over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state in OVER


class Meter:
    """Counts settled files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done = self._failed = self._total = self._skipped = 0
        self.scanned = 0
        self._recent: deque[float] = deque(maxlen=4096)
        self._since = time.monotonic()
        self._last: deque[dict[str, Any]] = deque(maxlen=LAST_ROWS)

    def start(self, done: int, failed: int, waiting: int, skipped: int) -> None:
        """The counts that the journal begins with."""
        with self._lock:
            self._done, self._failed, self._total, self._skipped = done, failed, done + failed + waiting, skipped
        self.forget_rate()

    def forget_rate(self) -> None:
        """Measure anew, as after a pause."""
        with self._lock:
            self._recent.clear()
            self._since = time.monotonic()

    def settled(self, path: str, failed: bool, score: Score | None, error: str | None) -> None:
        """One more file."""
        with self._lock:
            self._done += not failed
            self._failed += failed
            self._recent.append(time.monotonic())
            said = score and (score.verdict or score.error)
            self._last.append({"path": path, "failed": failed, "verdict": said, "logit": score and score.logit, "error": error})

    def progress(self, state: str, reason: str) -> Progress:
        """This moment."""
        with self._lock:
            rate = self._rate()
            left = self._total - self._done - self._failed
            seconds = left / rate if rate and state == "running" else None
            return Progress(state, reason, self._total, self._done, self._failed, self._skipped, self.scanned, rate, seconds, tuple(self._last))

    def _rate(self) -> float | None:
        now = time.monotonic()
        while self._recent and self._recent[0] < now - SPAN_SECONDS:
            self._recent.popleft()
        if not self._recent:
            return None
        full = len(self._recent) == self._recent.maxlen
        since = self._recent[0] if full else max(self._since, now - SPAN_SECONDS)
        return len(self._recent) / max(now - since, 1e-3)
