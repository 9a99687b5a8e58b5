"""PRC, pixel relationship counts: this project's own detector, on the relationships that NPR looks at.

It counts how often small patterns of neighbouring differences occur and weighs every count. There are two sets of weights,
for pixels that were last saved lossily and for those that were not, and a third says which of the two this picture is:

    logit = (1 - share) * (clean + strongest) + share * saved,    share = sigmoid(saved or not)

Each of the three is a bias and a sum of one weight per pattern times how often it occurs, for `saved` to a power below one that
the weights may bring: a few patterns that fill the picture then outweigh the many others less. `strongest` is an LFM network that
they may bring too, which only pixels that were not saved lossily are asked of. Every place adds its pattern's part to the sum,
so where the evidence lies is exact and needs no gradient. All are shares or means: the score does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors import fast
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.patterns import CLASSES, PATTERNS, REACH, SCALES, SMALLEST, TOTAL, each_code, folding, frequencies, places
from forensics_ui.detectors.strongest import StrongestPlaces, by_cell, mean_logit
from forensics_ui.imaging import rules

CELLS_PER_TILE = 64
CONTEXT = 3  # cells: patterns reach 20 pixels
CELLS = Cells(stride=8, field=8 + 2 * REACH, inset=REACH)
HEADS = ("clean", "saved", "gate")
POWER = "saved.power"
NETWORK = "lfm."  # what the names of the network's tensors begin with, where there is one
SHAPES = {**{f"{head}.weight": (TOTAL,) for head in HEADS}, **{f"{head}.bias": (1,) for head in HEADS}}


@DETECTORS.register("prc")
class PRC(Detector):
    """Looked-up weights of every pattern at every place, summed."""

    spec = DetectorSpec(
        name="prc",
        title="PRC",
        paper="this project's own: counts of the pixel relationships of Tan et al. (NPR, CVPR 2024)",
        looks_at="How often small patterns of differences between neighbouring pixels occur in the whole picture, in each colour and between colours; "
        "where nothing was saved lossily, LFM's strongest places too.",
        limits="Strong JPEG compression and reductions thin out what it counts, and unusual processing of a photograph can look like generation. "
        "LFM's network is a part of it: where both say the same, that is no second witness.",
        parameters=len(HEADS) * (TOTAL + 1),
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        # The sums run over thousands of small numbers: they are taken in fp32 whatever is asked for.
        super().__init__(state, device, "fp32")
        own = {name for name in state if not name.startswith(NETWORK)} - {POWER}
        odd = sorted(set(SHAPES) ^ own) or [name for name, shape in SHAPES.items() if tuple(state[name].shape) != shape]
        if odd:
            raise WeightsMismatch(because("not_prc_tensors", count=len(odd), first=odd[0]))
        network = {name.removeprefix(NETWORK): tensor for name, tensor in state.items() if name.startswith(NETWORK)}
        self._network = StrongestPlaces(network, device) if network else None
        self._weights = np.stack([state[f"{head}.weight"].double().numpy() for head in HEADS])
        self._bias = np.array([float(state[f"{head}.bias"]) for head in HEADS])
        self._power = _power(state)

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        prepared = {"native": rules.native, "crop": rules.aligned_crop, "paper": rules.squash}[rule](rgb)
        if min(prepared.block.shape[:2]) < SMALLEST:
            raise NotApplicable(because("too_small_for_prc", width=rgb.shape[1], height=rgb.shape[0], smallest=SMALLEST))
        return prepared

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        return self._each(blocks, checkpoint, self._finding, 2)

    @torch.inference_mode()
    def logits(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[float]:
        # Evidence takes a second pass over the picture, which looks up what every place adds.
        return self._each(blocks, checkpoint, self._logit, 1)

    def _each(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint, compute: Callable[[np.ndarray, Checkpoint], Any], parts: int) -> list[Any]:
        parts += 1 if self._network else 0
        progress = Progress(checkpoint, parts * len(blocks))
        return [compute(block, progress) for block in blocks]

    def _logit(self, block: np.ndarray, told: Checkpoint) -> float:
        clean, saved, share = self._readings(self._counted(block, told))
        clean += mean_logit(self._network.terms(block, told)) if self._network else 0.0
        return float((1 - share) * clean + share * saved)

    def _counted(self, block: np.ndarray, told: Checkpoint) -> np.ndarray:
        if self.device.type == "cuda":
            return frequencies(block, told, map, self.device).astype(np.float64)
        return frequencies(block, told, self._cores.map).astype(np.float64)

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        # Made where it is first wanted: a thread has the priority of the one that starts it.
        return fast.single_cores()

    def _readings(self, counted: np.ndarray) -> tuple[float, float, float]:
        """What the clean and the saved line say, and the share of the latter."""
        clean, saved, gate = self._weights
        return (
            float(clean @ counted + self._bias[0]),
            float(saved @ counted**self._power + self._bias[1]),
            float(1 / (1 + np.exp(-np.clip(gate @ counted + self._bias[2], -30, 30)))),
        )

    def _finding(self, block: np.ndarray, told: Checkpoint) -> Finding:
        height, width, _ = block.shape
        counted = self._counted(block, told)
        share = self._readings(counted)[2]
        tables = [table.to(self.device) for table in self._tables(counted, share, height, width)]
        pixels = torch.from_numpy(block.copy())[None]
        (cells,) = fast.in_tiles(
            pixels, CELLS_PER_TILE, (CONTEXT, CONTEXT), lambda part: _by_cell(_contributions(part.to(self.device), tables)), told
        )
        bias = (1 - share) * self._bias[0] + share * self._bias[1]
        if self._network:
            strongest, more = by_cell(self._network.terms(block, told), *cells.shape)
            cells, bias = (cells + (1 - share) * strongest).astype(np.float32), bias + (1 - share) * more
        evidence = ExactMap(cells, float(bias), CELLS)
        return Finding(evidence.total(), evidence)

    def _tables(self, counted: np.ndarray, share: float, height: int, width: int) -> Iterator[Tensor]:
        """What one place with each code of every pattern adds to this picture's logit."""
        # Together all places of a pattern add weight * counted ** power: each of them an equal part of it.
        to_power = np.where(counted > 0, np.maximum(counted, 1e-12) ** (self._power - 1), 0)
        weights = (1 - share) * self._weights[0] + share * to_power * self._weights[1]
        for pattern, (start, stop) in zip(PATTERNS, pairwise(accumulate(CLASSES, initial=0)), strict=True):
            own = weights[start:stop] / places(pattern, height, width)
            yield torch.from_numpy(own[folding(pattern.length, pattern.shape)].astype(np.float32))


class Progress:
    """Several parts after one another, each of which tells how far it is, told as one."""

    def __init__(self, checkpoint: Checkpoint, parts: int) -> None:
        self._checkpoint, self._parts, self._ended = checkpoint, parts, 0

    def __call__(self, done: int, total: int) -> None:
        self._checkpoint(self._ended * total + done, self._parts * total)
        self._ended += done == total


def _power(state: Mapping[str, Tensor]) -> float:
    power = state.get(POWER, torch.ones(1))
    if tuple(power.shape) != (1,) or not 0 < float(power) <= 1:
        raise WeightsMismatch(because("not_prc_power", name=POWER))
    return float(power.double())


def _contributions(part: Tensor, tables: list[Tensor]) -> Tensor:
    """What every place adds to the logit, put down at the middle of its pattern: (batch, height, width)."""
    count, height, width, _ = part.shape
    sums = {scale: torch.zeros((count, height // scale, width // scale), device=part.device) for scale in SCALES}
    for index, codes in each_code(part):
        whole, table = sums[PATTERNS[index].scale], tables[index]
        for code in codes:
            down, right = ((whole.shape[axis] - code.shape[axis]) // 2 for axis in (1, 2))
            # 0.3 ms for 512 x 512 places on two cores, where indexing takes 0.7 and an embedding 0.8.
            added = table.index_select(0, code.reshape(-1).int()).view(code.shape)
            whole[:, down : down + code.shape[1], right : right + code.shape[2]] += added
    # A pixel of the half-size picture is four of the whole one; it lies in one cell, whichever of the four is taken.
    sums[1][:, : height // 2 * 2 : 2, : width // 2 * 2 : 2] += sums[2]
    return sums[1]


def _by_cell(places_: Tensor) -> Tensor:
    """The sums of 8 x 8 pixels, the last ones of what is there."""
    height, width = places_.shape[1:3]
    padded = F.pad(places_, (0, -width % 8, 0, -height % 8))
    return padded.unflatten(1, (-1, 8)).unflatten(3, (-1, 8)).sum((2, 4))
