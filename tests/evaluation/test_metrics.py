"""Figures against scikit-learn and against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score, roc_curve

from forensics_ui.evaluation.metrics import FIGURES, confusion, curves, interval, measure


def lists(seed: int, n_real: int, n_fake: int, ties: bool):
    rng = np.random.default_rng(seed)
    real, fake = rng.normal(-1, 2, n_real), rng.normal(1, 2, n_fake)
    return (np.round(real), np.round(fake)) if ties else (real, fake)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("n_real", "n_fake"), [(1, 1), (3, 40), (200, 150)])
def test_figures_are_those_of_scikit_learn(n_real, n_fake, ties):
    real, fake = lists(n_real, n_real, n_fake, ties)
    y, scores = [0] * n_real + [1] * n_fake, np.concatenate([real, fake])
    found = measure(real, fake, 0.5).values
    assert found["acc"] == pytest.approx(accuracy_score(y, scores >= 0.5), abs=1e-12)
    assert found["ap"] == pytest.approx(average_precision_score(y, scores), abs=1e-12)
    assert found["auc"] == pytest.approx(roc_auc_score(y, scores), abs=1e-12)
    alarms, hits, _ = roc_curve(y, scores, drop_intermediate=False)
    for share, name in ((0.01, "tpr_at_1pct_fpr"), (0.05, "tpr_at_5pct_fpr")):
        assert found[name] == pytest.approx(hits[alarms <= share].max(), abs=1e-12)


def test_a_case_worked_out_by_hand():
    # From the top: fake 4, real 3, fake 2 and real 2 together, fake 0, real -1.
    found = measure([3, 2, -1], [4, 2, 0], 2.0).values
    assert found["acc"] == pytest.approx(3 / 6) and found["real_acc"] == pytest.approx(1 / 3) and found["fake_acc"] == pytest.approx(2 / 3)
    assert found["balanced_acc"] == pytest.approx(1 / 2)
    assert found["ap"] == pytest.approx((1 / 1 + 2 / 4 + 3 / 5) / 3)
    assert found["auc"] == pytest.approx((3 + 1.5 + 1) / 9)
    assert found["tpr_at_5pct_fpr"] == pytest.approx(1 / 3)
    assert confusion([3, 2, -1], [4, 2, 0], 2.0) == {"real_called_real": 1, "real_called_fake": 2, "fake_called_real": 1, "fake_called_fake": 2}


def test_unequal_classes_are_not_averaged_into_acc():
    found = measure([-1] * 9, [-1], 0.0).values
    assert found["acc"] == 0.9 and found["balanced_acc"] == 0.5


def test_one_class_has_accuracy_and_nothing_else():
    found = measure([-1.0, 2.0], [], 0.0, resamples=50)
    assert (found.values["acc"], found.values["real_acc"]) == (0.5, 0.5)
    assert all(math.isnan(found.values[name]) for name in FIGURES if name not in ("acc", "real_acc"))
    assert found.intervals()["auc"] is None and found.intervals()["acc"] == [0.0, 1.0]
    assert curves([1.0], []) is None
    assert all(math.isnan(value) for value in measure([], [], 0.0, resamples=10).values.values())


def test_intervals_are_repeatable_and_as_wide_as_theory_says():
    real, fake = lists(7, 400, 400, False)
    first, again = (measure(real, fake, 0.0, resamples=2000, seed=3) for _ in range(2))
    assert first.intervals() == again.intervals() != measure(real, fake, 0.0, resamples=2000, seed=4).intervals()
    low, high = first.intervals()["real_acc"]
    share = first.values["real_acc"]
    assert low < share < high
    assert (high - low) / 2 == pytest.approx(1.96 * math.sqrt(share * (1 - share) / 400), rel=0.1)


def test_each_replicate_has_as_many_of_each_class_as_the_list():
    # With one real and one fake every resample is the list itself.
    assert measure([0.0], [1.0], 0.5, resamples=20).intervals()["auc"] == [1.0, 1.0]


def test_blocks_of_resamples_join_without_a_seam(monkeypatch):
    real, fake = lists(1, 30, 20, True)
    whole = measure(real, fake, 0.0, resamples=101, seed=5).replicates
    monkeypatch.setattr("forensics_ui.evaluation.metrics._CELLS", 200)
    parts = measure(real, fake, 0.0, resamples=101, seed=5).replicates
    assert all(np.array_equal(whole[name], parts[name]) for name in FIGURES)


def test_generators_that_share_their_reals_move_together():
    real, fake = lists(2, 50, 50, False)
    one = measure(real, fake, 0.0, resamples=100, pools=("shared", "a")).replicates
    two = measure(real, fake + 1, 0.0, resamples=100, pools=("shared", "b")).replicates
    other = measure(real, fake, 0.0, resamples=100, pools=("own", "a")).replicates
    assert np.array_equal(one["real_acc"], two["real_acc"]) and not np.array_equal(one["real_acc"], other["real_acc"])


def test_interval_of_nothing_is_nothing():
    assert interval(np.array([np.nan, np.nan])) is None


def test_curves_start_and_end_where_they_must_and_stay_short():
    real, fake = lists(4, 900, 900, False)
    found = curves(real, fake)
    assert found["roc"][0] == [0.0, 0.0] and found["roc"][-1] == [1.0, 1.0] and len(found["roc"]) == 501
    assert found["pr"][-1] == [1.0, 0.5]
    assert curves([0, 2], [1, 3])["roc"] == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
