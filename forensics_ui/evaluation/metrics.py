"""Figures of two lists of scores: as the papers print them, at few false alarms, and how far they would move by chance.

A score at or above the threshold is called fake. All figures are functions of how many pictures stand on each level
(distinct score), so that one piece of code serves the measured lists and a thousand resampled ones.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

FIGURES = ("acc", "real_acc", "fake_acc", "balanced_acc", "ap", "auc", "tpr_at_1pct_fpr", "tpr_at_5pct_fpr")
RESAMPLES = 1000
# Below this many pictures of a class the bootstrap hardly knows what else could have come out.
FEW = 20
_CELLS = 1_000_000  # of one block of resampled counts


@dataclass(frozen=True)
class Levels:
    """The distinct scores from high to low, and the level of each picture."""

    values: np.ndarray
    real: np.ndarray
    fake: np.ndarray

    @classmethod
    def of(cls, real: np.ndarray, fake: np.ndarray) -> Levels:
        """Sort and join what ties."""
        values, place = np.unique(-np.concatenate([real, fake]).astype(np.float64), return_inverse=True)
        return cls(-values, place[: len(real)], place[len(real) :])

    def flagged(self, threshold: float) -> int:
        """How many levels are called fake."""
        return int((self.values >= threshold).sum())


@dataclass(frozen=True)
class Figures:
    """What was measured; `replicates` has the same figures for every resampled list."""

    values: dict[str, float]
    replicates: dict[str, np.ndarray] = field(default_factory=dict, repr=False)

    def intervals(self, level: float = 0.95) -> dict[str, list[float] | None]:
        """The percentile interval of every figure; None where it is not defined or was not asked for."""
        return {name: interval(self.replicates[name], level) if name in self.replicates else None for name in self.values}


def interval(replicates: np.ndarray, level: float = 0.95) -> list[float] | None:
    """The middle `level` of the replicates."""
    known = replicates[~np.isnan(replicates)]
    if not len(known):
        return None
    return [float(each) for each in np.quantile(known, [(1 - level) / 2, (1 + level) / 2])]


def measure(
    real: Sequence[float], fake: Sequence[float], threshold: float, *, resamples: int = 0, seed: int = 0, pools: tuple[str, str] = ("real", "fake")
) -> Figures:
    """All figures. What needs both classes is NaN where one is missing.

    Reals and fakes are resampled apart. `pools` names where they come from: equal pools are drawn alike, so that
    generators which share their reals move together, as they do in truth.
    """
    levels = Levels.of(np.asarray(real, np.float64), np.asarray(fake, np.float64))
    size, flagged = len(levels.values), levels.flagged(threshold)
    once = _figures(np.bincount(levels.real, minlength=size)[None], np.bincount(levels.fake, minlength=size)[None], flagged)
    values = {name: float(each[0]) for name, each in once.items()}
    if not resamples or not size:
        return Figures(values)
    generators = [np.random.default_rng([seed, zlib.crc32(pool.encode())]) for pool in pools]
    rows = max(1, _CELLS // max(size, len(levels.real), len(levels.fake)))
    blocks = []
    for start in range(0, resamples, rows):
        count = min(rows, resamples - start)
        drawn = [_draw(g, part, size, count) for g, part in zip(generators, (levels.real, levels.fake), strict=True)]
        blocks.append(_figures(drawn[0], drawn[1], flagged))
    return Figures(values, {name: np.concatenate([block[name] for block in blocks]) for name in values})


def shares(kinds: Sequence[int], names: Sequence[str], *, resamples: int = 0, seed: int = 0, pool: str = "") -> Figures:
    """The share of each kind (a place in `names`) among some pictures; drawn as `measure` draws the scores of the same pool."""
    numbers, size = np.asarray(kinds, np.int64), len(names)
    if not len(numbers):
        return Figures(dict.fromkeys(names, np.nan))
    values = np.bincount(numbers, minlength=size) / len(numbers)
    generator = np.random.default_rng([seed, zlib.crc32(pool.encode())])
    rows = max(1, _CELLS // max(size, len(numbers)))
    drawn = [_draw(generator, numbers, size, min(rows, resamples - start)) / len(numbers) for start in range(0, resamples, rows)]
    table = np.concatenate(drawn).T if drawn else ()
    return Figures(dict(zip(names, map(float, values), strict=True)), dict(zip(names, table, strict=True)) if drawn else {})


def mean_of(generators: Sequence[Figures], names: Sequence[str] = FIGURES) -> dict[str, Any]:
    """The plain mean over generators, each figure over those that have it; small and large folders count alike, as in the papers."""
    values, intervals, counted = {}, {}, {}
    for name in names:
        having = [figures for figures in generators if not math.isnan(figures.values[name])]
        counted[name] = len(having)
        values[name] = float(np.mean([figures.values[name] for figures in having])) if having else math.nan
        drawn = [figures.replicates[name] for figures in having if name in figures.replicates]
        intervals[name] = interval(np.mean(drawn, 0)) if drawn else None
    return {"figures": values, "intervals": intervals, "generators": counted}


def _draw(generator: np.random.Generator, levels: np.ndarray, size: int, rows: int) -> np.ndarray:
    """So many lists of the same length drawn with replacement, as counts per level."""
    if not len(levels):
        return np.zeros((rows, size), np.int64)
    drawn = levels[generator.integers(0, len(levels), (rows, len(levels)))]
    drawn += np.arange(rows)[:, None] * size
    return np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size)


def _figures(real: np.ndarray, fake: np.ndarray, flagged: int) -> dict[str, np.ndarray]:
    """The figures of each row of counts; levels run from high scores to low ones."""
    reals, fakes = real.sum(1), fake.sum(1)
    alarms, found = np.cumsum(real, 1), np.cumsum(fake, 1)
    no_alarm = reals - (alarms[:, flagged - 1] if flagged else 0)
    hits = found[:, flagged - 1] if flagged else np.zeros_like(fakes)
    with np.errstate(invalid="ignore", divide="ignore"):
        real_acc, fake_acc = no_alarm / reals, hits / fakes
        precision = found / np.maximum(alarms + found, 1)
        both = np.where((reals > 0) & (fakes > 0), 1.0, np.nan)
        return {
            "acc": (no_alarm + hits) / (reals + fakes),
            "real_acc": real_acc,
            "fake_acc": fake_acc,
            "balanced_acc": (real_acc + fake_acc) / 2,
            "ap": both * (fake * precision).sum(1) / fakes,
            # A fake beats the reals on lower levels, and half of those on its own.
            "auc": both * (fake * (reals[:, None] - alarms + real / 2)).sum(1) / (reals * fakes),
            "tpr_at_1pct_fpr": both * _found_at(alarms, found, reals, 0.01) / fakes,
            "tpr_at_5pct_fpr": both * _found_at(alarms, found, reals, 0.05) / fakes,
        }


def _found_at(alarms: np.ndarray, found: np.ndarray, reals: np.ndarray, share: float) -> np.ndarray:
    allowed = np.floor(share * reals + 1e-9)[:, None]
    return np.where(alarms <= allowed, found, 0).max(1, initial=0)


def confusion(real: Sequence[float], fake: Sequence[float], threshold: float) -> dict[str, int]:
    """How many of each class were called what."""
    called = {"real": np.asarray(real) >= threshold, "fake": np.asarray(fake) >= threshold}
    return {f"{label}_called_{word}": int((flags == (word == "fake")).sum()) for label, flags in called.items() for word in ("real", "fake")}


def curves(real: Sequence[float], fake: Sequence[float], most: int = 500) -> dict[str, Any] | None:
    """ROC as [false alarm rate, found], PR as [found, precision]; None for one class. Long curves keep `most` points."""
    if not len(real) or not len(fake):
        return None
    levels = Levels.of(np.asarray(real), np.asarray(fake))
    size = len(levels.values)
    alarms, found = (np.cumsum(np.bincount(part, minlength=size)) for part in (levels.real, levels.fake))
    kept = np.unique(np.linspace(0, size - 1, min(size, most)).round().astype(int))
    roc = [[0.0, 0.0], *([float(a / len(real)), float(f / len(fake))] for a, f in zip(alarms[kept], found[kept], strict=True))]
    pr = [[float(f / len(fake)), float(f / (a + f))] for a, f in zip(alarms[kept], found[kept], strict=True)]
    return {"roc": roc, "pr": pr}
