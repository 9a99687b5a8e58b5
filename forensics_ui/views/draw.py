"""A pane as a picture of its own: what the command line writes and reports print."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from forensics_ui.imaging.colour import MARKS, NO_VALUE, colourise
from forensics_ui.views.base import Mark, Pane


def draw(pane: Pane, width: int, height: int) -> np.ndarray:
    """The pane in its colours at the full size of the picture, (height, width, 3) uint8; grey where it has no value.

    A cell becomes a square of equal pixels; nothing is smoothed.
    """
    values = pane.values
    if pane.scale is None:
        return values
    colours = colourise(values, pane.scale.low, pane.scale.high, pane.scale.colours)
    if pane.step == 1 and pane.offset == (0, 0) and values.shape == (height, width):
        return colours
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = NO_VALUE
    rows, top = _cells_of(height, pane.offset[1], pane.step, values.shape[0])
    columns, left = _cells_of(width, pane.offset[0], pane.step, values.shape[1])
    if len(rows) and len(columns):
        canvas[top : top + len(rows), left : left + len(columns)] = colours[rows][:, columns]
    return canvas


def draw_marks(rgb: np.ndarray, marks: Sequence[Mark]) -> np.ndarray:
    """The picture with the outlines of its marks, one pixel wide, the first ones on top."""
    drawn = rgb.copy()
    for mark in reversed(marks):
        box = mark.box
        if box.area:
            corner = (box.left + box.width - 1, box.top + box.height - 1)
            cv2.rectangle(drawn, (box.left, box.top), corner, MARKS[mark.kind], 1)
    return drawn


def _cells_of(length: int, offset: int, step: int, cells: int) -> tuple[np.ndarray, int]:
    """The cell of every pixel that has one, and the first such pixel."""
    first, last = max(0, offset), min(length, offset + cells * step)
    return (np.arange(first, max(first, last)) - offset) // step, first
