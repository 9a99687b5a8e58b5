"""OpenAI's CLIP ViT-B/16 image tower from a quantised ONNX file: INT8 matrices back to float, under OpenAI's own names.

The file holds each matrix as (inputs, outputs) with a scale and a zero for every output; everything else is float as it was.
Matrices bear the numbers that their exporter gave them, in the order of use: six in a layer, then the projection.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.errors import WeightsMismatch

LAYERS = 12
MATRICES = ("q", "k", "v", "attn.out_proj", "mlp.c_fc", "mlp.c_proj")
QUANTISED = re.compile(r"onnx::MatMul_(\d+)_quantized")
OUTSIDE = {
    "class_embedding": "embeddings.class_embedding",
    "positional_embedding": "embeddings.position_embedding.weight",
    "conv1.weight": "embeddings.patch_embedding.weight",
    "ln_pre.weight": "pre_layrnorm.weight",  # the exporter's own spelling
    "ln_pre.bias": "pre_layrnorm.bias",
    "ln_post.weight": "post_layernorm.weight",
    "ln_post.bias": "post_layernorm.bias",
}
INSIDE = {
    "ln_1.weight": "layer_norm1.weight",
    "ln_1.bias": "layer_norm1.bias",
    "ln_2.weight": "layer_norm2.weight",
    "ln_2.bias": "layer_norm2.bias",
    "attn.out_proj.bias": "self_attn.out_proj.bias",
    "mlp.c_fc.bias": "mlp.fc1.bias",
    "mlp.c_proj.bias": "mlp.fc2.bias",
}


def clip_state(tensors: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """The tower's state dict in float32, as `clip_vit.build_tower` takes it."""
    matrices = _matrices(tensors)
    if len(matrices) != LAYERS * len(MATRICES) + 1:
        raise WeightsMismatch(f"This file holds {len(matrices)} quantised matrices where CLIP ViT-B/16 has 73.")
    try:
        state = {ours: tensors[f"vision_model.{theirs}"] for ours, theirs in OUTSIDE.items()}
        state["proj"] = matrices.pop()
        for layer in range(LAYERS):
            six = dict(zip(MATRICES, matrices[layer * 6 : layer * 6 + 6], strict=True))
            block = _block(tensors, f"vision_model.encoder.layers.{layer}.", six)
            state |= {f"transformer.resblocks.{layer}.{name}": tensor for name, tensor in block.items()}
    except KeyError as missing:
        raise WeightsMismatch(f"This file holds no CLIP image tower: {missing} is missing.") from missing
    return {f"visual.{name}": torch.from_numpy(np.array(value, np.float32, order="C")) for name, value in state.items()}


def _matrices(tensors: Mapping[str, np.ndarray]) -> list[np.ndarray]:
    """(inputs, outputs) in the order of use."""
    numbers = sorted(int(match.group(1)) for name in tensors if (match := QUANTISED.fullmatch(name)))
    return [_dequantised(tensors, f"onnx::MatMul_{number}") for number in numbers]


def _dequantised(tensors: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    quantised, zero = (tensors[f"{name}_{part}"].astype(np.int16) for part in ("quantized", "zero_point"))
    return (quantised - zero).astype(np.float32) * tensors[f"{name}_scale"]


def _block(tensors: Mapping[str, np.ndarray], prefix: str, six: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """One layer; OpenAI keeps query, key and value as one matrix."""
    block = {ours: tensors[prefix + theirs] for ours, theirs in INSIDE.items()}
    block["attn.in_proj_weight"] = np.concatenate([six.pop(part).T for part in "qkv"])
    block["attn.in_proj_bias"] = np.concatenate([tensors[f"{prefix}self_attn.{part}_proj.bias"] for part in "qkv"])
    return block | {f"{name}.weight": matrix.T for name, matrix in six.items()}
