"""Counting pixel differences the quick way, against counting those of the whole map."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.imaging.npr import npr, whole_cells
from forensics_ui.views import npr_levels
from forensics_ui.views.npr_levels import average_counts, level_counts, measure
from tests.views.helpers_views import photo_like


def plainly(values: np.ndarray) -> np.ndarray:
    return np.stack([np.bincount(values[..., c].ravel() + 255, minlength=511) for c in range(values.shape[2])], axis=1)


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    noise = np.random.default_rng(5).integers(0, 256, (71, 90, 3), dtype=np.uint8)
    return [photo_like(64, 83), noise, np.where(noise > 127, 255, 0).astype(np.uint8), np.full((5, 6, 3), 9, np.uint8)]


@pytest.mark.parametrize(("cell", "reference"), [(2, 1), (2, 3), (3, 9), (4, "maximum"), (5, 7), (5, "maximum")])
def test_counts_are_those_of_the_whole_map(pictures, cell, reference, monkeypatch):
    for strip in (1, 1 << 19):
        monkeypatch.setattr(npr_levels, "STRIP_BYTES", strip)
        for rgb in pictures:
            counts = level_counts(rgb, cell, reference)
            assert counts.dtype == np.int64
            assert np.array_equal(counts, plainly(npr(rgb, cell, reference)))


@pytest.mark.parametrize("cell", [2, 3, 5])
def test_differences_to_the_average_are_counted_without_rounding(pictures, cell):
    for rgb in pictures:
        cells = whole_cells(rgb, cell).astype(int)
        h, w, _ = cells.shape
        sums = cells.reshape(h // cell, cell, w // cell, cell, 3).sum(axis=(1, 3)).repeat(cell, 0).repeat(cell, 1)
        exact = cells * cell**2 - sums
        counts = average_counts(rgb, cell)
        for channel in range(3):
            levels, times = np.unique(exact[..., channel], return_counts=True)
            assert np.array_equal(np.flatnonzero(counts[:, channel]) - 255 * cell**2, levels)
            assert np.array_equal(counts[counts[:, channel] > 0, channel], times)


@pytest.mark.parametrize("cell", [2, 3, 4, 6])
def test_the_histogram_of_the_average_counts_rounded_levels(pictures, cell):
    for rgb in pictures:
        if min(rgb.shape[:2]) >= cell:
            assert np.array_equal(measure(rgb, cell, "average")[1], plainly(np.rint(npr(rgb, cell, "average")).astype(int)))
