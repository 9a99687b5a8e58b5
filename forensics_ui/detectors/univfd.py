"""UnivFD (CVPR 2023): what CLIP sees, and one linear layer on top. It judges content and style rather than pixel traces.

The network has one input size (224 px). `native` and `crop` take such a square from the middle of the picture, a smaller one
of a smaller picture; error rates were counted on one square. Larger blocks are averaged over their squares, which is exact:
the mean of a linear layer is the linear layer of the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.reasons import because, fact
from forensics_ui.core.types import Box, Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.clip_heads import SIDE, embedding, frozen, head_of, without_backbone
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.imaging import rules

SQUARES_AT_ONCE = 8
SMALLEST = 96
PATCH = 16


def _middle_square(rgb: np.ndarray, rule: InputRule) -> Prepared:
    """The centred square that CLIP takes, or the largest of whole patches in a smaller picture; on multiples of 8."""
    height, width = rgb.shape[:2]
    side = min(height, width, SIDE) // PATCH * PATCH
    box = _centred(width, height, side, side)
    notes = (fact("only_centre", width=side, height=side),) if box.area != width * height else ()
    return rules.cut(rgb, rule, box, notes)


def _centred(width: int, height: int, box_width: int, box_height: int) -> Box:
    left, top = ((length - part) // 2 // rules.ALIGNMENT * rules.ALIGNMENT for length, part in ((width, box_width), (height, box_height)))
    return Box(left, top, box_width, box_height)


@DETECTORS.register("univfd")
class UnivFD(Detector):
    """Frozen CLIP image features and a linear layer: the authors' on the embedding, ours on inner blocks."""

    spec = DetectorSpec(
        name="univfd",
        title="UnivFD",
        paper="Ojha et al., Towards Universal Fake Image Detectors that Generalize Across Generative Models, CVPR 2023",
        looks_at="What the picture looks like to CLIP, a network trained on pictures and captions; not traces of single pixels.",
        limits="Styles and kinds of pictures that its linear layer has not met are judged at random.",
        parameters=769,
        slow_on_cpu=True,
        backbone="clip",
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        super().__init__(state, device, precision)
        self._dtype = torch.float16 if precision == "fp16" else torch.float32
        own, below = without_backbone(state)
        tower = build_tower(below)
        if tower.image_size[0] != SIDE:
            raise WeightsMismatch(because("other_tower_side", tower=tower.image_size[0], given=SIDE))
        self._head = frozen(head_of(own, tower)).to(device)
        self._tower = tower.to(device, self._dtype)
        self._mean, self._std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        height, width = rgb.shape[:2]
        if rule == "paper":
            return rules.centre_crop_padded(rgb, SIDE)
        if min(height, width) < SMALLEST:
            raise NotApplicable(because("too_small_for_univfd", width=width, height=height, smallest=SMALLEST))
        return _middle_square(rgb, rule)

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        pixels = np.stack(blocks)
        count, height, width, _ = pixels.shape
        side = min(height, width, SIDE)
        rows, columns = height // side, width // side
        squares = pixels.reshape(count, rows, side, columns, side, 3).swapaxes(2, 3).reshape(-1, side, side, 3)
        parts = []
        for start in range(0, len(squares), SQUARES_AT_ONCE):
            parts.append(self._places(squares[start : start + SQUARES_AT_ONCE]))
            checkpoint(min(start + SQUARES_AT_ONCE, len(squares)), len(squares))
        places = np.concatenate(parts) / (rows * columns)
        grid = places.shape[1]
        maps = places.reshape(count, rows, columns, grid, grid).swapaxes(2, 3).reshape(count, rows * grid, columns * grid)
        return [self._finding(m, side // grid) for m in maps]

    def features(self, squares: np.ndarray) -> np.ndarray:
        """CLIP's image embedding, not normalised, of (n, 224, 224, 3) uint8."""
        return embedding(self._tower, self._normalised(squares)).float().cpu().numpy()

    def _places(self, squares: np.ndarray) -> np.ndarray:
        return self._head.places(self._tower, self._normalised(squares)).cpu().numpy()

    def _normalised(self, squares: np.ndarray) -> Tensor:
        x = torch.from_numpy(squares).to(self.device).permute(0, 3, 1, 2).float() / 255
        return ((x - self._mean) / self._std).to(self._dtype)

    def _finding(self, contributions: np.ndarray, cell: int) -> Finding:
        evidence = ExactMap(contributions, float(self._head.bias), Cells(stride=cell, field=cell, inset=0))
        return Finding(evidence.total(), evidence)
