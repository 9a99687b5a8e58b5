"""The one thread that runs networks. Whatever happens to a job ends in its ticket, and the thread goes on."""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Sequence

from forensics_ui.core.errors import Cancelled, ForensicsError, OutOfMemory
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Analysis, Finding
from forensics_ui.detectors.base import Checkpoint
from forensics_ui.service import device as devices
from forensics_ui.service.models import Model, Models
from forensics_ui.service.queue import JobQueue
from forensics_ui.service.status import Meter
from forensics_ui.service.ticket import Job, Key

logger = logging.getLogger(__name__)
BEHIND_THE_SCREEN = 5  # steps of niceness


def _step_back() -> None:
    """Let the screen go first where both want the processor: a network computes for seconds, a view for a tenth of one.

    Linux has priorities for single threads, and the threads that torch starts from this one take after it.
    """
    if sys.platform == "linux":
        own = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, own, min(19, os.getpriority(os.PRIO_PROCESS, own) + BEHIND_THE_SCREEN))


class NotFinite(ForensicsError):
    """A network gave NaN or infinity. In fp16 that can be an overflow, and fp32 is tried."""


class Worker:
    """Takes groups of jobs from the queue and computes them; at every tile it lets more urgent ones pass."""

    def __init__(self, queue: JobQueue, models: Models, meter: Meter) -> None:
        self._queue, self._models, self._meter = queue, models, meter
        self._interrupted = 0.0  # seconds spent on other jobs in the middle of one
        self.running: list[Sequence[Job]] = []
        self._thread = threading.Thread(target=self._run, name="detector-service", daemon=True)
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the end of the thread, which comes when the queue is closed; whether it came."""
        if self._thread is not threading.current_thread():
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        _step_back()
        # One turn is one call, so that nothing of a job (a picture can be 300 MB) outlives it while the thread waits.
        while self._turn():
            pass

    def _turn(self) -> bool:
        jobs = self._queue.take()
        self._serve_safely(jobs)
        return bool(jobs)

    def _serve_safely(self, jobs: Sequence[Job]) -> None:
        try:
            self._serve(jobs)
        except BaseException as error:
            logger.exception("the detector service met an error outside a detector")
            fail(jobs, error)

    def _serve(self, jobs: Sequence[Job]) -> None:
        """Compute jobs of one group in batches of the size that memory allows."""
        while jobs := [job for job in jobs if not job.ticket.done()]:
            if self._queue.closed:
                return fail(jobs, Cancelled(because("service_was_closed")))
            try:
                model = self._models.get(jobs[0].key)
            except Exception as error:
                return fail(jobs, error)
            part = jobs[: max(1, model.batch_pixels // jobs[0].pixels)]
            met = self._attempt(model, part)
            if met is not None:
                self._after(met, model, part)
            jobs = jobs[len(part) :]
        return None

    def _after(self, error: BaseException, model: Model, part: Sequence[Job]) -> None:
        """Out of memory: halve. Anything else: one by one, so that one bad picture does not take others down."""
        if devices.is_out_of_memory(error):
            devices.release_memory()
            if len(part) > 1:
                model.batch_pixels = len(part) // 2 * part[0].pixels
                self._serve(part)
            elif self._models.drop_others(model.key):
                self._serve(part)
            else:
                fail(part, error)
        elif isinstance(error, NotFinite) and model.detector.precision != "fp32":
            self._models.use_exact(model.key, "it gave no finite number for a picture")
            self._serve(part)
        elif len(part) > 1 and not isinstance(error, Cancelled):
            for job in part:
                self._serve([job])
        else:
            fail(part, error)

    def _attempt(self, model: Model, part: Sequence[Job]) -> BaseException | None:
        """Compute one batch and settle its tickets; what went wrong is returned, without the memory its frames hold."""
        self.running.append(part)
        try:
            findings, seconds = self._compute(model, part)
        except BaseException as error:
            if not isinstance(error, ForensicsError) and not devices.is_out_of_memory(error):
                # As text: a log handler that keeps records would keep the frames, and with them the picture.
                logger.error("%s failed\n%s", model.key[0], traceback.format_exc())
            traceback.clear_frames(error.__traceback__)
            return error.with_traceback(None)
        finally:
            self.running.pop()
        self._meter.add(len(part), sum(job.pixels for job in part), seconds)
        for job, finding in zip(part, findings, strict=True):
            job.ticket.keep(analysis_of(job, finding, model, seconds / len(part)))
        return None

    def _compute(self, model: Model, part: Sequence[Job]) -> tuple[list[Finding], float]:
        started, interrupted = time.perf_counter(), self._interrupted
        blocks, checkpoint = [job.prepared.block for job in part], self._checkpoint(part)
        if part[0].evidence:
            findings = model.detector.findings(blocks, checkpoint)
        else:
            findings = [Finding(logit) for logit in model.detector.logits(blocks, checkpoint)]
        if len(findings) != len(part):
            raise ValueError(f"{len(part)} pictures in, {len(findings)} findings out")
        if not all(math.isfinite(finding.logit) for finding in findings):
            raise NotFinite(because("not_finite", detector=model.key[0]))
        return findings, time.perf_counter() - started - (self._interrupted - interrupted)

    def _checkpoint(self, part: Sequence[Job]) -> Checkpoint:
        def checkpoint(done: int, total: int) -> None:
            for job in part:
                job.ticket.tell(done, total)
            if self._queue.closed or all(job.ticket.done() for job in part):
                raise Cancelled(because("analysis_cancelled"))
            if done < total:
                self._let_pass(part[0].rank)

        return checkpoint

    def _let_pass(self, rank: int) -> None:
        started, before = time.perf_counter(), self._interrupted
        while jobs := self._queue.take_before(rank):
            self._serve_safely(jobs)
        # Not added up: an interruption of the interruption lies within this time.
        self._interrupted = before + time.perf_counter() - started


def analysis_of(job: Job, finding: Finding, model: Model, seconds: float) -> Analysis:
    """The score with everything that made it."""
    return Analysis(
        detector=model.key[0],
        weights=model.weights,
        weights_sha256=model.sha256,
        device=str(model.detector.device),
        precision=model.detector.precision,
        logit=finding.logit,
        seen=job.prepared.seen,
        evidence=finding.evidence,
        seconds=seconds,
    )


def fail(jobs: Sequence[Job], error: BaseException) -> None:
    """Settle the tickets with an error that can be told to a person."""
    for job in jobs:
        job.ticket.fail(told(error, job.key))


def told(error: BaseException, key: Key) -> ForensicsError:
    """An error that can be told to a person; the cause stays with it."""
    if isinstance(error, ForensicsError):
        return error
    if devices.is_out_of_memory(error):
        known: ForensicsError = OutOfMemory(because("device_memory", detector=key[0]))
    else:
        known = ForensicsError(because("network_failed", detector=key[0], error=type(error).__name__))
    known.__cause__ = error
    return known
