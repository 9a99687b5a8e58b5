"""LFM, the local focusing mechanism (BMVC 2025): the size of the pixel relationships, and the sum of few strongest places.

`logit = bias + sum over 64 channels and k = 16 ranks of value * weight`, and every value comes from one place of the
picture: the evidence is exact and needs no gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Cells, Finding, InputRule, Prepared, TopKTerms
from forensics_ui.detectors import fast
from forensics_ui.detectors.base import DETECTORS, Checkpoint, Detector, DetectorSpec, Precision, no_checkpoint
from forensics_ui.detectors.networks import TOP_K, LFMNet
from forensics_ui.imaging import rules

CELLS = Cells(stride=8, field=23, inset=0)
CELLS_PER_TILE = 64  # 528 pixels: 6 % more work than the whole at once, and about 150 MB
CONTEXT = 2  # n cells are computed from 8 n + 16 pixels


def grid_of(height: int, width: int) -> tuple[int, int]:
    """Rows and columns of the feature map of a picture of even height and width."""
    return max(0, (height - 16) // 8), max(0, (width - 16) // 8)


@DETECTORS.register("lfm")
class LFM(Detector):
    """The published network, rewritten without changing its answer."""

    spec = DetectorSpec(
        name="lfm",
        title="LFM",
        paper="Li et al., A Novel Local Focusing Mechanism for Deepfake Detection Generalization, BMVC 2025",
        looks_at="The strongest local traces of up-sampling: how each pixel differs from its 2 x 2 neighbours, at the 16 most telling places of each of 64 patterns.",
        limits="Re-saving as JPEG, resizing and screenshots erase what it looks for, and resizing can also fake it.",
        parameters=725_569,
    )

    def __init__(self, state: Mapping[str, Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        super().__init__(state, device, precision)
        network = fast.load_strictly(LFMNet(), state, self.spec.title)
        layers = [fast.folded(*getattr(network.cnn, f"layer{i}")) for i in (1, 2, 3, 4)]
        self._dtype = torch.float16 if precision == "fp16" else torch.float32
        first = four_phases(fast.per_level(layers[0][0])), layers[0][1]
        place = partial(fast.placed, device=device, dtype=self._dtype)
        self._layers = [(place(w), place(b)) for w, b in [first, *layers[1:]]]
        self._last = place(network.covn1_1.weight.double())
        self._weight = network.fc1.weight.reshape(-1, TOP_K).numpy().copy()
        self._bias = float(network.fc1.bias)

    @classmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        prepared = {"native": rules.native, "crop": rules.aligned_crop, "paper": rules.squash}[rule](rgb)
        rows, columns = grid_of(*prepared.block.shape[:2])
        if rows * columns < TOP_K:
            raise NotApplicable(because("too_small_for_lfm", width=rgb.shape[1], height=rgb.shape[0], places=rows * columns, needed=TOP_K))
        return prepared

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        pixels = torch.from_numpy(np.stack(blocks))
        _, height, width, _ = pixels.shape
        grid = grid_of(height, width)
        rows = fast.tiles(grid[0], height, CELLS_PER_TILE, 0, CONTEXT)
        columns = fast.tiles(grid[1], width, CELLS_PER_TILE, 0, CONTEXT)
        best = None
        for done, (row, column) in enumerate(fast.each_tile(rows, columns)):
            part = pixels[:, row.first_pixel : row.last_pixel, column.first_pixel : column.last_pixel]
            best = _merge(best, self._strongest(part, row.start, column.start, grid[1]))
            checkpoint(done + 1, len(rows) * len(columns))
        assert best is not None, "no picture is without a tile"
        values, places = (part.cpu().numpy() for part in best)
        return [self._finding(v, p, grid) for v, p in zip(values.astype(np.float32), places, strict=True)]

    def _strongest(self, part: Tensor, row: int, column: int, grid_columns: int) -> tuple[Tensor, Tensor]:
        """The k largest values of every channel in one tile, and their places on the whole feature map."""
        maps = self.maps(part)
        width = maps.shape[3]
        flat = maps.flatten(2)
        values, index = flat.topk(min(TOP_K, flat.shape[2]), dim=2)
        return values, (index // width + row) * grid_columns + index % width + column

    def maps(self, part: Tensor) -> Tensor:
        """The 64 maps of a block of pixels, (batch, height, width, 3) uint8."""
        planes = torch.cat([d.abs() for d in fast.relationships_of_levels(part.to(self.device))], dim=3).permute(0, 3, 1, 2)
        x = planes.to(self._dtype, memory_format=torch.channels_last)
        (weight, bias), *others = self._layers
        # Pooling takes the largest of four neighbours; they are the four phases, so the full-size map never exists.
        # Bias and ReLU come after it: both keep the order of numbers.
        x = F.conv2d(x, weight).unflatten(1, (4, -1)).amax(1)
        x = x.add_(bias.view(-1, 1, 1)).relu_()
        for i, (weight, bias) in enumerate(others):
            x = F.conv2d(x, weight)
            x = F.max_pool2d(x, 2) if i < 2 else x
            x = x.add_(bias.view(-1, 1, 1)).relu_()
        return F.conv2d(x, self._last)

    def _finding(self, values: np.ndarray, places: np.ndarray, grid: tuple[int, int]) -> Finding:
        terms = TopKTerms(values, self._weight, places // grid[1], places % grid[1], grid, self._bias, CELLS)
        return Finding(terms.total(), terms)


def _merge(best: tuple[Tensor, Tensor] | None, new: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """The largest values of two tiles together: the top k of a union is the top k of the two tops."""
    if best is None:
        return new
    values, places = (torch.cat(pair, dim=2) for pair in zip(best, new, strict=True))
    values, index = values.topk(min(TOP_K, values.shape[2]), dim=2)
    return values, places.gather(2, index)


def four_phases(weight: Tensor) -> Tensor:
    """The first 2x2 convolution for the four pixels of a cell at once, as one 2x2 convolution over cells.

    Input channels are the three non-zero differences of a cell (right, below, diagonal) times RGB; the fourth, the top
    left pixel, is zero by definition, so a fourth of the taps is never computed.
    """
    plane = {(0, 1): 0, (1, 0): 3, (1, 1): 6}
    out = weight.new_zeros(4, weight.shape[0], 9, 2, 2)
    for phase, (top, left) in enumerate(((0, 0), (0, 1), (1, 0), (1, 1))):
        for y in (0, 1):
            for x in (0, 1):
                cell_y, in_y = divmod(top + y, 2)
                cell_x, in_x = divmod(left + x, 2)
                if (in_y, in_x) in plane:
                    first = plane[in_y, in_x]
                    out[phase, :, first : first + 3, cell_y, cell_x] = weight[:, :, y, x]
    return out.flatten(0, 1)
