"""NPR, neighbouring pixel relationships (CVPR 2024): a short ResNet over the pixel relationships, averaged over the picture.

`logit = bias + mean over places of weight . features`, so the class activation map is exact and needs no gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Cells, ExactMap, Finding, InputRule, Prepared
from forensics_ui.detectors import fast
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.networks import Bottleneck, NPRNet
from forensics_ui.imaging import rules

CELLS = Cells(stride=8, field=87, inset=43)
CELLS_PER_TILE = 96
# A cell looks at 43 pixels to either side of its own first pixel: 6 cells before it, and 5 after its last.
CONTEXT_BEFORE, CONTEXT_AFTER = 6, 5
SMALLEST = 32


class FoldedBlock:
    """A bottleneck whose batch norms are folded into its convolutions."""

    def __init__(self, block: Bottleneck, place: Callable[[Tensor], Tensor]) -> None:
        self.stride = block.conv2.stride
        self.parts = [
            tuple(map(place, fast.folded(*pair))) for pair in ((block.conv1, block.bn1), (block.conv2, block.bn2), (block.conv3, block.bn3))
        ]
        self.short = None if block.downsample is None else tuple(map(place, fast.folded(*block.downsample)))

    def __call__(self, x: Tensor) -> Tensor:
        (w1, b1), (w2, b2), (w3, b3) = self.parts
        short = x if self.short is None else F.conv2d(x, *self.short, stride=self.stride)
        y = F.conv2d(x, w1, b1).relu_()
        y = F.conv2d(y, w2, b2, self.stride, 1).relu_()
        return F.conv2d(y, w3, b3).add_(short).relu_()


@DETECTORS.register("npr")
class NPR(Detector):
    """The published network, rewritten without changing its answer."""

    spec = DetectorSpec(
        name="npr",
        title="NPR",
        paper="Tan et al., Rethinking the Up-Sampling Operations in CNN-based Generative Network for Generalizable Deepfake Detection, CVPR 2024",
        looks_at="How each pixel differs from the top left one of its 2 x 2 cell: up-sampling inside a generator leaves regularities there.",
        limits="Re-saving as JPEG and resizing erase or imitate those regularities; its errors go in both directions.",
        parameters=1_437_761,
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        super().__init__(state, device, precision)
        network = fast.load_strictly(NPRNet(), state, self.spec.title)
        self._dtype = torch.float16 if precision == "fp16" else torch.float32
        weight, bias = fast.folded(network.conv1, network.bn1)
        place = partial(fast.placed, device=device, dtype=self._dtype)
        self._first = place(fast.per_level(weight, NPRNet.SCALE)), place(bias)
        self._blocks = [FoldedBlock(block, place) for block in (*network.layer1, *network.layer2)]
        self._weight = network.fc1.weight.view(-1).to(self.device, torch.float32)
        self._bias = float(network.fc1.bias)

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        prepared = {"native": rules.native, "crop": rules.aligned_crop, "paper": rules.squash}[rule](rgb)
        height, width = prepared.block.shape[:2]
        if min(height, width) < SMALLEST:
            raise NotApplicable(because("too_small_for_npr", width=rgb.shape[1], height=rgb.shape[0], smallest=SMALLEST))
        return prepared

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        pixels = torch.from_numpy(np.stack(blocks))
        maps = fast.in_tiles(pixels, CELLS_PER_TILE, (CONTEXT_BEFORE, CONTEXT_AFTER), self.activation, checkpoint)
        return [self._finding(m / np.float32(m.size)) for m in maps]

    def activation(self, part: Tensor) -> Tensor:
        """The class activation of every cell before the average, (batch, rows, columns)."""
        x = self._relationships(part.to(self.device))
        weight, bias = self._first
        x = F.max_pool2d(F.conv2d(x, weight, bias, 2, 1).relu_(), 3, 2, 1)
        for block in self._blocks:
            x = block(x)
        return torch.einsum("nchw,c->nhw", x.float(), self._weight)

    def _relationships(self, part: Tensor) -> Tensor:
        """Differences to the top left pixel of each cell, in levels, as the first convolution eats them."""
        cells = part.to(torch.int16)
        first = cells[:, ::2, ::2].repeat_interleave(2, 1).repeat_interleave(2, 2)
        # The permuted view of channels-last memory is what a channels-last tensor is: nothing is moved.
        return (cells - first).to(self._dtype).permute(0, 3, 1, 2)

    def _finding(self, contributions: np.ndarray) -> Finding:
        evidence = ExactMap(contributions, self._bias, CELLS)
        return Finding(evidence.total(), evidence)
