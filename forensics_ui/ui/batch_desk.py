"""What the Batch tab stands on: the one manager of this app, made when it is first needed, and closed before its workbench."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from forensics_ui.ui.batch_drops import Drops
from forensics_ui.ui.warm import Bench

if TYPE_CHECKING:
    from forensics_ui.batch import BatchManager


class BatchDesk:
    """Holds the manager and the dropped files. Threads may ask freely."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.settings = bench, bench.settings
        self.drops = Drops(bench.settings.data_dir)
        self._manager: BatchManager | None = None
        self._lock = threading.Lock()

    @property
    def manager(self) -> BatchManager:
        """Waits for the workbench, as everything does that scores."""
        with self._lock:
            if self._manager is None:
                from forensics_ui.batch import BatchManager

                self._manager = BatchManager(self.bench.get())
            return self._manager

    def close(self) -> None:
        """Stop what runs so that it can go on another time."""
        if self._manager is not None:
            self._manager.close()
