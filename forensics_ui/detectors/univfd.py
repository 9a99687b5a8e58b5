"""UnivFD (CVPR 2023): what CLIP sees, and one linear layer on top. It judges content and style rather than pixel traces.

The network has one input size (224 px for ViT-L/14). `native` covers the picture with such squares side by side and
averages them, which is exact: the mean of a linear layer is the linear layer of the mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.types import Box, Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.imaging import rules

SIDE = 224
SQUARES_AT_ONCE = 8


def _aligned_squares(rgb: np.ndarray, side: int = SIDE) -> Prepared:
    """The largest centred area that whole squares fill, starting on a multiple of 8."""
    height, width = rgb.shape[:2]
    rows, columns = height // side, width // side
    left, top = ((length - count * side) // 2 // rules.ALIGNMENT * rules.ALIGNMENT for length, count in ((width, columns), (height, rows)))
    box = Box(left, top, columns * side, rows * side)
    notes = (
        ()
        if box.area == width * height
        else (f"{columns * rows} squares of {side} pixels were looked at; borders of the picture fill no square and were left out",)
    )
    return rules.cut(rgb, "native", box, notes)


@DETECTORS.register("univfd")
class UnivFD(Detector):
    """Frozen CLIP image features and the authors' linear probe."""

    spec = DetectorSpec(
        name="univfd",
        title="UnivFD",
        paper="Ojha et al., Towards Universal Fake Image Detectors that Generalize Across Generative Models, CVPR 2023",
        looks_at="What the picture looks like to CLIP, a network trained on pictures and captions; not traces of single pixels.",
        limits="It was trained on one generator (ProGAN) and small pictures; styles it has not met are judged at random.",
        parameters=769,
        slow_on_cpu=True,
        backbone="clip_vit_l14_openai",
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        super().__init__(state, device, precision)
        self._dtype = torch.float16 if precision == "fp16" else torch.float32
        tower = build_tower({name.removeprefix("backbone."): tensor for name, tensor in state.items() if name.startswith("backbone.")})
        if tower.image_size[0] != SIDE:
            raise WeightsMismatch(f"This CLIP tower takes {tower.image_size[0]} pixels a side, UnivFD gives it {SIDE}.")
        self._tower = tower.to(device, self._dtype)
        weight, bias = state.get("weight"), state.get("bias")
        if weight is None or bias is None or weight.shape != (1, tower.output_dim):
            raise WeightsMismatch(f"These weights are not a linear head on {tower.output_dim} CLIP features.")
        self._weight = weight.view(-1).double().numpy()
        self._bias = float(bias)
        self._mean, self._std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        height, width = rgb.shape[:2]
        if rule == "paper":
            return rules.centre_crop_padded(rgb, SIDE)
        if min(height, width) < SIDE:
            raise NotApplicable(
                f"the picture is too small for UnivFD: {width} x {height} pixels, where {SIDE} each way are needed without resampling or borders"
            )
        return rules.aligned_crop(rgb, SIDE) if rule == "crop" else _aligned_squares(rgb)

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        pixels = np.stack(blocks)
        count, height, width, _ = pixels.shape
        rows, columns = height // SIDE, width // SIDE
        squares = pixels.reshape(count, rows, SIDE, columns, SIDE, 3).swapaxes(2, 3).reshape(-1, SIDE, SIDE, 3)
        features = []
        for start in range(0, len(squares), SQUARES_AT_ONCE):
            features.append(self.features(squares[start : start + SQUARES_AT_ONCE]))
            checkpoint(min(start + SQUARES_AT_ONCE, len(squares)), len(squares))
        scores = np.concatenate(features).astype(np.float64) @ self._weight
        maps = (scores / (rows * columns)).reshape(count, rows, columns).astype(np.float32)
        return [self._finding(m) for m in maps]

    def features(self, squares: np.ndarray) -> np.ndarray:
        """CLIP's image embedding, not normalised, of (n, 224, 224, 3) uint8."""
        x = torch.from_numpy(squares).to(self.device).permute(0, 3, 1, 2).float() / 255
        x = (x - self._mean) / self._std
        return self._tower(x.to(self._dtype)).float().cpu().numpy()

    def _finding(self, contributions: np.ndarray) -> Finding:
        evidence = ExactMap(contributions, self._bias, Cells(stride=SIDE, field=SIDE, inset=0))
        return Finding(evidence.total(), evidence)
