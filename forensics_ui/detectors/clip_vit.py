"""CLIP's image tower from its published tensors: every size is read off the tensors themselves.

OpenAI's ViT-L/14 and a tiny random tower of the tests go through the same code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.core.reasons import because
from forensics_ui.detectors.torchvision_shim import ensure_torchvision

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)
HEAD_WIDTH = 64  # the same in all of OpenAI's towers


def build_tower(state: Mapping[str, Tensor]) -> nn.Module:
    """The image tower with QuickGELU, which OpenAI's weights were trained with; `state` may hold the text tower too."""
    state = {name.removeprefix("visual."): tensor for name, tensor in state.items() if name.startswith("visual.")}
    try:
        width, _, patch, _ = state["conv1.weight"].shape
        grid = round((state["positional_embedding"].shape[0] - 1) ** 0.5)
        output = state["proj"].shape[1]
        hidden = state["transformer.resblocks.0.mlp.c_fc.weight"].shape[0]
        layers = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("transformer.resblocks."))
    except KeyError as missing:
        raise WeightsMismatch(because("no_clip_tower", missing=str(missing))) from missing
    ensure_torchvision()
    from open_clip.transformer import QuickGELU, VisionTransformer

    tower = VisionTransformer(grid * patch, patch, width, layers, max(1, width // HEAD_WIDTH), hidden / width, output_dim=output, act_layer=QuickGELU)
    tower.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return tower.eval().requires_grad_(False)


def tokens_after(tower: nn.Module, pixels: Tensor, blocks: Sequence[int]) -> Iterator[Tensor]:
    """The tokens (n, 1 + places, width) after each of these blocks, in ascending order; later blocks are not computed.

    Squares smaller than the tower was trained on keep their pixels: its positions are interpolated, nothing is resized.
    """
    x = tower.conv1(pixels)
    positions = positions_for(tower.positional_embedding, x.shape[-1])
    x = x.flatten(2).transpose(1, 2)
    x = torch.cat([tower.class_embedding.view(1, 1, -1).expand(x.shape[0], 1, -1), x], dim=1)
    x = tower.ln_pre(x + positions)
    for at, block in enumerate(tower.transformer.resblocks[: max(blocks) + 1]):
        x = block(x)
        if at in blocks:
            yield x


def positions_for(positions: Tensor, grid: int) -> Tensor:
    """The class token's position and those of a grid of so many patches a side, interpolated where it is another one."""
    known = round((positions.shape[0] - 1) ** 0.5)
    if known == grid:
        return positions
    plane = positions[1:].T.reshape(1, -1, known, known).float()
    plane = F.interpolate(plane, size=(grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([positions[:1], plane.reshape(-1, grid * grid).T.to(positions.dtype)])
