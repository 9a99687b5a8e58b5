"""The variants that the papers compare their networks with; `networks.py` keeps the published ones.

NPR, Table 7: the side l of a cell, and what its pixels are compared with (pixel j, average, maximum). LFM: depth of SNet or a
cut ResNet-50 in its place (Table V), pooling (VI), k (VII), RBLD and RKS (Table 4, where `--pool gap` is the row "+SNet").

Where the papers are silent, the choice made here: layers of SNet beyond the fifth keep 512 channels and are not pooled, and
of four layers three are 2x2 convolutions, all pooled; the attention (CBAM's spatial one) weighs the maps and their mean
decides; values that a picture too small for k does not have are zero, as dropped ones are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from forensics_ui.core.errors import ForensicsError
from forensics_ui.detectors.networks import TOP_K, LFMNet, NPRNet
from forensics_ui.imaging.npr import Reference
from forensics_ui.train.topk import lfm_loss

POOLS = ("tkp", "gap", "gmp", "attention")
LAYERS = ("4", "5", "6", "7", "8", "resnet50")
CHANNELS = 64
OF_NPR = ("cell", "reference")


@dataclass(frozen=True)
class Ablation:
    """What differs from the published network; nothing, by default."""

    cell: int = 2
    reference: Reference = 1
    layers: str = "5"  # convolutions of SNet, the 1x1 one counted as in Table V
    pool: str = "tkp"
    k: int = TOP_K
    rbld: bool = True
    rks: bool = True

    def changes(self) -> dict[str, Any]:
        """The fields that are not as published; {} for the published network."""
        return {field.name: value for field in fields(self) if (value := asdict(self)[field.name]) != field.default}

    def words(self) -> str:
        """The changes in one phrase, for names of files and for people."""
        return "-".join(f"{name}-{str(value).lower()}" for name, value in self.changes().items())

    def check(self, detector: str) -> Ablation:
        """Itself, if the detector has such a variant; otherwise an error that says what is wrong."""
        if not 2 <= self.cell <= 8:
            raise ForensicsError("A cell has from 2 x 2 to 8 x 8 pixels.")
        if isinstance(self.reference, int) and not 1 <= self.reference <= self.cell**2:
            raise ForensicsError(f"A cell of {self.cell} x {self.cell} has the pixels 1 to {self.cell**2}; --reference names none of them.")
        if self.layers not in LAYERS or self.pool not in POOLS or not 1 <= self.k <= 4096:
            raise ForensicsError(f"SNet has {', '.join(LAYERS)} for layers and {', '.join(POOLS)} for pooling, and k is from 1 to 4096.")
        if detector == "npr" and (odd := [name for name in self.changes() if name not in OF_NPR]):
            raise ForensicsError(f"NPR has no {odd[0]} to change: that is a part of LFM.")
        if self.pool != "tkp" and (odd := [name for name in ("k", "rbld", "rks") if name in self.changes()]):
            raise ForensicsError(f"{odd[0]} is a setting of Top-K pooling; with --pool {self.pool} there is none.")
        return self


def pixel_relationships(x: Tensor, cell: int, reference: Reference) -> Tensor:
    """Eq. 4 of the NPR paper for any cell and reference; rows and columns that fill no cell are left out."""
    height, width = (side // cell * cell for side in x.shape[-2:])
    x = x[..., :height, :width]
    if reference == "average":
        other = F.avg_pool2d(x, cell)
    elif reference == "maximum":
        other = F.max_pool2d(x, cell)
    else:
        row, column = divmod(int(reference) - 1, cell)
        other = x[..., row::cell, column::cell]
    return x - other.repeat_interleave(cell, -2).repeat_interleave(cell, -1)


class AblatedNPR(NPRNet):
    """NPR's classifier on other relationships."""

    def __init__(self, ablation: Ablation) -> None:
        super().__init__()
        self.ablation = ablation

    def features(self, x: Tensor) -> Tensor:
        return cut_resnet(self, self.SCALE * pixel_relationships(x, self.ablation.cell, self.ablation.reference))


def cut_resnet(net: NPRNet, x: Tensor) -> Tensor:
    """The 512 maps of a ResNet-50 that ends after its second stage."""
    x = F.max_pool2d(F.relu(net.bn1(net.conv1(x))), 3, 2, 1)
    return net.layer2(net.layer1(x))


class CutResNet(NPRNet):
    """That part of NPR's network in the place of SNet."""

    def __init__(self) -> None:
        super().__init__()
        del self.fc1

    def forward(self, x: Tensor) -> Tensor:
        return cut_resnet(self, x)


class DeepSNet(nn.Module):
    """SNet with any number of layers; the last of them, the 1x1 projection, is not in here."""

    WIDTHS = (3, 64, 128, 256, 512, 512, 512, 512)

    def __init__(self, layers: int) -> None:
        super().__init__()
        self.depth = layers - 1
        for i in range(1, layers):
            self.add_module(f"layer{i}", nn.Sequential(nn.Conv2d(self.WIDTHS[i - 1], self.WIDTHS[i], 2), nn.BatchNorm2d(self.WIDTHS[i])))

    def forward(self, x: Tensor) -> Tensor:
        for i in range(1, self.depth + 1):
            x = F.relu(getattr(self, f"layer{i}")(x))
            x = F.max_pool2d(x, 2) if i <= 3 else x
        return x


class AblatedLFM(nn.Module):
    """LFM with another front end, depth, pooling or k. Takes what LFMNet takes and has its names where it has its parts."""

    def __init__(self, ablation: Ablation) -> None:
        super().__init__()
        self.ablation, self.k = ablation, ablation.k
        self.cnn = CutResNet() if ablation.layers == "resnet50" else DeepSNet(int(ablation.layers))
        width = 512 if ablation.layers == "resnet50" else DeepSNet.WIDTHS[int(ablation.layers) - 1]
        self.covn1_1 = nn.Conv2d(width, CHANNELS, 1, bias=False)
        if ablation.pool == "attention":
            self.attention = nn.Conv2d(2, 1, 7, padding=3, bias=False)
        self.fc1 = nn.Linear(CHANNELS * (self.k if ablation.pool == "tkp" else 1), 1)

    def maps(self, x: Tensor) -> Tensor:
        """The 64 maps that are pooled."""
        return self.covn1_1(self.cnn(pixel_relationships(x, self.ablation.cell, self.ablation.reference).abs()))

    def pooled(self, maps: Tensor) -> Tensor:
        """What of the maps the linear layer gets."""
        flat = maps.flatten(2)
        if self.ablation.pool == "gap":
            return flat.mean(2)
        if self.ablation.pool == "gmp":
            return flat.amax(2)
        if self.ablation.pool == "attention":
            seen = torch.cat([maps.mean(1, keepdim=True), maps.amax(1, keepdim=True)], 1)
            return (maps * torch.sigmoid(self.attention(seen))).mean((2, 3))
        top = flat.topk(min(self.k, flat.shape[2]), dim=2).values
        return F.pad(top, (0, self.k - top.shape[2])).flatten(1)

    def decide(self, maps: Tensor) -> Tensor:
        """One logit for each picture."""
        return self.fc1(self.pooled(maps)).squeeze(1)

    def forward(self, x: Tensor) -> Tensor:
        return self.decide(self.maps(x))


def network_of(detector: str, ablation: Ablation) -> nn.Module:
    """The published network, or the variant; RBLD and RKS belong to the training and change no network."""
    changed = set(ablation.changes()) - {"rbld", "rks"}
    if detector == "npr":
        return AblatedNPR(ablation) if changed else NPRNet()
    return AblatedLFM(ablation) if changed else LFMNet()


def maps_of(net: nn.Module, x: Tensor) -> Tensor:
    """The maps before pooling, whichever network it is."""
    return net.features(x) if isinstance(net, NPRNet) else net.maps(x)


def loss_of(net: nn.Module, maps: Tensor, labels: Tensor, ablation: Ablation) -> Tensor:
    """The training loss from the maps."""
    if isinstance(net, NPRNet):
        return F.binary_cross_entropy_with_logits(net.fc1(maps.mean((2, 3))).squeeze(1), labels)
    if ablation.pool != "tkp":
        return F.binary_cross_entropy_with_logits(net.decide(maps), labels)
    return lfm_loss(net, maps, labels, rbld=ablation.rbld, rks=ablation.rks)


@torch.no_grad()
def check_crops(net: nn.Module, ablation: Ablation, smallest: int) -> None:
    """An error if the smallest training crop has fewer places than k: Top-K would choose nothing there."""
    if isinstance(net, NPRNet) or ablation.pool != "tkp":
        return
    device = next(net.parameters()).device
    cells = net.eval().maps(torch.zeros(1, 3, smallest, smallest, device=device)).flatten(2).shape[2]
    if cells < ablation.k:
        raise ForensicsError(
            f"Training crops of {smallest} pixels have {cells} places and k is {ablation.k}; take a smaller k, or --preset paper with its larger crops."
        )
