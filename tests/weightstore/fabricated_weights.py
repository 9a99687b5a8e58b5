"""Fabricated checkpoints with the names and shapes of the published ones."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

WIDTHS = (3, 64, 128, 256, 512)


def lfm_as_published(seed: int = 0) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    eye = torch.eye(3)[:, :, None, None]
    state = {"downsample_conv.weight": eye * torch.tensor([[1.0, 0.0], [0.0, 0.0]]), "upsample_conv.weight": eye * torch.ones(2, 2)}
    for i, (inputs, outputs) in enumerate(pairwise(WIDTHS), 1):
        state[f"cnn.layer{i}.0.weight"] = torch.randn(outputs, inputs, 2, 2)
        state[f"cnn.layer{i}.0.bias"] = torch.randn(outputs)
        for part in ("weight", "bias", "running_mean", "running_var"):
            state[f"cnn.layer{i}.1.{part}"] = torch.rand(outputs)
        state[f"cnn.layer{i}.1.num_batches_tracked"] = torch.tensor(7)
    return {**state, "covn1_1.weight": torch.randn(64, 512, 1, 1), "fc1.weight": torch.randn(1, 1024), "fc1.bias": torch.randn(1)}


def head() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return {"weight": torch.randn(1, 768), "bias": torch.randn(1)}


def npr_names() -> dict[str, Tensor]:
    """Enough of NPR's names to be known by; no detector would take it."""
    names = ("conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer2.3.conv3.weight", "fc1.weight", "fc1.bias")
    return {name: torch.ones(2) for name in names}
