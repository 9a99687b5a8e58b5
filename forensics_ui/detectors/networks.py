"""The two published networks as their papers draw them: plain, differentiable, in fp32.

This is what training trains and what every fast path is compared with. `fast.py` holds the rewrites that serve people.
Both take normalised images of even height and width, (batch, 3, height, width).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
TOP_K = 16


def normalise(image_u8: Tensor) -> Tensor:
    """(batch, height, width, 3) uint8 to the floats that the authors' code feeds their networks."""
    mean, std = (torch.tensor(v, device=image_u8.device).view(1, 3, 1, 1) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return (image_u8.permute(0, 3, 1, 2).float() / 255 - mean) / std


def neighbouring_pixel_relationships(x: Tensor) -> Tensor:
    """`x - up(down(x))` with nearest neighbours: in every 2 x 2 cell the difference to the top left pixel."""
    return x - x[..., ::2, ::2].repeat_interleave(2, -2).repeat_interleave(2, -1)


class Bottleneck(nn.Module):
    """ResNet-50's block, under torchvision's names: 1x1, 3x3 (with the stride), 1x1, and the short cut."""

    def __init__(self, inputs: int, width: int, stride: int = 1) -> None:
        super().__init__()
        outputs = 4 * width
        self.conv1, self.bn1 = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1 or inputs != outputs:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x: Tensor) -> Tensor:
        short = x if self.downsample is None else self.downsample(x)
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return F.relu(self.bn3(self.conv3(x)) + short)


class NPRNet(nn.Module):
    """NPR's classifier: two thirds of the pixel relationships into a ResNet-50 cut after its second stage."""

    SCALE = 2 / 3

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 64, 3, 2, 1, bias=False), nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Bottleneck(64, 64), Bottleneck(256, 64), Bottleneck(256, 64))
        self.layer2 = nn.Sequential(Bottleneck(256, 128, 2), *(Bottleneck(512, 128) for _ in range(3)))
        self.fc1 = nn.Linear(512, 1)

    def features(self, x: Tensor) -> Tensor:
        """The 512 maps that the global average sees, at an eighth of the size."""
        x = self.SCALE * neighbouring_pixel_relationships(x)
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        return self.layer2(self.layer1(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.fc1(self.features(x).mean((2, 3))).squeeze(1)


class SalienceNetwork(nn.Module):
    """LFM's SNet: four 2x2 convolutions without padding, each with BN and ReLU, pooled by 2 after the first three."""

    WIDTHS = (3, 64, 128, 256, 512)

    def __init__(self) -> None:
        super().__init__()
        for i, (inputs, outputs) in enumerate(zip(self.WIDTHS[:-1], self.WIDTHS[1:], strict=True), 1):
            self.add_module(f"layer{i}", nn.Sequential(nn.Conv2d(inputs, outputs, 2), nn.BatchNorm2d(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        for i in (1, 2, 3):
            x = F.max_pool2d(F.relu(getattr(self, f"layer{i}")(x)), 2)
        return F.relu(self.layer4(x))


class LFMNet(nn.Module):
    """LFM: the size of the pixel relationships, SNet, 64 maps, and of each map its 16 largest values into one linear layer.

    `covn1_1` is spelled as in the published checkpoints.
    """

    def __init__(self, k: int = TOP_K, channels: int = 64) -> None:
        super().__init__()
        self.k = k
        self.cnn = SalienceNetwork()
        self.covn1_1 = nn.Conv2d(512, channels, 1, bias=False)
        self.fc1 = nn.Linear(channels * k, 1)

    def maps(self, x: Tensor) -> Tensor:
        """The 64 maps whose largest values decide."""
        return self.covn1_1(self.cnn(neighbouring_pixel_relationships(x).abs()))

    def forward(self, x: Tensor) -> Tensor:
        top = self.maps(x).flatten(2).topk(self.k, dim=2).values
        return self.fc1(top.flatten(1)).squeeze(1)
