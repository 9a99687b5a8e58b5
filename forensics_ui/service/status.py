"""What the service tells about itself, and how fast it is."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass

from forensics_ui.core.reasons import Reason

SPAN_SECONDS = 60.0


@dataclass(frozen=True)
class ModelStatus:
    """One loaded network."""

    detector: str
    weights: str
    device: str
    precision: str
    why_precision: str
    bytes: int


@dataclass(frozen=True)
class ServiceStatus:
    """The state of the service at one moment, JSON-ready through `dataclasses.asdict`."""

    device: str
    why_device: str
    threads: int
    waiting: dict[str, int]
    running: tuple[str, ...]  # what interrupts stands after what it interrupts
    loading: tuple[str, ...]
    models: tuple[ModelStatus, ...]
    failures: dict[str, Reason]
    pictures_per_second: float
    megapixels_per_second: float
    busy: float  # share of the last minute in which the device computed
    model_bytes: int
    model_bytes_limit: int
    device_bytes: int | None  # None where the device has no memory of its own


@dataclass(frozen=True)
class Availability:
    """Whether a detector can be used, with which weights, and why or why not."""

    detector: str
    usable: bool
    weights: str | None
    why: Reason


class Meter:
    """Counts finished pictures over the last minute."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._finished: deque[tuple[float, int, int, float]] = deque()
        self._lock = threading.Lock()

    def add(self, pictures: int, pixels: int, seconds: float) -> None:
        """Count work that ended now."""
        with self._lock:
            self._finished.append((time.monotonic(), pictures, pixels, seconds))
            self._forget()

    def rates(self) -> tuple[float, float, float]:
        """Pictures per second, megapixels per second, and the share of time that was computing."""
        with self._lock:
            self._forget()
            span = min(SPAN_SECONDS, max(time.monotonic() - self._began, 1e-3))
            _, pictures, pixels, seconds = (sum(column) for column in zip((0, 0, 0, 0), *self._finished, strict=True))
        return pictures / span, pixels / span / 1e6, min(1.0, seconds / span)

    def _forget(self) -> None:
        while self._finished and self._finished[0][0] < time.monotonic() - SPAN_SECONDS:
            self._finished.popleft()
