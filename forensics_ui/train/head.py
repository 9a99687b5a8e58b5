"""UnivFD's linear head: two presets, and how each is fitted to features that do not change.

`paper`: the loss of the paper (Eq. 2) and, where the paper leaves them to its supplement, the settings of the authors' published
training program: Adam at 1e-4, batches of 256, up to 100 epochs, five in a row that are worse on validation pictures
divide the rate by ten, down to 1e-6. `own`: logistic regression fitted to the end, both classes and their sources balanced, the
strength of its penalty chosen on validation pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from forensics_ui.core.errors import ForensicsError
from forensics_ui.train.history import NONE, History

PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
NEWTON_STEPS = 100
SMALLEST_RATE = 1e-6


@dataclass(frozen=True)
class HeadPreset:
    """Everything that decides what the head learns, apart from the data and the seed."""

    name: str
    method: str  # "adam" or "newton"
    copies: int  # random histories of each picture; each is one feature
    history: History = field(default=NONE)
    rate: float = 1e-4
    batch: int = 256
    epochs: float = 100.0
    patience: int = 5
    # The augmentation of the papers: how often a blur and a JPEG, how strong.
    blur: tuple[float, float, float] = (0.0, 0.0, 0.0)
    jpeg: tuple[float, int, int] = (0.0, 100, 100)
    shorter_side: int = 0  # resize to it first (bilinear), as the authors do; 0: never

    def as_dict(self) -> dict[str, Any]:
        """For the card: JSON-ready."""
        return asdict(self)


HEAD_PRESETS = {
    "own": HeadPreset("own", "newton", copies=4, history=History()),
    "paper": HeadPreset("paper", "adam", copies=4, blur=(0.5, 0.0, 3.0), jpeg=(0.5, 30, 100), shorter_side=256),
}


def head_preset(name: str) -> HeadPreset:
    """The settings of that name."""
    if name not in HEAD_PRESETS:
        raise ForensicsError(f"There is no preset {name!r} for 'univfd'; there are: {', '.join(HEAD_PRESETS)}.")
    return HEAD_PRESETS[name]


@dataclass(frozen=True)
class Learnt:
    """Features of the training pictures, (pictures, copies, width), with label and weight of each picture."""

    features: np.ndarray
    labels: np.ndarray
    weights: np.ndarray


@dataclass(frozen=True)
class Head:
    """A linear layer, the steps that it took, and what was noted on the way."""

    weight: np.ndarray
    bias: float
    steps: int
    log: list[dict[str, Any]]

    def state(self) -> dict[str, torch.Tensor]:
        """Under the names and in the shapes of the published head."""
        return {"weight": torch.tensor(self.weight, dtype=torch.float32).view(1, -1), "bias": torch.tensor([self.bias], dtype=torch.float32)}


# A head's weight and bias to its figures on validation pictures; `mean` decides.
Judge = Callable[[np.ndarray, float], dict[str, float]]


def fit_own(learnt: Learnt, judge: Judge) -> Head:
    """Logistic regression for each penalty; the best one on validation pictures, the strongest of equals."""
    x = learnt.features.reshape(-1, learnt.features.shape[2]).astype(np.float64)
    copies = learnt.features.shape[1]
    y, sample = np.repeat(learnt.labels, copies).astype(np.float64), np.repeat(learnt.weights / copies, copies)
    centre, spread = x.mean(0), x.std(0) + 1e-6
    design = (x - centre) / spread
    best, log, steps = None, [], 0
    for penalty in sorted(PENALTIES, reverse=True):
        theta, taken = logistic_regression(design, y, sample, penalty)
        weight = theta[:-1] / spread
        bias = float(theta[-1] - weight @ centre)
        figures = judge(weight, bias)
        steps += taken
        log.append({"penalty": penalty, "steps": taken, "validation": figures})
        if best is None or figures["mean"] > best[0]:
            best = figures["mean"], weight, bias
    return Head(best[1], best[2], steps, log)


def logistic_regression(x: np.ndarray, y: np.ndarray, sample: np.ndarray, penalty: float) -> tuple[np.ndarray, int]:
    """Newton's method on the weighted cross-entropy plus half the penalty times the squared weights; bias last and free."""
    design = np.concatenate([x, np.ones((len(x), 1))], 1)
    ridge = np.full(design.shape[1], penalty)
    ridge[-1] = 1e-9
    theta = np.zeros(design.shape[1])
    value = _objective(design, y, sample, ridge, theta)
    taken = 0
    while taken < NEWTON_STEPS:
        taken += 1
        p = 1 / (1 + np.exp(-np.clip(design @ theta, -500, 500)))
        gradient = design.T @ (sample * (p - y)) + ridge * theta
        curvature = (design * (sample * p * (1 - p))[:, None]).T @ design + np.diag(ridge)
        direction, size = np.linalg.solve(curvature, gradient), 1.0
        # Far from the minimum a whole step can go too far; half of it, and so on, never does.
        while size > 1e-6 and _objective(design, y, sample, ridge, theta - size * direction) > value:
            size /= 2
        theta = theta - size * direction
        before, value = value, _objective(design, y, sample, ridge, theta)
        if before - value <= 1e-10 * max(1.0, value):
            break
    return theta, taken


def _objective(design: np.ndarray, y: np.ndarray, sample: np.ndarray, ridge: np.ndarray, theta: np.ndarray) -> float:
    z = design @ theta
    return float((sample * (np.logaddexp(0, z) - y * z)).sum() + 0.5 * (ridge * theta * theta).sum())


def fit_paper(learnt: Learnt, preset: HeadPreset, judge: Judge, seed: int, epochs: float | None = None) -> Head:
    """One linear layer by Adam; each epoch takes one of the copies of each picture at random."""
    torch.manual_seed(seed)
    features, labels = torch.from_numpy(learnt.features), torch.from_numpy(learnt.labels).float()
    # As the authors begin.
    layer = torch.nn.Linear(features.shape[2], 1)
    torch.nn.init.normal_(layer.weight, 0.0, 0.02)
    optimiser = torch.optim.AdamW(layer.parameters(), lr=preset.rate, betas=(0.9, 0.999), weight_decay=0.0)
    stopping, log, steps = _Stopping(preset), [], 0
    for epoch in range(1, max(1, round(preset.epochs if epochs is None else epochs)) + 1):
        order, copy = torch.randperm(len(labels)), torch.randint(features.shape[1], (len(labels),))
        losses = []
        for part in order.split(preset.batch):
            loss = F.binary_cross_entropy_with_logits(layer(features[part, copy[part]]).squeeze(1), labels[part])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            losses.append(float(loss.detach()))
        steps += len(losses)
        weight, bias = layer.weight.detach().double().numpy()[0].copy(), float(layer.bias.detach())
        figures = judge(weight, bias)
        log.append({"epoch": epoch, "loss": round(float(np.mean(losses)), 5), "rate": optimiser.param_groups[0]["lr"], "validation": figures})
        if stopping.after(figures["accuracy"], weight, bias, optimiser):
            break
    return Head(stopping.weight, stopping.bias, steps, log)


class _Stopping:
    """When the rate falls and when it ends; an epoch counts as worse when it falls behind the best by more than the slack."""

    def __init__(self, preset: HeadPreset) -> None:
        self.preset, self.slack = preset, 0.001
        self.best, self.worse = -1.0, 0

    def after(self, accuracy: float, weight: np.ndarray, bias: float, optimiser: torch.optim.Optimizer) -> bool:
        """Whether it ends after an epoch of this accuracy."""
        if accuracy >= self.best - self.slack:
            self.best, self.worse, self.weight, self.bias = accuracy, 0, weight, bias
            return False
        self.worse += 1
        if self.worse < self.preset.patience:
            return False
        group = optimiser.param_groups[0]
        group["lr"] /= 10
        # The best of the last rate is only to be beaten by epochs of the next one.
        self.worse, self.slack, self.best = 0, 0.002, -1.0
        return group["lr"] < SMALLEST_RATE
