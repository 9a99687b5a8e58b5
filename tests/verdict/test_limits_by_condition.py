"""Which limits a verdict goes by, and what it says when the picture's condition was not measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_verdict import codes, judge_of, values

from forensics_ui.core.types import Analysis, Box, Picture, Seen
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.words import say

JPEG_95 = {"key": "jpeg96", "format": "JPEG", "quality": 95}


def row(some: float, tpr: float = 0.6, n: int = 400) -> dict:
    return {
        "n_real": n, "n_fake": 300, "threshold_some": some, "threshold_strong": some + 2, "threshold_low": some - 3,
        "tpr_at_some": tpr, "fpr_at_some": 0.02, "platt": {"a": 2.0, "b": 0.0}, "range": [1 / 302, 1 - 1 / (n + 2)],
    }  # fmt: skip


def card(**conditions) -> dict:
    rows = {"as_they_come": row(1.0), "jpeg96": row(2.0), "jpeg80": row(3.0, tpr=0.03), **conditions}
    pooled = {**row(3.0), "set": "validation group", "alarms": {"some": 0.02, "strong": 0.01}}
    return {"calibration": {"native": {**pooled, "conditions": {name: each for name, each in rows.items() if each}}}}


def judged(logit: float, given: dict, format: str = "PNG", quality: float | None = None, own: ReferenceSet | None = None):
    facts = {"jpeg": {"quality": quality}} if quality else {}
    seen = Seen("native", Box(0, 0, 64, 64), (64, 64))
    return judge_of(given, own).judge(
        Picture("a", "0" * 64, 1, format, np.zeros((64, 64, 3), np.uint8), facts),
        Analysis("lfm", "w", "1" * 64, "cpu", "fp32", logit, seen, None, 0),
    )


def test_the_limits_are_those_of_the_pictures_own_condition():
    assert judged(1.5, card()).band == "some evidence of generation"
    assert judged(1.5, card(), "JPEG", 95).band == "inconclusive"
    found = judged(2.5, card(), "JPEG", 95)
    assert found.band == "some evidence of generation" and values(found, "above_limit") == {"alarms": 0.02, "n_real": 400, "condition": JPEG_95}


@pytest.mark.parametrize("missing", [{"jpeg96": None}, {"jpeg96": row(2.0, n=49)}])
def test_a_condition_that_was_not_measured_or_hardly_falls_back_to_the_strictest_limits_and_says_so(missing):
    found = judged(2.5, card(**missing), "JPEG", 95)
    assert found.band == "inconclusive"
    assert {"strictest_weights_unmeasured", "strictest_too_few"} & set(codes(found))


def test_a_format_that_was_not_measured_falls_back_and_is_named():
    found = values(judged(2.5, card(), "WEBP"), "strictest_condition_unmeasured")
    assert found["condition"] == {"key": "jpeg80", "format": "WEBP", "unmeasured": "format"}


def test_what_is_known_of_the_closest_condition_is_not_said_of_the_pictures_own():
    given = {**card(), "figures": {"jpeg80": {"native": {"n_real": 90, "n_fake": 80, "fpr_at_some": 0.0, "tpr_at_some": 0.04}}}}
    told = values(judged(2.5, given, "WEBP"), "blind")
    assert told["condition"]["unmeasured"] == "format" and told["missed"] == pytest.approx(0.96)


def test_a_limit_names_who_set_it():
    given, measured = card(), Condition(**JPEG_95)
    assert judge_of(given).limits("native", measured).origin == "from the weights' card"
    assert judge_of(given).limits("native", replace(measured, unmeasured="format")).origin.endswith("the strictest of all its conditions")


def test_a_card_without_conditions_is_read_as_before():
    old = {"calibration": {"native": {key: value for key, value in card()["calibration"]["native"].items() if key not in ("conditions", "alarms")}}}
    found = judged(3.5, old)
    assert found.band == "some evidence of generation" and values(found, "above_limit")["alarms"] == 0.05
    assert not [code for code in codes(found) if code.startswith("strictest")]


def test_where_real_pictures_score_as_high_nearly_as_often_a_high_score_is_no_evidence():
    found = judged(9.0, card(), "JPEG", 82)
    assert found.band == "inconclusive" and found.reasons[0].code == "high_but_common"
    assert values(found, "blind")["condition"] == {"key": "jpeg80", "format": "JPEG", "quality": 82}


def test_a_miss_rate_is_said_in_tenths():
    (blind,) = (reason for reason in judged(9.0, card(jpeg80=row(3.0, tpr=0.1)), "JPEG", 82).reasons if reason.code == "blind")
    assert "misses 9 of 10 generated" in say(blind)


@pytest.mark.parametrize(("n_real", "logit", "most"), [(400, 50.0, 400), (60, 50.0, 60), (400, -50.0, 1 / 300)])
def test_no_likelihood_ratio_goes_beyond_the_number_of_pictures(n_real, logit, most):
    found = judged(logit, card(as_they_come=row(1.0, n=n_real)))
    assert found.ratio == pytest.approx(most, rel=0.01)
    assert values(found, "ratio")["capped"]


def test_between_the_ends_the_ratio_is_that_of_the_sigmoid():
    found = judged(1.5, card())
    assert found.ratio == pytest.approx(np.exp(3.0)) and found.probability == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert values(found, "ratio") == {"ratio": found.ratio, "capped": False}


def test_false_alarms_at_this_size_are_stated_for_whole_pictures():
    sizes = {"native_by_size": {"0-299 px": {"as_they_come": {"n_real": 68, "fpr_at_some": 0.03}}}}
    told = values(judged(1.5, {**card(), **sizes}), "size_rates")
    assert (told["n_real"], told["size"], told["fpr_at_some"], told["condition"]["key"]) == (68, "0-299 px", 0.03, "as_they_come")


def test_nothing_calibrated_means_no_limits():
    assert judge_of({}).limits("native", Condition("as_they_come")) is None
    assert judge_of({"calibration": {"paper": None}}).limits("paper", Condition("as_they_come")) is None
