"""CLIP's image tower from its published tensors: every size is read off the tensors themselves.

OpenAI's ViT-L/14 and a tiny random tower of the tests go through the same code.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from forensics_ui.core.errors import WeightsMismatch
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
        raise WeightsMismatch(f"These weights hold no CLIP image tower: {missing} is missing.") from missing
    ensure_torchvision()
    from open_clip.transformer import QuickGELU, VisionTransformer

    tower = VisionTransformer(grid * patch, patch, width, layers, max(1, width // HEAD_WIDTH), hidden / width, output_dim=output, act_layer=QuickGELU)
    tower.load_state_dict({name: tensor.float() for name, tensor in state.items()})
    return tower.eval().requires_grad_(False)
