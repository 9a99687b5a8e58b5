"""Neighbouring pixel relationships (Eq. 4 of the NPR paper) in integers, and the cells they are made of.

In every l x l cell each pixel is compared with one reference: pixel j of the cell (counted row by row from 1, as in the
paper), the cell's average, or its maximum. Differences of 8-bit pixels are integers from -255 to 255; only the average
makes fractions.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from forensics_ui.core.reasons import Reason, fact

Reference = int | Literal["average", "maximum"]


def whole_cells(pixels: np.ndarray, cell: int = 2) -> np.ndarray:
    """Drop the last rows and columns that do not fill a cell; a view, nothing is copied."""
    height, width = pixels.shape[:2]
    return pixels[: height // cell * cell, : width // cell * cell]


def trimmed(width: int, height: int, cell: int = 2) -> Reason | None:
    """What `whole_cells` leaves out of a picture of this size; None if nothing."""
    columns, rows = width % cell, height % cell
    if not columns and not rows:
        return None
    return fact("cells_trimmed", columns=columns, rows=rows, cell=cell)


def npr(pixels: np.ndarray, cell: int = 2, reference: Reference = 1) -> np.ndarray:
    """NPR of each channel of (height, width, channels) uint8: int16, or float32 for the average.

    The result covers whole cells only, so it can be smaller than the picture by up to cell - 1 rows and columns.
    """
    if cell < 2:
        raise ValueError("a cell has at least 2 x 2 pixels")
    pixels = whole_cells(pixels, cell)
    height, width, channels = pixels.shape
    cells = pixels.reshape(height // cell, cell, width // cell, cell, channels)
    if reference == "average":
        return npr_of_average(pixels, cell).astype(np.float32) / np.float32(cell * cell)
    if reference == "maximum":
        other = cells.max(axis=(1, 3), keepdims=True)
    else:
        row, column = divmod(reference_index(reference, cell), cell)
        other = cells[:, row : row + 1, :, column : column + 1]
    return np.subtract(cells, other, dtype=np.int16).reshape(pixels.shape)


def npr_of_average(pixels: np.ndarray, cell: int) -> np.ndarray:
    """Differences to the cell's average times the pixels of a cell, which makes them whole numbers: int32. Whole cells only."""
    height, width, channels = pixels.shape
    cells = pixels.reshape(height // cell, cell, width // cell, cell, channels)
    sums = cells.sum(axis=1, dtype=np.int32).sum(axis=2)[:, None, :, None]
    return np.subtract(cells * np.int32(cell * cell), sums, dtype=np.int32).reshape(pixels.shape)


def npr_window(pixels: np.ndarray, left: int, top: int, width: int, height: int, cell: int = 2, reference: Reference = 1) -> np.ndarray:
    """The part of the picture's NPR map in a window, computed from that window's cells alone.

    Equal to `npr(pixels)[top:top + height, left:left + width]`; this is what lets a screen show a huge picture at once.
    """
    first_row, first_column = top // cell * cell, left // cell * cell
    bottom, right = -(-(top + height) // cell) * cell, -(-(left + width) // cell) * cell
    part = npr(pixels[first_row:bottom, first_column:right], cell, reference)
    return part[top - first_row :, left - first_column :][:height, :width]


def reference_index(reference: Reference, cell: int) -> int:
    """The place of the reference pixel in its cell, counted from 0; ValueError if there is none."""
    if not isinstance(reference, int) or not 1 <= reference <= cell * cell:
        raise ValueError(f"the reference is 'average', 'maximum', or a pixel of the cell from 1 to {cell * cell}")
    return reference - 1
