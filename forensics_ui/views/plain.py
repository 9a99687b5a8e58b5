"""The differentiable networks that gradient methods need, their layers, and where the cells of those layers lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Cells
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.clip_heads import head_of, without_backbone
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.detectors.fast import load_strictly
from forensics_ui.detectors.networks import IMAGENET_MEAN, IMAGENET_STD, LFMNet, NPRNet

DEPTHS = ("last", "late", "early", "first")


@dataclass(frozen=True)
class Layer:
    """One module whose output is a map, and where the cells of that map lie."""

    path: str
    cells: Cells
    words: str


class UnivFDNet(nn.Module):
    """CLIP's image tower and a head on it as one network with one logit."""

    def __init__(self, tower: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.tower, self.head = tower, head

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.tower, x)


def _univfd(state: Mapping[str, Tensor]) -> nn.Module:
    own, below = without_backbone(state)
    tower = build_tower(below)
    return UnivFDNet(tower, head_of(own, tower)).eval().requires_grad_(False)


def _lfm_layers(network: nn.Module) -> dict[str, Layer]:
    return {
        "last": Layer("cnn", Cells(8, 23, 0), "layer 4 after its ReLU, 512 maps"),
        "late": Layer("cnn.layer3", Cells(4, 11, 0), "layer 3 before its ReLU, 256 maps"),
        "early": Layer("cnn.layer2", Cells(2, 5, 0), "layer 2 before its ReLU, 128 maps"),
        "first": Layer("cnn.layer1", Cells(1, 2, 0), "layer 1 before its ReLU, 64 maps"),
    }


def _npr_layers(network: nn.Module) -> dict[str, Layer]:
    return {
        "last": Layer("layer2", Cells(8, 87, 43), "stage 2, 512 maps"),
        "late": Layer("layer2.0", Cells(8, 39, 19), "the first block of stage 2, 512 maps"),
        "early": Layer("layer1", Cells(4, 31, 15), "stage 1, 256 maps"),
        "first": Layer("bn1", Cells(2, 3, 1), "the first convolution before its ReLU, 64 maps"),
    }


def _univfd_layers(network: nn.Module) -> dict[str, Layer]:
    blocks = len(network.tower.transformer.resblocks)
    patch = network.tower.patch_size[0]
    places = dict(zip(DEPTHS, (blocks - 1, 2 * blocks // 3, blocks // 3, 0), strict=True))
    words = "tokens entering block {} of {}; each has seen the whole square through attention"
    return {
        depth: Layer(f"tower.transformer.resblocks.{at}.ln_1", Cells(patch, patch, 0), words.format(at + 1, blocks)) for depth, at in places.items()
    }


@dataclass(frozen=True)
class Recipe:
    """How one detector's plain network is built and fed, and what its layers are."""

    build: Callable[[Mapping[str, Tensor]], nn.Module]
    layers: Callable[[nn.Module], dict[str, Layer]]
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    tokens: bool = False


RECIPES: dict[str, Recipe] = {
    "lfm": Recipe(lambda state: load_strictly(LFMNet(), state, "LFM"), _lfm_layers),
    "npr": Recipe(lambda state: load_strictly(NPRNet(), state, "NPR"), _npr_layers),
    "univfd": Recipe(_univfd, _univfd_layers, CLIP_MEAN, CLIP_STD, tokens=True),
}


def recipe_of(detector: str) -> Recipe:
    """The recipe; NotApplicable for a detector that has no differentiable network here."""
    if detector not in RECIPES:
        title = DETECTORS.get(detector).spec.title if detector in DETECTORS.names() else detector
        raise NotApplicable(because("no_layers", title=title))
    return RECIPES[detector]


def network_input(detector: str, block: np.ndarray) -> Tensor:
    """A block of pixels as the plain network takes it, asking for gradients: weights are frozen, so the path must start at the input."""
    recipe = recipe_of(detector)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (recipe.mean, recipe.std))
    pixels = torch.tensor(block)[None].permute(0, 3, 1, 2).float() / 255
    return ((pixels - mean) / std).requires_grad_(True)


def tokens_to_map(tokens: Tensor) -> Tensor:
    """A transformer's tokens without the class token, laid out as the picture's patches: (batch, channels, rows, columns)."""
    patches = tokens[:, 1:]
    side = round(patches.shape[1] ** 0.5)
    return patches.reshape(tokens.shape[0], side, side, -1).permute(0, 3, 1, 2)
