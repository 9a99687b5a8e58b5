"""Distillation: a network that is already trained softens the labels of another.

The teacher looks at each crop as it was before its last save, where its traces are whole; the pupil gets the saved one.
So the pupil learns, besides the class, how much there is to be seen in this very crop: a sky that shows nothing pulls less.
Where the teacher contradicts the label it is not asked: its mistakes are not passed on.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from forensics_ui.detectors.networks import normalise


class Teacher:
    """A trained network, how far its logits are flattened, and how much of the label it replaces."""

    def __init__(self, net: nn.Module, temperature: float = 12.0, share: float = 0.5) -> None:
        self.net = net.eval().to(memory_format=torch.channels_last)
        self.temperature, self.share = temperature, share

    @torch.no_grad()
    def soften(self, before: Tensor, labels: Tensor) -> Tensor:
        """Targets between 0 and 1 for uint8 crops (batch, height, width, 3) and their labels."""
        logits = self.net(normalise(before).contiguous(memory_format=torch.channels_last)).float()
        return softened(logits, labels, self.temperature, self.share)


def softened(logits: Tensor, labels: Tensor, temperature: float, share: float) -> Tensor:
    """The label, and where the teacher's logit has its sign, a share of the teacher's flattened probability."""
    agrees = (logits > 0) == (labels > 0.5)
    mixed = (1 - share) * labels + share * torch.sigmoid(logits / temperature)
    return torch.where(agrees, mixed, labels)
