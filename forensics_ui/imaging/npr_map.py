"""The NPR map of a picture, computed only where somebody looks, and only as finely as the screen shows it."""

from __future__ import annotations

import threading

import numpy as np

from forensics_ui.imaging.npr import Reference, npr, npr_window
from forensics_ui.imaging.npr_peaks import npr_peaks
from forensics_ui.imaging.pyramid import reduced_in_strips

# Tiles of all channels that are kept: the other panes ask for the same one next. The largest has 1.5 MB.
TILES = 4


class NprMap:
    """All channels of the map. The whole of it exists only if `values` is asked for."""

    def __init__(self, pixels: np.ndarray, cell: int, reference: Reference, absolute: bool = False) -> None:
        self.pixels, self.cell, self.reference, self.absolute = pixels, cell, reference, absolute
        self.shape = (pixels.shape[0] // cell * cell, pixels.shape[1] // cell * cell, pixels.shape[2])
        self._kept: dict[tuple[tuple[int, int, int, int], int], np.ndarray] = {}
        self._planes: list[np.ndarray] | None = None
        self._lock = threading.Lock()

    def channel(self, index: int) -> NprPlane:
        """The map of one channel; what one of them computes, the others find."""
        return NprPlane(self, index)

    def window(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        """A part of the map, all channels."""
        values = npr_window(self.pixels, left, top, width, height, self.cell, self.reference)
        return np.abs(values) if self.absolute else values

    def tile(self, window: tuple[int, int, int, int], block: int) -> np.ndarray:
        """A part of the map in blocks of the value farthest from zero; kept for the other channels."""
        with self._lock:
            if (window, block) not in self._kept:
                self._kept[window, block] = self._tile(window, block)
                if len(self._kept) > TILES:
                    del self._kept[next(iter(self._kept))]
            return self._kept[window, block]

    def planes(self) -> list[np.ndarray]:
        """The whole map of each channel. Made together: the differences of interleaved pixels cost the same as those of one channel."""
        with self._lock:
            if self._planes is None:
                values = npr(self.pixels, self.cell, self.reference)
                self._planes = [np.ascontiguousarray(plane) for plane in np.moveaxis(np.abs(values) if self.absolute else values, 2, 0)]
            return self._planes

    def _tile(self, window: tuple[int, int, int, int], block: int) -> np.ndarray:
        if block == 1:
            return reduced_in_strips(self, window, block, "max")
        return npr_peaks(self.pixels, window, block, self.cell, self.reference, self.absolute)


class NprPlane:
    """One channel of a map; implements `pyramid.Lazy`, and `pyramid.Peaks` for shrinking itself."""

    def __init__(self, whole: NprMap, index: int) -> None:
        self._whole, self._index = whole, index
        self.shape: tuple[int, ...] = whole.shape[:2]

    def window(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        """A part of the map."""
        return self._whole.window(left, top, width, height)[..., self._index]

    def peaks(self, left: int, top: int, width: int, height: int, block: int) -> np.ndarray:
        """A part of the map in blocks of the value farthest from zero."""
        return self._whole.tile((left, top, width, height), block)[..., self._index]

    def values(self) -> np.ndarray:
        """All of it."""
        return self._whole.planes()[self._index]
