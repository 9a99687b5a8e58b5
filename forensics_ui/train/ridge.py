"""Ridge regression on many numbers of few pictures, and the scores that each picture gets from models that never saw its source.

Solved over the pictures and not over the numbers (the dual form): leaving sources out is then only a smaller system of the
same products, so honest scores of *all* pictures cost little more than one fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

FOLDS = 5


@dataclass(frozen=True)
class Line:
    """`numbers @ weight + bias`."""

    weight: np.ndarray
    bias: float

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        return numbers @ self.weight + self.bias

    def times(self, factor: float, shift: float) -> Line:
        """The same line on another scale."""
        return Line(self.weight * factor, self.bias * factor + shift)


class Ridge:
    """All that is computed once for one set of rows: their scale and their products."""

    def __init__(
        self, numbers: np.ndarray, targets: np.ndarray, weights: np.ndarray, strength: float, loudness: np.ndarray | float = 1.0, floor: float = 0.01
    ) -> None:
        """`targets` are -1 and 1, `weights` sum to the number of rows, `strength` is per row; `loudness` is how far each number is to spread, and none is
        taken to spread less than `floor` times the middle one does."""
        self.strength = strength
        self.mean = np.average(numbers, axis=0, weights=weights)
        spread = np.sqrt(np.average((numbers - self.mean) ** 2, axis=0, weights=weights))
        # A pattern that hardly ever occurs would otherwise weigh as much as any other, and a picture full of it would go beyond all bounds.
        self.spread = (np.maximum(spread, np.median(spread) * floor) + 1e-12) / loudness
        self.root = np.sqrt(weights)
        self.aims = torch.from_numpy(targets * self.root).double()
        self.rows = torch.from_numpy(((numbers - self.mean) / self.spread * self.root[:, None]).astype(np.float32))
        self.products = self.rows @ self.rows.T

    def fit(self, chosen: np.ndarray | None = None) -> Line:
        """The line through the chosen rows, or through all."""
        rows = np.arange(len(self.root)) if chosen is None else np.flatnonzero(chosen)
        index = torch.from_numpy(rows)
        alpha = _solve(self.products[index][:, index], self.aims[index], self.strength * len(rows))
        weight = (self.rows[index].T @ alpha.float()).double().numpy() / self.spread
        return Line(weight, -float(weight @ self.mean))


def _solve(products: Tensor, aims: Tensor, strength: float) -> Tensor:
    system = products.double()
    system.diagonal().add_(strength)
    return torch.cholesky_solve(aims[:, None], torch.linalg.cholesky(system))[:, 0]


def folds_of(sources: list[tuple[int, str]], seed: int, count: int = FOLDS) -> np.ndarray:
    """A fold for every row: sources stay whole, and each fold gets about the same number of rows of each class."""
    rng = np.random.default_rng(seed)
    sizes: dict[tuple[int, str], int] = {}
    for source in sources:
        sizes[source] = sizes.get(source, 0) + 1
    fold_of: dict[tuple[int, str], int] = {}
    for label in (0, 1):
        filled = [0] * count
        names = sorted(name for name in sizes if name[0] == label)
        for i in sorted(rng.permutation(len(names)), key=lambda i: -sizes[names[i]]):
            fold_of[names[i]] = int(np.argmin(filled))
            filled[fold_of[names[i]]] += sizes[names[i]]
    return np.array([fold_of[source] for source in sources])


def source_weights(sources: list[tuple[int, str]]) -> np.ndarray:
    """How much each row counts: both classes the same, a source by the root of its size; they sum to the number of rows."""
    sizes: dict[tuple[int, str], int] = {}
    for source in sources:
        sizes[source] = sizes.get(source, 0) + 1
    weights = np.array([sizes[source] ** -0.5 for source in sources])
    labels = np.array([label for label, _ in sources])
    for label in (0, 1):
        weights[labels == label] *= len(sources) / 2 / weights[labels == label].sum()
    return weights
