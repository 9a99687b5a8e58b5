"""LFM's strongest places in squares of one size, averaged: an LFM score that does not grow with the picture.

The Top-K of a whole picture has more to choose from the larger it is; that of a square of the size it was trained on does not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.types import TopKTerms
from forensics_ui.detectors import fast
from forensics_ui.detectors.lfm import LFM

SIDE = 256
TOGETHER = 8  # squares in one pass


class StrongestPlaces:
    """One LFM network on the squares of a picture."""

    def __init__(self, state: Mapping[str, Tensor], device: torch.device) -> None:
        self._lfm = LFM(state, device)

    def terms(self, block: np.ndarray, told: Callable[[int, int], None]) -> list[tuple[int, int, TopKTerms]]:
        """Every square's corner and the terms of its logit; `told` is called after each pass with (done, total)."""
        height, width, _ = block.shape
        corners = fast.squares(height, width, SIDE)
        found = []
        for first in range(0, len(corners), TOGETHER):
            part = corners[first : first + TOGETHER]
            findings = self._lfm.findings([block[top : top + SIDE, left : left + SIDE] for top, left in part])
            found += [(*corner, finding.evidence) for corner, finding in zip(part, findings, strict=True)]
            told(min(first + TOGETHER, len(corners)), len(corners))
        return found


def mean_logit(found: list[tuple[int, int, TopKTerms]]) -> float:
    """The average of the squares' logits."""
    return float(np.mean([terms.total() for _, _, terms in found]))


def by_cell(found: list[tuple[int, int, TopKTerms]], rows: int, columns: int) -> tuple[np.ndarray, float]:
    """What every 8 x 8 cell of the picture adds to that average, and the bias: together they are `mean_logit`."""
    cells = np.zeros((rows, columns))
    for top, left, terms in found:
        # A place is computed from 23 pixels; the cell in their middle is the next one of 8.
        np.add.at(cells, (top // 8 + terms.row + 1, left // 8 + terms.column + 1), terms.contributions.astype(np.float64))
    return cells / len(found), float(np.mean([terms.bias for _, _, terms in found]))
