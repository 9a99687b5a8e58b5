"""The detector service: owns device and models, serves all callers of all threads, a person before a batch."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.core.reasons import Reason, because, said
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import Analysis, InputRule
from forensics_ui.detectors import DETECTORS, Detector
from forensics_ui.service import device as devices
from forensics_ui.service.installed import default_installed, load_installed
from forensics_ui.service.models import Models, Weights
from forensics_ui.service.queue import JobQueue
from forensics_ui.service.status import Availability, Meter, ModelStatus, ServiceStatus
from forensics_ui.service.ticket import Job, Key, Priority, Progress, Ticket
from forensics_ui.service.worker import Worker

Load = Callable[[str, str, Path], Weights]
Default = Callable[[str, Path], str]


class DetectorService:
    """Scores pictures. `load(name, detector, weights_dir)` reads weights, `default(detector, weights_dir)` names those to use."""

    def __init__(self, settings: Settings | None = None, *, load: Load = load_installed, default: Default = default_installed) -> None:
        self._settings = settings or Settings.load()
        self._load, self._default = load, default
        self.device, self._why_device = devices.choose_device(self._settings.device)
        devices.set_up(self.device)
        self._meter = Meter()
        self._models = Models(self.device, devices.model_budget(self.device), self._read, self._wake)
        self._queue = JobQueue(self._settings.queue_size, self._models.ready, self._models.room)
        self._worker = Worker(self._queue, self._models, self._meter)
        self._failures: dict[Key, Reason] = {}
        # The interpreter must not end in the middle of a network.
        atexit.register(self.close)

    def submit(
        self,
        picture_rgb: np.ndarray,
        detector: str,
        *,
        rule: InputRule = "native",
        weights: str | None = None,
        priority: Priority = Priority.PERSON,
        on_progress: Progress | None = None,
        wait: float = 0.0,
        alone: bool = False,
        evidence: bool = True,
    ) -> Ticket:
        """Prepare the picture in this thread and queue it. Busy if there is no room within `wait` seconds.

        Raises NotApplicable and WeightsMissing here already; what happens later is in the ticket. `on_progress` and
        callbacks are called in the service's thread. `alone` keeps it out of a batch with others, whose number moves
        the last digits of a logit. Without `evidence` the analysis may come without it, and sooner.
        """
        prepared = detector_called(detector).prepare(picture_rgb, rule)
        job = Job(self._key(detector, weights), prepared, Priority(priority), Ticket(on_progress), alone, evidence)
        job.ticket.add_done_callback(lambda _: self._wake())
        self._queue.put(job, wait)
        return job.ticket

    def analyse(self, picture_rgb: np.ndarray, detector: str, **how: Any) -> Analysis:
        """`submit` and wait for the result; takes the same arguments."""
        return self.submit(picture_rgb, detector, **how).result()

    def warm(self, detector: str, weights: str | None = None) -> None:
        """Begin to load a model and return at once; a failure is told by `status`."""
        try:
            detector_called(detector)
            self._models.want(self._key(detector, weights))
        except (ForensicsError, RuntimeError) as error:
            self._failures[detector, weights or ""] = error.why if isinstance(error, ForensicsError) else said(str(error), "cause")

    def availability(self) -> list[Availability]:
        """Every registered detector: usable with which weights, or why not and what to run."""
        return [self._availability(name, kind) for name, kind in DETECTORS]

    def status(self) -> ServiceStatus:
        """How the service is doing."""
        pictures, megapixels, busy = self._meter.rates()
        models = tuple(
            ModelStatus(m.key[0], m.weights, str(m.detector.device), m.detector.precision, m.why_precision, m.size) for m in self._models.loaded()
        )
        return ServiceStatus(
            device=str(self.device),
            why_device=self._why_device,
            threads=devices.cpu_threads(),
            waiting=self._queue.lengths(),
            running=tuple(describe(part) for part in list(self._worker.running)),
            loading=tuple(label(key) for key in self._models.loading()),
            models=models,
            failures={label(key): why for key, why in {**self._failures, **self._models.failures}.items()},
            pictures_per_second=pictures,
            megapixels_per_second=megapixels,
            busy=busy,
            model_bytes=sum(model.bytes for model in models),
            model_bytes_limit=self._models.budget,
            device_bytes=devices.device_bytes(self.device),
        )

    def close(self, timeout: float = 10.0) -> None:
        """Cancel what waits and what runs, and end the thread. May be called twice."""
        atexit.unregister(self.close)
        for job in self._queue.close():
            job.ticket.fail(Cancelled(because("service_closed_before_turn")))
        for part in list(self._worker.running):
            for job in part:
                job.ticket.fail(Cancelled(because("service_was_closed")))
        self._worker.join(timeout)
        self._models.close()

    def __enter__(self) -> DetectorService:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _key(self, detector: str, weights: str | None) -> Key:
        key = detector, weights or self._default(detector, self._settings.weights_dir)
        self._failures.pop((detector, weights or ""), None)
        return key

    def _read(self, key: Key) -> Weights:
        return self._load(key[1], key[0], self._settings.weights_dir)

    def _wake(self) -> None:
        self._queue.wake()

    def _availability(self, name: str, kind: type[Detector]) -> Availability:
        try:
            key = self._key(name, None)
        except ForensicsError as error:
            return Availability(name, False, None, error.why)
        if why_not := self._models.failures.get(key):
            return Availability(name, False, key[1], why_not)
        slow = kind.spec.slow_on_cpu and self.device.type == "cpu"
        return Availability(name, True, key[1], because("detector_ready", title=kind.spec.title, weights=key[1], slow=slow))


def detector_called(name: str) -> type[Detector]:
    """The registered detector of that name, or a sentence that names those there are."""
    if name not in DETECTORS:
        raise ForensicsError(because("no_such_detector", name=name, known=DETECTORS.names()))
    return DETECTORS.get(name)


def label(key: Key) -> str:
    """A model in words."""
    return f"{key[0]} ({Path(key[1]).name})" if key[1] else key[0]


def describe(part: Sequence[Job]) -> str:
    """What runs, in words."""
    height, width = part[0].prepared.block.shape[:2]
    done, total = part[0].ticket.progress
    count = f"{len(part)} x " if len(part) > 1 else ""
    return f"{label(part[0].key)}: {count}{width} x {height} pixels, {part[0].priority.name.lower()}, {done} of {total}"
