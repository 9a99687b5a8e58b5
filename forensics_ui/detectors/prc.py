"""PRC, pixel relationship counts: this project's own detector, on the relationships that NPR looks at.

It counts how often small patterns of neighbouring differences occur and weighs every count. There are two sets of weights,
for pixels that were last saved lossily and for those that were not, and a third says which of the two this picture is:

    logit = (1 - share) * clean + share * saved,    share = sigmoid(saved or not)

Each of the three is a bias and a sum over the places of the picture of one looked-up number per pattern, so where the
evidence lies is exact and needs no gradient. Everything is a mean over places: the score does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.types import Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors import fast
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.patterns import CLASSES, PATTERNS, REACH, SMALLEST, TOTAL, each_code, folding, frequencies, places
from forensics_ui.imaging import rules

CELLS_PER_TILE = 64
CONTEXT = 3  # cells: patterns reach 20 pixels
CELLS = Cells(stride=8, field=8 + 2 * REACH, inset=REACH)
HEADS = ("clean", "saved", "gate")
SHAPES = {**{f"{head}.weight": (TOTAL,) for head in HEADS}, **{f"{head}.bias": (1,) for head in HEADS}}


@DETECTORS.register("prc")
class PRC(Detector):
    """Looked-up weights of every pattern at every place, summed."""

    spec = DetectorSpec(
        name="prc",
        title="PRC",
        paper="this project's own: counts of the pixel relationships of Tan et al. (NPR, CVPR 2024)",
        looks_at="How often small patterns of differences between neighbouring pixels occur in the whole picture, in each colour and between colours.",
        limits="Strong JPEG compression and reductions thin out what it counts, and unusual processing of a photograph can look like generation.",
        parameters=len(HEADS) * (TOTAL + 1),
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        # The sums run over thousands of small numbers: they are taken in fp32 whatever is asked for.
        super().__init__(state, device, "fp32")
        odd = sorted(set(SHAPES) ^ set(state)) or [name for name, shape in SHAPES.items() if tuple(state[name].shape) != shape]
        if odd:
            raise WeightsMismatch(f"These weights are not those of PRC: {len(odd)} tensors do not fit, the first is {odd[0]!r}.")
        weights = torch.stack([state[f"{head}.weight"].float() for head in HEADS], dim=1)
        starts = accumulate(CLASSES, initial=0)
        self._tables = [
            weights[start : start + count][torch.from_numpy(folding(pattern.length, pattern.shape))].to(device)
            for pattern, start, count in zip(PATTERNS, starts, CLASSES, strict=False)
        ]
        self._weights = weights.double().numpy()
        self._bias = np.array([float(state[f"{head}.bias"]) for head in HEADS])

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        prepared = {"native": rules.native, "crop": rules.aligned_crop, "paper": rules.squash}[rule](rgb)
        if min(prepared.block.shape[:2]) < SMALLEST:
            raise NotApplicable(
                f"the picture is too small for PRC: {rgb.shape[1]} x {rgb.shape[0]} pixels, where {SMALLEST} each way are the least in which "
                f"all its patterns occur"
            )
        return prepared

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        pixels = torch.from_numpy(np.stack(blocks))
        count, height, width, _ = pixels.shape
        grid = -(-height // 8), -(-width // 8)
        tables = [table / places(pattern, height, width) for table, pattern in zip(self._tables, PATTERNS, strict=True)]
        rows = fast.tiles(grid[0], height, CELLS_PER_TILE, CONTEXT, CONTEXT)
        columns = fast.tiles(grid[1], width, CELLS_PER_TILE, CONTEXT, CONTEXT)
        maps = np.empty((count, *grid, len(HEADS)), np.float32)
        for done, (row, column) in enumerate(fast.each_tile(rows, columns)):
            part = pixels[:, row.first_pixel : row.last_pixel, column.first_pixel : column.last_pixel].to(self.device)
            cells = _by_cell(_contributions(part, tables))
            inner = cells[:, row.skip : row.skip + row.stop - row.start, column.skip : column.skip + column.stop - column.start]
            maps[:, row.start : row.stop, column.start : column.stop] = inner.cpu().numpy()
            checkpoint(done + 1, len(rows) * len(columns))
        return [self._finding(m) for m in maps]

    def logit(self, block: np.ndarray) -> float:
        # Counting is half the work of looking up what every place adds.
        sums = frequencies(block).astype(np.float64) @ self._weights + self._bias
        saved = _share(sums[2])
        return float((1 - saved) * sums[0] + saved * sums[1])

    def _finding(self, maps: np.ndarray) -> Finding:
        saved = _share(maps[..., 2].sum(dtype=np.float64) + self._bias[2])
        contributions = (1 - saved) * maps[..., 0].astype(np.float64) + saved * maps[..., 1]
        evidence = ExactMap(contributions.astype(np.float32), float((1 - saved) * self._bias[0] + saved * self._bias[1]), CELLS)
        return Finding(evidence.total(), evidence)


def _share(gate: float) -> float:
    return float(1 / (1 + np.exp(-np.clip(gate, -30, 30))))


def _contributions(part: Tensor, tables: list[Tensor]) -> Tensor:
    """What every place adds to the three sums, put down at the middle of its pattern: (batch, height, width, heads)."""
    count, height, width, _ = part.shape
    sums = {scale: torch.zeros((count, height // scale, width // scale, len(HEADS)), device=part.device) for scale in (1, 2)}
    for index, codes in each_code(part):
        whole = sums[PATTERNS[index].scale]
        for code in codes:
            down, right = ((whole.shape[axis] - code.shape[axis]) // 2 for axis in (1, 2))
            whole[:, down : down + code.shape[1], right : right + code.shape[2]] += F.embedding(code.int(), tables[index])
    # A pixel of the half-size picture is four of the whole one; it lies in one cell, whichever of the four is taken.
    sums[1][:, : height // 2 * 2 : 2, : width // 2 * 2 : 2] += sums[2]
    return sums[1]


def _by_cell(places_: Tensor) -> Tensor:
    """The sums of 8 x 8 pixels, the last ones of what is there."""
    height, width = places_.shape[1:3]
    padded = F.pad(places_, (0, 0, 0, -width % 8, 0, -height % 8))
    return padded.unflatten(1, (-1, 8)).unflatten(3, (-1, 8)).sum((2, 4))
