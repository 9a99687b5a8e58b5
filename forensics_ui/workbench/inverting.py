"""The built-in inverter with the weights that are installed; loaded when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forensics_ui.core.errors import NotApplicable, WeightsError

if TYPE_CHECKING:
    from forensics_ui.inversion.network import Inverter

NAME = "inverter"


class BuiltInInverter:
    """Rebuilds pictures through a small generator. Threads may share it."""

    def __init__(self, weights_dir: Path) -> None:
        self._weights_dir = weights_dir
        self._network: Inverter | None = None
        self._lock = threading.Lock()

    def __call__(self, rgb: np.ndarray, checkpoint: Callable[[int, int], None] = lambda done, total: None) -> np.ndarray:
        """The picture as the generator rebuilds it; NotApplicable where its weights are not installed."""
        from forensics_ui.inversion.invert import invert

        return invert(self._loaded(), rgb, checkpoint)

    def _loaded(self) -> Inverter:
        with self._lock:
            if self._network is None:
                from forensics_ui.inversion.invert import load_inverter
                from forensics_ui.weightstore.load import load_weights

                try:
                    self._network = load_inverter(load_weights(NAME, NAME, self._weights_dir).state)
                except WeightsError as error:
                    raise NotApplicable(f"give a second picture; the built-in inverter cannot be used: {error.user_message}") from error
            return self._network
