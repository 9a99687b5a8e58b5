"""Who draws the line, and where."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.evaluation import thresholds
from forensics_ui.evaluation.metrics import measure
from forensics_ui.weightstore.card import Card
from tests.refusals import refused


def test_the_best_line_lies_half_way_between_two_scores():
    assert thresholds.best_threshold([-2, 0, 1], [3, 4]) == 2.0
    assert thresholds.best_threshold([-2, 0, 5], [3, 4]) == 1.5


@pytest.mark.parametrize("seed", range(5))
def test_no_other_line_does_better(seed):
    rng = np.random.default_rng(seed)
    real, fake = np.round(rng.normal(0, 2, 30)), np.round(rng.normal(1, 2, 20))
    best = measure(real, fake, thresholds.best_threshold(real, fake)).values["balanced_acc"]
    assert best == max(measure(real, fake, line).values["balanced_acc"] for line in np.arange(-10, 10, 0.25))


def test_where_nothing_is_gained_nothing_is_called_fake():
    line = thresholds.best_threshold([2, 3], [0, 1])
    assert line > 3 and np.isfinite(line)


def test_neighbouring_numbers_have_no_middle_and_are_still_told_apart():
    low = 1.0
    high = float(np.nextafter(low, 2))
    assert thresholds.best_threshold([low], [high]) == high


def test_one_class_or_none_has_a_line_too():
    assert measure([], [1, 2], thresholds.best_threshold([], [1, 2])).values["acc"] == 1.0
    assert measure([1, 2], [], thresholds.best_threshold([1, 2], [])).values["acc"] == 1.0
    assert thresholds.best_threshold([], []) == 0.0


def test_the_card_draws_the_line_only_for_the_rule_it_was_calibrated_under():
    card = {"calibration": {"native": {"threshold_some": 1.25, "threshold_strong": 2.0, "threshold_low": 0.0}}}
    of_card = thresholds.of_card(Card.from_json(card), "native", "own")
    assert of_card.value == 1.25 and "own" in of_card.origin and "5 %" in of_card.origin
    fallen_back = thresholds.of_card(Card.from_json(card), "crop", "own")
    assert fallen_back.value == 0.0 and "no calibration" in fallen_back.origin


def test_an_oracle_is_called_cheating_and_draws_a_line_for_each_list():
    line = thresholds.oracle()
    assert line.cheating and "cheating" in line.origin and line.as_dict()["cheating"] is True
    assert (line.for_scores([0], [1]), line.for_scores([10], [11])) == (0.5, 10.5)
    assert not thresholds.given(1.0).cheating and thresholds.given(1.0).for_scores([0], [9]) == 1.0


def test_a_threshold_is_chosen_on_both_classes_or_not_at_all():
    line = thresholds.chosen([0, 1], [2], "held out")
    assert (line.kind, line.value) == ("chosen", 1.5) and "held out (2 real, 1 fake)" in line.origin
    with refused(ForensicsError, "both classes"):
        thresholds.chosen([0], [], "held out")


@pytest.mark.parametrize(("alarms", "words"), [({}, "about 5 %"), ({"alarms": {"some": 0.02, "strong": 0.01}}, "about 2 %")])
def test_the_cards_line_names_the_false_alarms_that_the_card_states(alarms: dict, words: str):
    card = {"calibration": {"crop": {"threshold_some": 1.0, "threshold_strong": 2.0, "threshold_low": 0.0, **alarms}}}
    assert f": {words} false alarms" in thresholds.of_card(Card.from_json(card), "crop", "own").origin
