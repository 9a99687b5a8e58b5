"""The largest NPR of every block of pixels, for maps that are shrunk to the screen.

Exactly what reducing the whole map gives (`pyramid.reduced(npr(pixels), block, "max")`), in a fraction of the time and of the
memory: how far a pixel lies above its reference, and how far below it, are two unsigned numbers, and every step is one
operation on whole rows of them. They have 8 bits; against the average they are l^2 times as large, so that they are whole
numbers, and have 16. Strips are small enough to stay in the processor's cache.
"""

from __future__ import annotations

import cv2
import numpy as np

from forensics_ui.imaging.npr import Reference, reference_index

STRIP_BYTES = 1 << 19


def npr_peaks(
    pixels: np.ndarray, window: tuple[int, int, int, int], block: int, cell: int = 2, reference: Reference = 1, absolute: bool = False
) -> np.ndarray:
    """The value of the largest magnitude in each block of a window (left, top, width, height) per channel: int16, float32 for the average.

    Blocks at the right and lower edge of the window are those of the pixels that are there; of two values equally far from
    zero, the positive one counts.
    """
    left, top, width, height = window
    step = max(1, STRIP_BYTES // (width * pixels.shape[2]) // block) * block
    strips = (_strip(pixels, (left, y, width, min(step, top + height - y)), block, cell, reference) for y in range(top, top + height, step))
    above, below = (np.concatenate(parts).astype(np.int32 if reference == "average" else np.int16) for parts in zip(*strips, strict=True))
    peaks = np.maximum(above, below) if absolute else np.where(above >= below, above, -below)
    if reference == "average":
        # Division keeps the order of these numbers and their distances from zero: that of the largest is the largest.
        peaks = peaks.astype(np.float32) / np.float32(cell * cell)
    return peaks.reshape(peaks.shape[0], -1, pixels.shape[2])


def above_and_below(pixels: np.ndarray, cell: int, reference: Reference) -> tuple[np.ndarray, np.ndarray]:
    """How far every pixel lies above and below its reference: two arrays of (rows, columns * channels). Whole cells only.

    In uint8; for the average both are multiplied by cell * cell, in uint16, which holds 255 * 256.
    """
    height, width, channels = pixels.shape
    cells = pixels.reshape(height // cell, cell, width * channels)
    if reference == "average":
        cells = cells.astype(np.uint16)
    others = _references(cells, cell, channels, reference)
    if reference == "average":
        cells *= np.uint16(cell * cell)
    above, below = np.empty(cells.shape, cells.dtype), np.empty(cells.shape, cells.dtype)
    for row in range(cell):
        # Subtraction that stops at zero: a difference is either above or below.
        cv2.subtract(cells[:, row], others, dst=above[:, row])
        cv2.subtract(others, cells[:, row], dst=below[:, row])
    return above.reshape(height, -1), below.reshape(height, -1)


def _strip(pixels: np.ndarray, window: tuple[int, int, int, int], block: int, cell: int, reference: Reference) -> tuple[np.ndarray, ...]:
    left, top, width, height = window
    channels, row, column = pixels.shape[2], top // cell * cell, left // cell * cell
    bottom, right = -(-(top + height) // cell) * cell, -(-(left + width) // cell) * cell
    both = above_and_below(pixels[row:bottom, column:right], cell, reference)
    inside = slice((left - column) * channels, (left - column + width) * channels)
    return tuple(_largest(one[top - row : top - row + height, inside], block, channels) for one in both)


def _references(cells: np.ndarray, cell: int, channels: int, reference: Reference) -> np.ndarray:
    """The reference of every pixel of one row of each row of cells; for the average, the sum of the cell."""
    if reference == "maximum":
        rows = _sliding_maximum(cells.max(axis=1), cell, channels)
    elif reference == "average":
        rows = _sliding_sum(cells, cell, channels)
    else:
        row, column = divmod(reference_index(reference, cell), cell)
        # From here on, the reference of a cell lies at the cell's first column.
        rows = np.zeros((cells.shape[0], cells.shape[2]), np.uint8)
        rows[:, : rows.shape[1] - column * channels] = cells[:, row, column * channels :]
    first = np.zeros((rows.shape[1] // channels // cell, cell, channels), rows.dtype)
    first[:, 0] = np.iinfo(rows.dtype).max
    rows &= first.reshape(-1)
    return _spread(rows, cell, channels)


def _spread(rows: np.ndarray, cell: int, channels: int) -> np.ndarray:
    """Fill every cell with its first pixel; the others are zero."""
    filled = 1
    while filled < cell:
        step = min(filled, cell - filled)
        wider = rows.copy()
        wider[:, step * channels :] |= rows[:, : -step * channels]
        rows, filled = wider, filled + step
    return rows


def _sliding_maximum(rows: np.ndarray, length: int, channels: int) -> np.ndarray:
    """The largest of each pixel and its neighbours to the right, `length` in all, fewer at the end of the row."""
    rows, covered = rows.copy(), 1
    while covered < length:
        step = min(covered, length - covered)
        if step * channels < rows.shape[1]:
            shifted = rows[:, step * channels :].copy()
            np.maximum(rows[:, : -step * channels], shifted, out=rows[:, : -step * channels])
        covered += step
    return rows


def _sliding_sum(cells: np.ndarray, cell: int, channels: int) -> np.ndarray:
    """The sum of each column of a cell and the columns to its right, as many as a cell has; only those of first columns are of use."""
    columns = cells[:, 0].copy()
    for row in range(1, cell):
        columns += cells[:, row]
    sums = columns.copy()
    for step in range(channels, cell * channels, channels):
        sums[:, :-step] += columns[:, step:]
    return sums


def _largest(rows: np.ndarray, block: int, channels: int) -> np.ndarray:
    """The largest of every block of block x block pixels, or of as many as there are."""
    whole = rows.shape[0] // block
    parts = [rows[: whole * block].reshape(whole, block, -1).max(axis=1)] if whole else []
    if whole * block < rows.shape[0]:
        parts.append(rows[whole * block :].max(axis=0, keepdims=True))
    stacked = np.concatenate(parts) if len(parts) > 1 else parts[0]
    wide = _sliding_maximum(stacked, block, channels).reshape(stacked.shape[0], -1, channels)
    return np.ascontiguousarray(wide[:, ::block]).reshape(stacked.shape[0], -1)
