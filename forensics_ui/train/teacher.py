"""Distillation: a network that is already trained softens the labels of another, and shows it where to look.

The teacher looks at each crop as it was before its last save, where its traces are whole; the pupil gets the saved one.
So the pupil learns, besides the class, how much there is to be seen in this very crop: a sky that shows nothing pulls less.
An LFM that teaches an LFM also shows its 64 maps, one number for every place instead of one for the crop (hints, as in
FitNets); they matter most at the beginning. Where the teacher contradicts the label it is not asked: its mistakes are not
passed on.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from forensics_ui.detectors.networks import LFMNet, normalise

# What the hints weigh beside the cross-entropy, at the beginning and at the end.
HINTS_FIRST, HINTS_LAST = 2.2, 0.2
HINT_CAP = 6.0  # standard deviations: rare peaks of the teacher's maps are not worth a network


class Lesson(NamedTuple):
    """What a teacher says of a batch: targets between 0 and 1, its standardised maps (if any), and where it agrees with the label."""

    targets: Tensor
    maps: Tensor | None
    agrees: Tensor


class Teacher:
    """A trained network, how far its logits are flattened, how much of the label they replace, and whether its maps are shown."""

    def __init__(self, net: nn.Module, temperature: float = 12.0, share: float = 0.5, hints: bool = True) -> None:
        self.net = net.eval().to(memory_format=torch.channels_last)
        self.temperature, self.share = temperature, share
        self.hints = hints and isinstance(net, LFMNet)
        self._scale: tuple[Tensor, Tensor] | None = None

    @torch.no_grad()
    def measure(self, before: Tensor) -> None:
        """Mean and spread of each of its maps over these crops: maps are shown in these units from now on."""
        if self.hints:
            maps = self._maps(before)
            self._scale = maps.mean((0, 2, 3), keepdim=True), maps.std((0, 2, 3), keepdim=True).clamp(min=1e-6)

    @torch.no_grad()
    def look(self, before: Tensor, labels: Tensor) -> Lesson:
        """The lesson on uint8 crops (batch, height, width, 3) and their labels."""
        maps = self._maps(before) if self.hints else None
        logits = self._logits(maps) if maps is not None else self.net(_ready(before)).float()
        targets, agrees = softened(logits, labels, self.temperature, self.share), _agrees(logits, labels)
        if maps is not None and self._scale is not None:
            maps = ((maps - self._scale[0]) / self._scale[1]).clamp(-HINT_CAP, HINT_CAP)
        return Lesson(targets, maps, agrees)

    def _maps(self, before: Tensor) -> Tensor:
        return self.net.maps(_ready(before)).float()

    def _logits(self, maps: Tensor) -> Tensor:
        top = maps.flatten(2).topk(self.net.k, dim=2).values
        return self.net.fc1(top.flatten(1)).squeeze(1).float()


def _ready(before: Tensor) -> Tensor:
    return normalise(before).contiguous(memory_format=torch.channels_last)


def _agrees(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits > 0) == (labels > 0.5)


def softened(logits: Tensor, labels: Tensor, temperature: float, share: float) -> Tensor:
    """The label, and where the teacher's logit has its sign, a share of the teacher's flattened probability."""
    mixed = (1 - share) * labels + share * torch.sigmoid(logits / temperature)
    return torch.where(_agrees(logits, labels), mixed, labels)


def hint_loss(maps: Tensor, lesson: Lesson, progress: float) -> Tensor | float:
    """How far the pupil's maps are from the teacher's, where it agrees with the label, weighed by the progress (0..1)."""
    if lesson.maps is None or lesson.maps.shape != maps.shape:
        return 0.0
    far = F.smooth_l1_loss(maps, lesson.maps, reduction="none").mean((1, 2, 3))
    weight = HINTS_FIRST + (HINTS_LAST - HINTS_FIRST) * progress
    return weight * (far * lesson.agrees).sum() / lesson.agrees.sum().clamp(min=1)
