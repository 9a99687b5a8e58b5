"""CLIP's image tower with its tokens after every block, by OpenVINO where it can be imported, else by torch.

OpenVINO is no requirement of the project: install it into an environment of its own and put that one's site-packages on
PYTHONPATH. The shipped head's features came from it; there it was equal to torch within 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower, positions_for
from forensics_ui.weightstore.load import load_weights

PATCH = 16
# (blocks, 2: class token and mean of the patch tokens, width) and the embedding, for (n, side, side, 3) uint8
Compute = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class AllBlocks(nn.Module):
    """The tower for one size of squares."""

    def __init__(self, tower: nn.Module, side: int) -> None:
        super().__init__()
        self.tower = tower
        self.register_buffer("positions", positions_for(tower.positional_embedding, side // PATCH).detach().clone())

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        tower = self.tower
        x = tower.conv1(pixels).flatten(2).transpose(1, 2)
        x = torch.cat([tower.class_embedding.view(1, 1, -1).expand(x.shape[0], 1, -1), x], dim=1)
        x = tower.ln_pre(x + self.positions)
        kept = []
        for block in tower.transformer.resblocks:
            x = block(x)
            kept.append(torch.stack([x[:, 0], x[:, 1:].mean(1)], dim=1))
        return torch.stack(kept, dim=1), tower.ln_post(x[:, 0]) @ tower.proj


class Tower:
    """Squares of any size to tokens; each size is made ready when it first comes."""

    def __init__(self, weights: str, threads: int) -> None:
        self.tower = build_tower(load_weights(weights, "univfd").state)
        self.threads, self._ready = threads, dict[int, Compute]()
        mean, std = (np.array(values, np.float32).reshape(1, 3, 1, 1) for values in (CLIP_MEAN, CLIP_STD))
        self._mean, self._std = mean, std
        self.by, self._make = _engine()
        torch.set_num_threads(threads)

    def __call__(self, squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        side = squares.shape[1]
        if side not in self._ready:
            self._ready[side] = self._make(AllBlocks(self.tower, side).eval(), side, self.threads)
        pixels = squares.transpose(0, 3, 1, 2).astype(np.float32) / 255
        return self._ready[side]((pixels - self._mean) / self._std)


Make = Callable[[nn.Module, int, int], Compute]


def _engine() -> tuple[str, Make]:
    try:
        import openvino
    except ImportError:
        return "torch", _by_torch
    return "openvino", lambda net, side, threads: _by_openvino(openvino, net, side, threads)


def _by_torch(net: nn.Module, side: int, threads: int) -> Compute:
    @torch.inference_mode()
    def compute(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tokens, embedding = net(torch.from_numpy(pixels))
        return tokens.numpy(), embedding.numpy()

    return compute


def _by_openvino(openvino: Any, net: nn.Module, side: int, threads: int) -> Compute:
    with torch.no_grad():
        model = openvino.convert_model(net, example_input=torch.zeros(2, 3, side, side))
    model.reshape({0: openvino.PartialShape([-1, 3, side, side])})
    # Left to itself it takes bf16 on some processors, which is another network and far slower there.
    wanted = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    ready = openvino.Core().compile_model(model, "CPU", wanted)

    def compute(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = ready(pixels)
        return np.asarray(found[0]), np.asarray(found[1])

    return compute
