"""LFM's two training aids: Rank-Based Linear Dropout (RBLD) and Random-K Sampling (RKS), Algorithm 1 of the paper.

Our Top-K vectors are in descending order (as the published weights expect), the paper's algorithm counts upwards:
the largest value is dropped most often either way. Dropped values are set to zero and nothing is rescaled, as printed there.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

DROP_LEAST, DROP_MOST = 0.1, 0.3
AUXILIARY_WEIGHT = 0.1


def drop_probabilities(k: int) -> Tensor:
    """From 0.3 for the largest value down to 0.1 for the k-th largest."""
    return torch.linspace(DROP_MOST, DROP_LEAST, k)


def rank_based_linear_dropout(top: Tensor) -> Tensor:
    """Zero values of (batch, channels, k), in descending order, each rank with its own probability."""
    keep = torch.rand_like(top) > drop_probabilities(top.shape[-1]).to(top.device)
    return top * keep


def random_k_sampling(flat_maps: Tensor, k: int) -> Tensor:
    """Of each map of (batch, channels, cells) k values at random, without repetition, in descending order."""
    chosen = torch.rand(flat_maps.shape, device=flat_maps.device).topk(k, dim=2).indices
    return flat_maps.gather(2, chosen).sort(dim=2, descending=True).values


def lfm_loss(net: nn.Module, maps: Tensor, labels: Tensor, rbld: bool = True, rks: bool = True) -> Tensor:
    """Cross-entropy of the Top-K vector (RBLD applied) plus a tenth of that of k random values through the same linear layer (RKS).

    `net` is an LFM network: its `k` and its linear layer `fc1` are used.
    """
    flat = maps.flatten(2)
    top = flat.topk(net.k, dim=2).values
    main = F.binary_cross_entropy_with_logits(_logits(net, rank_based_linear_dropout(top) if rbld else top), labels)
    if not rks:
        return main
    return main + AUXILIARY_WEIGHT * F.binary_cross_entropy_with_logits(_logits(net, random_k_sampling(flat, net.k)), labels)


def _logits(net: nn.Module, vectors: Tensor) -> Tensor:
    return net.fc1(vectors.flatten(1)).squeeze(1)
