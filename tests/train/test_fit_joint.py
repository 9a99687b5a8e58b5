"""Fitting the joined answer: weights never below zero, scores of rows that nothing was fitted to, limits that hold for every kind."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from forensics_ui.core.errors import WeightsError
from forensics_ui.train import joint
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.joint import joint_weights, lines_of
from tests.joint_samples import install, rows, table


def test_the_regression_is_that_of_the_textbook_where_all_slopes_are_positive():
    made = rows(2)
    x, weights = (made.logits - made.logits.mean(0)) / made.logits.std(0), np.full(len(made), 1 / len(made))
    slope, bias = joint.regression(x, made.label, weights)
    chance = 1 / (1 + np.exp(-(x @ slope + bias)))
    assert np.allclose(x.T @ (weights * (chance - made.label)) + joint.PENALTY * slope, 0, atol=1e-7)
    assert (weights * (chance - made.label)).sum() == pytest.approx(0, abs=1e-7)


def test_a_detector_that_speaks_the_wrong_way_is_left_out_and_never_turned_round():
    made = rows(3)
    wrong = replace(made, logits=made.logits * [1, 1, -1])
    line = joint.fitted(wrong)
    assert line["weight"][2] == 0 and (line["weight"][:2] > 0).all()


def test_the_score_is_unchanged_by_where_the_neutral_point_lies():
    made = rows(2)
    line = joint.fitted(made)
    held = np.clip(made.logits, line["low"], line["high"])
    assert np.allclose(joint.scored(line, made.logits), line["bias"][0] + held @ line["weight"] - line["neutral"] @ line["weight"])
    assert joint.scored(line, line["neutral"][None])[0] == pytest.approx(line["bias"][0])


def test_whole_families_are_left_out_together():
    made = rows(2)
    folds = joint.folds_of(made.family)
    assert all(len(set(folds[made.family == family])) == 1 for family in set(made.family))
    assert len(set(folds)) == joint.FOLDS and np.bincount(folds).min() > 0.15 * len(made)


def test_the_weighing_of_cross_fitted_scores_knows_nothing_of_the_labels_of_their_family():
    made = rows(2)
    changed = replace(made, label=np.where(made.family == 7, 1 - made.label, made.label))
    mine = (made.family == 7) & (np.abs(made.logits) < 3).all(1)  # where no logit is held
    before, after = joint.cross_fitted(made)[mine], joint.cross_fitted(changed)[mine]
    # Loudness and the neutral point are of all rows; nothing else may differ.
    slope, shift = np.polyfit(before, after, 1)
    assert np.allclose(after, before * slope + shift, atol=1e-9) and not np.allclose(before, after)


def test_limits_let_few_real_pictures_pass_and_of_no_kind_too_many():
    made = rows(2)
    scores = joint.cross_fitted(made)
    # One kind scores higher than all others.
    scores = scores + np.where(made.kind == "kind 3", 1.5, 0.0)
    found, real = joint.limits(made, scores), made.label == 0
    assert (scores[real] >= found["threshold_some"]).mean() <= joint.SOME
    assert (scores[real & (made.kind == "kind 3")] >= found["threshold_some"]).mean() <= joint.WORST_KIND
    assert found["threshold_low"] < found["threshold_some"] <= found["threshold_strong"]
    worst = joint.worst_kinds(made, scores, found["threshold_some"])
    assert next(iter(worst)) == "kind 3" and sum(row["n_real"] for row in worst.values()) == real.sum()


def test_joined_scores_are_log_odds_on_pictures_nobody_fitted_them_to():
    _, row, scores = table(2, 0)
    made = rows(2, 0)
    slope, shift = joint.regression(scores[:, None], made.label, made.weights())
    assert slope[0] == pytest.approx(1, abs=0.15) and shift == pytest.approx(0, abs=0.1)
    assert row["auc"] > joint.auc(made.logits[made.label == 0, 0], made.logits[made.label == 1, 0])


def test_what_is_written_is_read_back_as_a_model_of_exactly_these_weights(tmp_path):
    joins = install(tmp_path)
    (found,) = joint_weights(tmp_path)
    line, row, _ = table(2, 0)
    assert found.joins == joins and set(found.lines) == {"as_they_come", "jpeg96", "jpeg80", "halved"}
    assert found.lines["as_they_come"]["weight"] == pytest.approx(tuple(line["weight"]))
    card = Card.from_json(json.loads((tmp_path / "joined_small.json").read_text()))
    assert not card.problem and card.calibration["native"].conditions["as_they_come"].some == row["threshold_some"]
    assert card.calibration["native"].pooled.some == max(each.some for each in card.calibration["native"].conditions.values())
    assert card.rates("as_they_come", "crop").n_real == row["n_real"]


@pytest.mark.parametrize(
    "change", [{"a.weight": np.array([1.0, -0.1])}, {"a.low": np.array([1.0])}, {"a.more": np.zeros(2)}, {"a.bias": np.array([np.nan])}]
)
def test_a_file_that_is_no_joint_model_is_refused(change):
    good = {"a.bias": np.zeros(1), **{f"a.{name}": np.ones(2) for name in ("weight", "neutral", "low", "high")}}
    assert lines_of(good, 2, "x")["a"]["weight"] == (1.0, 1.0)
    with pytest.raises(WeightsError):
        lines_of(good | change, 2, "x")
