"""The workbench, made in the background: the page is there before torch is."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from forensics_ui.core.settings import Settings

if TYPE_CHECKING:
    from forensics_ui.workbench import Workbench


class Bench:
    """Holds the one workbench of this process. `get` waits for it; a failure to make it is raised to every caller."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made: Future[Workbench] = Future()
        self._started = threading.Event()

    def start(self) -> None:
        """Begin to make it, once."""
        if not self._started.is_set():
            self._started.set()
            threading.Thread(target=self._make, name="workbench", daemon=True).start()

    def _make(self) -> None:
        try:
            from forensics_ui.workbench import Workbench

            bench = Workbench(self.settings)
        except BaseException as error:
            self._made.set_exception(error)
            return
        self._made.set_result(bench)
        with contextlib.suppress(Exception):  # whoever asks next gets the same error, and shows it
            _warm(bench)

    @property
    def ready(self) -> bool:
        """Whether `get` answers at once."""
        return self._made.done()

    def get(self) -> Workbench:
        """The workbench, as soon as there is one."""
        self.start()
        return self._made.result()

    def close(self) -> None:
        """Stop the workers, if any were started."""
        if not self._started.is_set():
            return
        try:
            self._made.result(timeout=30).close()
        except Exception:
            return  # it never came up: nothing is open


def _warm(bench: Workbench) -> None:
    """Do before the first picture what it would wait for: the decoder process, torch, the networks that load quickly."""
    bench.intake.prestart()
    usable = [one.detector for one in bench.availability() if one.usable]
    from forensics_ui.detectors import DETECTORS

    for name in usable:
        if not DETECTORS.get(name).spec.slow_on_cpu:
            bench.service.warm(name)
