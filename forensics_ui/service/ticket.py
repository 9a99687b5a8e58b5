"""What a caller holds while its picture waits, and what the service holds of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field
from enum import IntEnum

from forensics_ui.core.errors import Cancelled
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Analysis, Prepared

logger = logging.getLogger(__name__)

Key = tuple[str, str]  # (detector, weights): which model
Progress = Callable[[int, int], None]
# A person's request of fewer pixels than this is short: it may overtake longer work.
LONG_PIXELS = 1024 * 1024


class Priority(IntEnum):
    """Who waits. A person is served before a batch."""

    PERSON = 0
    BATCH = 1


class Ticket:
    """The promise of one `Analysis`. It is settled once: by the result, by an error, or by `cancel`."""

    def __init__(self, on_progress: Progress | None = None) -> None:
        self._future: Future[Analysis] = Future()
        self._on_progress = on_progress
        self.progress = (0, 1)

    def result(self, timeout: float | None = None) -> Analysis:
        """Wait for the analysis; raises what went wrong, Cancelled, or TimeoutError."""
        return self._future.result(timeout)

    def done(self) -> bool:
        """Whether `result` answers at once."""
        return self._future.done()

    def cancel(self) -> bool:
        """Stop wanting it; running work stops at its next tile. False if it was settled before."""
        return self.fail(Cancelled(because("analysis_cancelled")))

    def add_done_callback(self, call: Callable[[Ticket], None]) -> None:
        """Call back once it is settled, in the thread that settles it: be quick."""
        self._future.add_done_callback(lambda _: call(self))

    def keep(self, analysis: Analysis) -> bool:
        """Settle with the result (for the service)."""
        return self._settle(self._future.set_result, analysis)

    def fail(self, error: BaseException) -> bool:
        """Settle with an error (for the service)."""
        return self._settle(self._future.set_exception, error)

    def tell(self, done: int, total: int) -> None:
        """Report progress (for the service). A callback that raises is not called again."""
        self.progress = (done, total)
        if self._on_progress is None or self.done():
            return
        try:
            self._on_progress(done, total)
        except Exception:
            logger.exception("a progress callback failed")
            self._on_progress = None

    def _settle(self, how: Callable, what: object) -> bool:
        try:
            how(what)
        except InvalidStateError:
            return False
        return True


@dataclass(eq=False)
class Job:
    """One prepared picture in the queue."""

    key: Key
    prepared: Prepared
    priority: Priority
    ticket: Ticket = field(default_factory=Ticket)
    alone: bool = False
    evidence: bool = True

    @property
    def pixels(self) -> int:
        return self.prepared.block.shape[0] * self.prepared.block.shape[1]

    @property
    def rank(self) -> int:
        """0: a person's short request, 1: a person's long one, 2: a batch's. A lower one may interrupt a higher one."""
        return 2 if self.priority is Priority.BATCH else int(self.pixels >= LONG_PIXELS)

    @property
    def group(self) -> tuple:
        """Jobs of one group can be computed together."""
        return self.key, self.prepared.block.shape, self.priority, self.evidence, id(self) if self.alone else 0
