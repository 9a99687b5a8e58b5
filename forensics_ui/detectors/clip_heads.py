"""What is read from CLIP, and the linear layer on it: the authors' on the embedding, or ours on the tokens of inner blocks.

Inner blocks still know of strokes and textures that the embedding has given up for what the picture is about. Our head
adds class tokens and the mean of patch tokens, so that the score is a sum over places, plus a part of each whole square.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Tensor, nn

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.core.reasons import because
from forensics_ui.detectors.clip_vit import tokens_after

SIDE = 224


class Head(nn.Module, ABC):
    """Scores squares with a tower; `score` is differentiable, `places` says where the score comes from."""

    bias: Tensor

    @abstractmethod
    def places(self, tower: nn.Module, pixels: Tensor) -> Tensor:
        """What every place of each square adds: (n, rows, columns), without the bias."""

    def forward(self, tower: nn.Module, pixels: Tensor) -> Tensor:
        """The logit of each square."""
        return self.places(tower, pixels).sum((1, 2)) + self.bias


class EmbeddingHead(Head):
    """A linear layer on CLIP's image embedding, as published: one number for a whole square."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", weight.float().view(-1))
        self.register_buffer("bias", bias.float().view(()))

    def places(self, tower: nn.Module, pixels: Tensor) -> Tensor:
        return (embedding(tower, pixels).float() @ self.weight).view(-1, 1, 1)


def embedding(tower: nn.Module, pixels: Tensor) -> Tensor:
    """CLIP's image embedding; of a square smaller than the tower was trained on, with interpolated positions."""
    if pixels.shape[-1] == SIDE:
        return tower(pixels)
    (tokens,) = tokens_after(tower, pixels, [len(tower.transformer.resblocks) - 1])
    return tower.ln_post(tokens[:, 0]) @ tower.proj


class BlockHead(Head):
    """A linear layer on the class token and on the mean of the patch tokens after several blocks."""

    def __init__(self, blocks: Tensor, of_class: Tensor, of_patches: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.blocks = tuple(int(block) for block in blocks)
        self.register_buffer("of_class", of_class.float())
        self.register_buffer("of_patches", of_patches.float())
        self.register_buffer("bias", bias.float().view(()))

    def places(self, tower: nn.Module, pixels: Tensor) -> Tensor:
        total: Tensor | None = None
        for tokens, of_class, of_patches in zip(tokens_after(tower, pixels, self.blocks), self.of_class, self.of_patches, strict=True):
            tokens = tokens.float()
            # The class token speaks of the whole square: its part is spread evenly over the places.
            part = tokens[:, 1:] @ of_patches + (tokens[:, 0] @ of_class)[:, None]
            total = part if total is None else total + part
        assert total is not None
        grid = round(total.shape[1] ** 0.5)
        return total.view(-1, grid, grid) / total.shape[1]


def head_of(state: Mapping[str, Tensor], tower: nn.Module) -> Head:
    """The head that the tensors are; WeightsMismatch if they do not fit the tower."""
    width, blocks = tower.positional_embedding.shape[1], len(tower.transformer.resblocks)
    if {"blocks", "of_class", "of_patches", "bias"} <= state.keys():
        named = state["blocks"].tolist()
        shape = (len(named), width)
        fits = named == sorted(set(named)) and named and 0 <= named[0] and named[-1] < blocks
        if not fits or state["of_class"].shape != shape or state["of_patches"].shape != shape:
            raise WeightsMismatch(because("no_block_head", blocks=blocks, width=width))
        return BlockHead(state["blocks"], state["of_class"], state["of_patches"], state["bias"])
    weight, bias = state.get("weight"), state.get("bias")
    if weight is None or bias is None or weight.shape != (1, tower.output_dim):
        raise WeightsMismatch(because("no_linear_head", features=tower.output_dim))
    return EmbeddingHead(weight, bias)


def without_backbone(state: Mapping[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The head's tensors and the backbone's, of a state that holds both."""
    below = {name.removeprefix("backbone."): tensor for name, tensor in state.items() if name.startswith("backbone.")}
    return {name: tensor for name, tensor in state.items() if not name.startswith("backbone.")}, below


def frozen(head: Head) -> Head:
    """As it scores: no gradients of its own."""
    return head.eval().requires_grad_(False)
