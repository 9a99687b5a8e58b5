"""PRC, pixel relationship counts: this project's own detector, on the relationships that NPR looks at.

It counts how often small patterns of neighbouring differences occur and weighs every count. There are two sets of weights,
for pixels that were last saved lossily and for those that were not, and a third says which of the two this picture is:

    logit = (1 - share) * (clean + strongest) + share * saved,    share = sigmoid(saved or not)

Each of the three is a bias and a sum over the places of the picture of one looked-up number per pattern; `strongest` is an LFM
network that the weights may bring, which only pixels that were not saved lossily are asked of. So where the evidence lies is
exact and needs no gradient. Everything is a mean, over places or over squares: the score does not grow with the picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.types import Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors import fast
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.patterns import CLASSES, PATTERNS, REACH, SMALLEST, TOTAL, each_code, folding, frequencies, places
from forensics_ui.detectors.strongest import StrongestPlaces, by_cell, mean_logit
from forensics_ui.imaging import rules

CELLS_PER_TILE = 64
CONTEXT = 3  # cells: patterns reach 20 pixels
CELLS = Cells(stride=8, field=8 + 2 * REACH, inset=REACH)
HEADS = ("clean", "saved", "gate")
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
        own = {name for name in state if not name.startswith(NETWORK)}
        odd = sorted(set(SHAPES) ^ own) or [name for name, shape in SHAPES.items() if tuple(state[name].shape) != shape]
        if odd:
            raise WeightsMismatch(f"These weights are not those of PRC: {len(odd)} tensors do not fit, the first is {odd[0]!r}.")
        network = {name.removeprefix(NETWORK): tensor for name, tensor in state.items() if name.startswith(NETWORK)}
        self._network = StrongestPlaces(network, device) if network else None
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
        return self._each(blocks, checkpoint, self._finding)

    @torch.inference_mode()
    def logits(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[float]:
        # On a processor counting took two thirds of the time of looking up what every place adds. A GPU is left to look up: counting is not
        # done there, and nobody has compared them.
        if self.device.type != "cpu":
            return super().logits(blocks, checkpoint)
        return self._each(blocks, checkpoint, self._logit)

    def _each(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint, compute: Callable[[np.ndarray, Checkpoint], Any]) -> list[Any]:
        parts = 2 if self._network else 1
        progress = Progress(checkpoint, parts * len(blocks))
        return [compute(block, progress) for block in blocks]

    def _logit(self, block: np.ndarray, told: Checkpoint) -> float:
        counted = frequencies(block, told, self._cores.map)
        clean, saved, gate = counted.astype(np.float64) @ self._weights + self._bias
        share = _share(gate)
        clean += mean_logit(self._network.terms(block, told)) if self._network else 0.0
        return float((1 - share) * clean + share * saved)

    @cached_property
    def _cores(self) -> ThreadPoolExecutor:
        # Made where it is first wanted: a thread has the priority of the one that starts it.
        return fast.single_cores()

    def _finding(self, block: np.ndarray, told: Checkpoint) -> Finding:
        height, width, _ = block.shape
        tables = [table / places(pattern, height, width) for table, pattern in zip(self._tables, PATTERNS, strict=True)]
        pixels = torch.from_numpy(block.copy())[None]
        (maps,) = fast.in_tiles(pixels, CELLS_PER_TILE, (CONTEXT, CONTEXT), lambda part: _by_cell(_contributions(part.to(self.device), tables)), told)
        clean, saved = maps[..., 0].astype(np.float64), maps[..., 1]
        bias = self._bias.copy()
        share = _share(maps[..., 2].sum(dtype=np.float64) + bias[2])
        if self._network:
            strongest, more = by_cell(self._network.terms(block, told), *clean.shape)
            clean += strongest
            bias[0] += more
        contributions = ((1 - share) * clean + share * saved).astype(np.float32)
        evidence = ExactMap(contributions, float((1 - share) * bias[0] + share * bias[1]), CELLS)
        return Finding(evidence.total(), evidence)


class Progress:
    """Several parts after one another, each of which tells how far it is, told as one."""

    def __init__(self, checkpoint: Checkpoint, parts: int) -> None:
        self._checkpoint, self._parts, self._ended = checkpoint, parts, 0

    def __call__(self, done: int, total: int) -> None:
        self._checkpoint(self._ended * total + done, self._parts * total)
        self._ended += done == total


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
