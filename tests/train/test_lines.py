"""Lines through the numbers of pictures: the same as in the plain way, and no picture is judged by a fit that saw its source."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.train.lines import FOLDS, Way, fitted, folds_of, least_squares, logistic, mean_line, source_weights

RNG = np.random.default_rng(0)
NUMBERS = (RNG.normal(0, 1, (60, 9)) * np.linspace(0.5, 3, 9) + 5).astype(np.float32)
LABELS = (NUMBERS[:, 0] + RNG.normal(0, 0.3, 60) > 5).astype(int)
WEIGHTS = RNG.uniform(0.5, 1.5, 60)
FOLD = np.arange(60) % FOLDS


def scaled(loudness: float) -> np.ndarray:
    mean = np.average(NUMBERS, axis=0, weights=WEIGHTS)
    return (NUMBERS - mean) / np.sqrt(np.average((NUMBERS - mean) ** 2, axis=0, weights=WEIGHTS)) * loudness


def logistic_plain(chosen: np.ndarray, strength: float, loudness: float) -> np.ndarray:
    """The scores of one penalised logistic regression, by Newton's method."""
    rows = np.column_stack([scaled(loudness), np.ones(60)])
    weights = WEIGHTS * chosen / (WEIGHTS * chosen).sum()
    penalty = strength * np.diag([1.0] * 9 + [0.0])
    theta = np.zeros(10)
    for _ in range(50):
        p = 1 / (1 + np.exp(-rows @ theta))
        curvature = (rows * (weights * p * (1 - p))[:, None]).T @ rows + penalty
        theta -= np.linalg.solve(curvature, rows.T @ (weights * (p - LABELS)) + penalty @ theta)
    return rows @ theta


def squares_plain(chosen: np.ndarray, strength: float, loudness: float) -> np.ndarray:
    """The scores of one ridge regression, over the numbers."""
    weights = WEIGHTS * 60 / WEIGHTS.sum() * chosen
    rows = scaled(loudness)
    inner = rows.T @ (rows * weights[:, None]) + strength * chosen.sum() * np.eye(9)
    return rows @ np.linalg.solve(inner, rows.T @ (weights * (LABELS * 2 - 1)))


@pytest.mark.parametrize("loudness", [1.0, 2.0])
@pytest.mark.parametrize(("solve", "plain", "near"), [(logistic, logistic_plain, 2e-3), (least_squares, squares_plain, 1e-4)])
def test_all_lines_at_once_are_those_of_the_plain_way_one_by_one(solve, plain, near, loudness):
    lines = fitted(NUMBERS, LABELS, WEIGHTS, FOLD, Way(solve, 0.02), loudness)
    assert len(lines) == FOLDS + 1
    for fold, line in enumerate(lines):
        assert line(NUMBERS) == pytest.approx(plain(FOLD != fold, 0.02, loudness), abs=near), fold


@pytest.mark.parametrize("solve", [logistic, least_squares])
def test_a_number_that_hardly_spreads_is_not_made_loud(solve):
    numbers = NUMBERS.copy()
    numbers[:, 8] = 5 + 1e-4 * (LABELS - 0.5)  # tells the classes apart, by next to nothing
    loud, quiet = (abs(fitted(numbers, LABELS, WEIGHTS, FOLD, Way(solve, 0.02, floor))[-1].weight[8]) for floor in (0.0, 1.0))
    assert quiet < loud / 100


def test_another_scale_is_the_same_line():
    line = fitted(NUMBERS, LABELS, WEIGHTS, FOLD, Way(logistic, 0.3))[-1]
    assert line.times(2.5, -1.0)(NUMBERS) == pytest.approx(2.5 * line(NUMBERS) - 1, abs=1e-9)


def test_a_mean_of_lines_says_what_they_say_on_average():
    lines = [fitted(NUMBERS, LABELS, WEIGHTS, FOLD, Way(solve, 0.3))[-1] for solve in (logistic, least_squares)]
    assert mean_line(lines)(NUMBERS) == pytest.approx((lines[0](NUMBERS) + lines[1](NUMBERS)) / 2, abs=1e-9)


def test_folds_keep_sources_whole_and_hold_both_classes():
    sources = [(label, f"{label}-{name}") for label in (0, 1) for name in range(7) for _ in range(3 + name)]
    folds = folds_of(sources, seed=3)
    assert all(len({fold for fold, s in zip(folds, sources, strict=True) if s == source}) == 1 for source in set(sources))
    assert all({label for (label, _), fold in zip(sources, folds, strict=True) if fold == i} == {0, 1} for i in range(5))
    assert np.array_equal(folds, folds_of(sources, seed=3))


def test_classes_count_the_same_and_a_source_by_the_root_of_its_size():
    sources = [(0, "many")] * 16 + [(0, "few")] * 4 + [(1, "one")] * 5
    weights = source_weights(sources)
    assert weights.sum() == pytest.approx(25) and weights[:20].sum() == pytest.approx(weights[20:].sum())
    assert weights[:16].sum() == pytest.approx(2 * weights[16:20].sum())
