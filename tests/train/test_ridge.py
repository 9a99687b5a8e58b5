"""Ridge over the pictures: the same line as over the numbers, and no picture is judged by a fit that saw its source."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.train.ridge import Ridge, folds_of, source_weights

RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(0, 1, (60, 9)) * np.linspace(0.5, 3, 9) + 5
TARGETS = np.where(NUMBERS[:, 0] + RNG.normal(0, 0.3, 60) > 5, 1.0, -1.0)
WEIGHTS = RNG.uniform(0.5, 1.5, 60)
WEIGHTS *= 60 / WEIGHTS.sum()


def solved_over_the_numbers(chosen: np.ndarray, strength: float) -> np.ndarray:
    """The same penalty in the usual form, on the scale of all rows."""
    mean = np.average(NUMBERS, axis=0, weights=WEIGHTS)
    spread = np.sqrt(np.average((NUMBERS - mean) ** 2, axis=0, weights=WEIGHTS))
    rows = ((NUMBERS - mean) / spread * np.sqrt(WEIGHTS)[:, None])[chosen]
    aims = (TARGETS * np.sqrt(WEIGHTS))[chosen]
    weight = np.linalg.solve(rows.T @ rows + strength * len(rows) * np.eye(9), rows.T @ aims) / spread
    return (NUMBERS - mean) @ weight


@pytest.mark.parametrize("left_out", [0, 20])
def test_the_dual_form_gives_the_line_of_the_usual_form(left_out):
    chosen = np.arange(60) >= left_out
    line = Ridge(NUMBERS.astype(np.float32), TARGETS, WEIGHTS, 0.3).fit(chosen)
    assert line(NUMBERS) == pytest.approx(solved_over_the_numbers(chosen, 0.3), abs=1e-4)


def test_another_scale_is_the_same_line():
    line = Ridge(NUMBERS.astype(np.float32), TARGETS, WEIGHTS, 0.3).fit()
    assert line.times(2.5, -1.0)(NUMBERS) == pytest.approx(2.5 * line(NUMBERS) - 1, abs=1e-9)


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
