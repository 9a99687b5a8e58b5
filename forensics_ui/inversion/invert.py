"""Rebuild a whole picture of any size through the inverter, in tiles, exactly as in one piece, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.reasons import because
from forensics_ui.inversion.network import REDUCTION, Inverter

TILE = 512
# More pixels around a tile than its own depend on: 6 latent cells of 4 pixels, and 6 pixels on the way up.
CONTEXT = 48
SMALLEST = 16


def load_inverter(state: Mapping[str, Tensor]) -> Inverter:
    """The network with these weights, ready to use."""
    network = Inverter()
    try:
        network.load_state_dict(dict(state))
    except RuntimeError as error:
        raise WeightsMismatch(because("not_the_inverter")) from error
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def invert(network: Inverter, rgb: np.ndarray, checkpoint: Callable[[int, int], None] = lambda done, total: None) -> np.ndarray:
    """The picture as the generator rebuilds it, uint8, of the same size; a last cell of 4 x 4 pixels that is not full is filled by repeating the border."""
    if min(rgb.shape[:2]) < SMALLEST:
        raise NotApplicable(because("too_small_to_rebuild", smallest=SMALLEST))
    missing = [(0, -length % REDUCTION) for length in rgb.shape[:2]]
    padded = np.pad(rgb, (*missing, (0, 0)), "edge") if any(m for _, m in missing) else rgb
    height, width = padded.shape[:2]
    out = np.empty((height, width, 3), np.uint8)
    corners = [(top, left) for top in range(0, height, TILE) for left in range(0, width, TILE)]
    for done, (top, left) in enumerate(corners, 1):
        first_row, first_column = max(0, top - CONTEXT), max(0, left - CONTEXT)
        part = padded[first_row : min(height, top + TILE + CONTEXT), first_column : min(width, left + TILE + CONTEXT)]
        rebuilt = _rebuild(network, part)[top - first_row :, left - first_column :][: height - top, : width - left][:TILE, :TILE]
        out[top : top + TILE, left : left + TILE] = rebuilt
        checkpoint(done, len(corners))
    return out[: rgb.shape[0], : rgb.shape[1]]


def _rebuild(network: Inverter, part: np.ndarray) -> np.ndarray:
    x = torch.from_numpy(np.array(part)).permute(2, 0, 1)[None].float() / 127.5 - 1
    y = network(x.contiguous(memory_format=torch.channels_last))
    return ((y[0].permute(1, 2, 0) + 1) * 127.5).round_().clamp_(0, 255).to(torch.uint8).numpy()
