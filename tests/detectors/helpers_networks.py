"""Networks with seeded random weights, whose batch norms have seen something, so that folding has something to fold."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from forensics_ui.detectors.networks import LFMNet, NPRNet, normalise

PLAIN = {"lfm": LFMNet, "npr": NPRNet}


def seeded(name: str, seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    network = PLAIN[name]()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.weight, 1, 0.2)
            nn.init.normal_(module.bias, 0, 0.1)
    # Logits as large as trained networks give, so that a wrong term cannot hide below a tolerance.
    nn.init.normal_(network.fc1.weight, 0, {"lfm": 0.5, "npr": 0.05}[name])
    return network.eval().requires_grad_(False)


def photo_like(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth structure with noise on it: neighbours are alike, as in photographs, and no two cells are."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / rng.uniform(5, 60) + y / rng.uniform(5, 60) + c) for c in range(3)]
    return np.clip(128 + 60 * np.stack(waves, 2) + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


@torch.inference_mode()
def plain_logit(network: nn.Module, block: np.ndarray) -> float:
    return float(network(normalise(torch.from_numpy(np.array(block))[None])))
