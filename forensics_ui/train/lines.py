"""Straight lines through many numbers of few pictures, and the scores that pictures get from lines that never saw their source.

Two ways to fit them: least squares, on which all pictures pull alike, and logistic regression, on which those near the border pull most.
On generators that the fits had not seen the second ranked saved pictures better, the first unsaved ones; with edited pictures among the
rows of the second their mean did best (CHANGELOG.md has the figures).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

FOLDS = 5
STEPS = 200  # after 100 a fit ranked unseen generators as well, after 60 worse
HISTORY = 20  # steps that L-BFGS remembers


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


def mean_line(lines: Sequence[Line]) -> Line:
    """What they say on average."""
    return Line(np.mean([line.weight for line in lines], axis=0), float(np.mean([line.bias for line in lines])))


def fitted(
    numbers: np.ndarray, labels: np.ndarray, weights: np.ndarray, folds: np.ndarray, way: Way, loudness: np.ndarray | float = 1.0
) -> list[Line]:
    """A line for each fold, fitted without its rows, and last one fitted to all; all on the scale of all rows.

    `labels` are 0 and 1, `weights` say how much each row counts; `loudness` is how far each number is to spread.
    """
    weights = weights / weights.sum()
    mean = weights @ numbers
    spread = np.sqrt(np.maximum(np.einsum("n,np,np->p", weights, numbers, numbers) - mean**2, 0))
    # A pattern that hardly ever occurs would otherwise weigh as much as any other, and a picture full of it would go beyond all bounds.
    spread = (np.maximum(spread, np.median(spread) * way.floor) + 1e-12) / loudness
    rows = torch.from_numpy(numbers - mean.astype(np.float32)).div_(torch.from_numpy(spread.astype(np.float32)))
    kept = torch.from_numpy(np.stack([folds != fold for fold in range(FOLDS)] + [np.ones(len(folds), bool)], axis=1))
    slopes, shifts = way.solve(rows, torch.from_numpy(labels * 2.0 - 1), torch.from_numpy(weights), kept, way.strength)
    scaled = slopes.numpy() / spread[:, None]
    return [Line(weight, float(shift - weight @ mean)) for weight, shift in zip(scaled.T, shifts.numpy(), strict=True)]


def least_squares(rows: Tensor, signs: Tensor, weights: Tensor, kept: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Slopes and shifts of ridge regressions, a column for each choice of rows.

    Solved over the pictures and not over the numbers: leaving some out is then only a smaller system of the same products.
    """
    roots = (weights * len(rows)).sqrt()
    products = (rows @ rows.T).double().mul_(roots).mul_(roots[:, None])
    slopes = []
    for column in kept.T:
        index = column.nonzero()[:, 0]
        system = products[index][:, index]
        system.diagonal().add_(strength * len(index))
        alpha = torch.cholesky_solve((signs * roots)[index, None], torch.linalg.cholesky(system))[:, 0] * roots[index]
        slopes.append((rows[index].T @ alpha.float()).double())
    # The rows are centred and both classes count the same, so the border needs no shift.
    return torch.stack(slopes, 1), torch.zeros(len(slopes), dtype=torch.float64)


def logistic(rows: Tensor, signs: Tensor, weights: Tensor, kept: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """The same of logistic regressions, all at once: reading the rows is what takes time, and so it is done once for all."""
    counted = (kept * weights[:, None] / (kept * weights[:, None]).sum(0)).float()
    signs = signs.float()[:, None]
    theta = torch.zeros(rows.shape[1] + 1, kept.shape[1])
    descent = torch.optim.LBFGS(
        [theta], max_iter=STEPS, history_size=HISTORY, tolerance_grad=1e-6, tolerance_change=1e-10, line_search_fn="strong_wolfe"
    )

    def loss() -> float:
        slopes, shifts = theta[:-1], theta[-1]
        margins = signs * (rows @ slopes + shifts)
        pulls = -counted * signs * torch.sigmoid(-margins)
        theta.grad = torch.cat([rows.T @ pulls + strength * slopes, pulls.sum(0, keepdim=True)])
        return float((counted * torch.nn.functional.softplus(-margins)).double().sum() + strength / 2 * slopes.double().square().sum())

    descent.step(loss)
    return theta[:-1].double(), theta[-1].double()


@dataclass(frozen=True)
class Way:
    """How a line is fitted: `strength` is the penalty per row on the weights of numbers that all spread alike, `floor` the least spread of a
    number, in that of the middle one, and `edited` whether edited copies are among the rows."""

    solve: Callable[[Tensor, Tensor, Tensor, Tensor, float], tuple[Tensor, Tensor]]
    strength: float
    floor: float = 0.01
    edited: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For the card."""
        return {"solve": self.solve.__name__, "strength": self.strength, "floor": self.floor, "edited": self.edited}


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
