"""Whose turn it is: batches run one after the other, in the order in which they were started."""

from __future__ import annotations

import threading

from forensics_ui.batch.run import BatchRun


class Turns:
    """A line of runs. Who was taken back leaves it at once, who is paused lets the others pass."""

    def __init__(self) -> None:
        self._line: list[BatchRun] = []
        self._at_work: BatchRun | None = None
        self._changed = threading.Condition()

    def wait(self, run: BatchRun) -> bool:
        """Wait for the turn of a run; False if it was stopped before."""
        with self._changed:
            self._line.append(run)
            try:
                self._changed.wait_for(lambda: run.stopping or self._is_next(run))
            finally:
                self._line.remove(run)
            if not run.stopping:
                self._at_work = run
            self._changed.notify_all()
            return not run.stopping

    def _is_next(self, run: BatchRun) -> bool:
        return self._at_work is None and run is next((each for each in self._line if not each.paused), None)

    def done(self, run: BatchRun) -> None:
        """Let the next one work."""
        with self._changed:
            if self._at_work is run:
                self._at_work = None
            self._changed.notify_all()

    def changed(self) -> None:
        """A run was paused, resumed or stopped."""
        with self._changed:
            self._changed.notify_all()
