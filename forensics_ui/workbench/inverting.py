"""The built-in inverter with the weights that are installed; loaded when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forensics_ui.core.errors import NotApplicable, WeightsError
from forensics_ui.core.reasons import because
from forensics_ui.weightstore.manifest import WeightsEntry, default_for

if TYPE_CHECKING:
    from forensics_ui.inversion.network import Inverter

DETECTOR = "inverter"


class BuiltInInverter:
    """Rebuilds pictures through a small generator. Threads may share it."""

    def __init__(self, weights_dir: Path) -> None:
        self._weights_dir = weights_dir
        self._loaded: tuple[str | None, Inverter] | None = None
        self._lock = threading.Lock()

    def entry(self) -> WeightsEntry:
        """The weights that rebuild; NotApplicable where none are installed."""
        entry = default_for(DETECTOR, self._weights_dir)
        if entry is None:
            raise NotApplicable(because("no_inverter"))
        return entry

    def __call__(self, rgb: np.ndarray, checkpoint: Callable[[int, int], None] = lambda done, total: None) -> np.ndarray:
        """The picture as the generator rebuilds it. `checkpoint` hears of (done, total) and stops the work by raising."""
        from forensics_ui.inversion.invert import invert

        return invert(self._network(), rgb, checkpoint)

    def _network(self) -> Inverter:
        entry = self.entry()
        with self._lock:
            # Other weights may have been trained since.
            if self._loaded is None or self._loaded[0] != entry.sha256:
                self._loaded = entry.sha256, self._load(entry)
            return self._loaded[1]

    def _load(self, entry: WeightsEntry) -> Inverter:
        from forensics_ui.inversion.invert import load_inverter
        from forensics_ui.weightstore.load import load_weights

        try:
            return load_inverter(load_weights(entry.name, DETECTOR, self._weights_dir).state)
        except WeightsError as error:
            raise NotApplicable(because("inverter_broken", why=error.why)) from error
