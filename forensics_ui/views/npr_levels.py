"""How often each pixel difference occurs in a picture, and what follows from it: shares of zeros, mean sizes, RMS."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import cv2
import numpy as np

from forensics_ui.imaging.npr import Reference, npr_of_average, whole_cells
from forensics_ui.imaging.npr_peaks import above_and_below
from forensics_ui.views.common import rounded

STRIP_BYTES = 1 << 19  # of pixels at a time: the differences of a strip stay in the processor's cache
LEVELS = 511  # differences of 8-bit pixels: -255 to 255


def level_counts(rgb: np.ndarray, cell: int, reference: Reference, go_on: Callable[[], None] = lambda: None) -> np.ndarray:
    """How often each difference from -255 to 255 occurs, (511, channels) int64; not for the average."""
    channels = rgb.shape[2]
    above, below = np.zeros((256, channels), np.int64), np.zeros((256, channels), np.int64)
    for strip in _strips(rgb, cell):
        go_on()
        for counted, values in zip((above, below), above_and_below(strip, cell, reference), strict=True):
            plane = values.reshape(strip.shape)
            for channel in range(channels):
                # In float32, which is exact up to 16 million pixels: a strip has fewer.
                counted[:, channel] += cv2.calcHist([plane], [channel], None, [256], [0, 256]).ravel().astype(np.int64)
    # Of the two, one is always zero: what lies above is not among those below.
    zeros = above[:1] - below[1:].sum(axis=0)
    return np.concatenate([below[:0:-1], zeros, above[1:]])


def average_counts(rgb: np.ndarray, cell: int, go_on: Callable[[], None] = lambda: None) -> np.ndarray:
    """How often each difference to the cell's average times l^2 occurs, from -255 l^2 to 255 l^2: exact, where the differences have fractions."""
    end = 255 * cell * cell
    counts = np.zeros((2 * end + 1, rgb.shape[2]), np.int64)
    for strip in _strips(rgb, cell):
        go_on()
        shifted = npr_of_average(strip, cell) + end
        for channel in range(counts.shape[1]):
            counts[:, channel] += np.bincount(shifted[..., channel].ravel(), minlength=len(counts))
    return counts


def measure(
    rgb: np.ndarray, cell: int, reference: Reference, go_on: Callable[[], None] = lambda: None
) -> tuple[list[dict[str, float | None]], np.ndarray]:
    """Figures per channel, and counts of the (rounded) levels. `go_on` is called often, and raises to end it."""
    if reference == "average":
        exact = average_counts(rgb, cell, go_on)
        levels = np.arange(len(exact)) / (cell * cell) - 255
        counts = np.zeros((LEVELS, exact.shape[1]), np.int64)
        np.add.at(counts, np.rint(levels).astype(np.intp) + 255, exact)
        return [figures_of_levels(exact[:, channel], levels, 0) for channel in range(exact.shape[1])], counts
    counts = level_counts(rgb, cell, reference, go_on)
    cells = (rgb.shape[0] // cell) * (rgb.shape[1] // cell)
    return [figures_of_levels(counts[:, channel], np.arange(-255.0, 256.0), cells) for channel in range(counts.shape[1])], counts


def figures_of_levels(counts: np.ndarray, levels: np.ndarray, references: int) -> dict[str, float | None]:
    """Share of zeros, mean size and RMS of one channel from its counts; `references` of the zeros are so by construction."""
    zeros, total = int(counts[len(counts) // 2]), int(counts.sum())
    return {
        "zero_share": rounded(zeros / total),
        "zero_share_of_others": rounded((zeros - references) / (total - references)),
        "mean_absolute": rounded(float((counts * np.abs(levels)).sum()) / total),
        "rms": rounded(float(np.sqrt((counts * levels**2).sum() / total))),
    }


def _strips(rgb: np.ndarray, cell: int) -> Iterator[np.ndarray]:
    pixels = whole_cells(rgb, cell)
    step = max(1, STRIP_BYTES // pixels[0].size // cell) * cell
    return (pixels[top : top + step] for top in range(0, pixels.shape[0], step))
