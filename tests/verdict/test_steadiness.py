"""The stability check lowers verdicts and never raises one."""

from __future__ import annotations

import pytest

from forensics_ui.core.types import BANDS
from forensics_ui.verdict.steadiness import alone, flip, steadied

ORDER = {
    band: place
    for place, band in enumerate(("not applicable", "no trace found", "inconclusive", "some evidence of generation", "strong evidence of generation"))
}


def study(start: float = 3.0, jpeg98: float = 3.0, jpeg80: float = 3.0, shifted: float = 3.0, rule: str = "crop", limit: float = 2.0) -> dict:
    return {
        "rule": rule,
        "as_it_is": {"lfm": start},
        "thresholds": {"lfm": limit},
        "series": {"jpeg": {"x": [100, 98, 80], "lfm": [start, jpeg98, jpeg80]}, "resize": {"x": [0.5], "lfm": [-9]}},
        "others": {"shifted by 1, 0 pixels": {"lfm": shifted}, "reduced to 256 colours": {"lfm": -9}},
    }


def record(band: str, rule: str = "native") -> dict:
    return {"detector": "lfm", "input_rule": rule, "verdict": band, "logit": 3.0, "probability": 0.9, "reasons": ["as measured"]}


@pytest.mark.parametrize("band", ["some evidence of generation", "strong evidence of generation"])
def test_evidence_that_a_small_change_takes_away_becomes_inconclusive_with_the_reason(band):
    found = steadied(record(band), [study(shifted=1.0)])
    assert found["verdict"] == "inconclusive" and found["verdict_alone"] == band
    assert "stability check" in found["reasons"][0] and found["reasons"][1:] == ["as measured"]
    assert found["logit"] == 3.0 and found["probability"] == 0.9
    assert alone(found) == record(band)


def test_saves_and_resizes_are_known_to_remove_the_traces_and_change_nothing():
    assert steadied(record("some evidence of generation"), [study(jpeg98=-9, jpeg80=-9)]) == record("some evidence of generation")


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("start", [-3.0, 3.0])
@pytest.mark.parametrize("other", [-9.0, 9.0])
def test_no_study_raises_any_verdict(band, start, other):
    found = steadied(record(band), [study(start=start, shifted=other, jpeg98=other)])
    assert ORDER[found["verdict"]] <= ORDER[band]


def test_a_low_score_that_rises_is_told_and_stays_what_it_was():
    found = steadied(record("no trace found"), [study(start=-3.0, jpeg98=-3.0, shifted=9.0)])
    assert found["verdict"] == "no trace found" and "never raises" in found["reasons"][0]


def test_a_study_of_the_middle_speaks_for_the_whole_picture_and_says_so():
    assert "the picture's middle" in steadied(record("some evidence of generation"), [study(shifted=1.0)])["reasons"][0]
    assert "middle" not in steadied(record("some evidence of generation", "crop"), [study(shifted=1.0)])["reasons"][0]


@pytest.mark.parametrize(
    "other", [study(shifted=1.0, rule="paper"), study(shifted=None), {}, {"rule": "crop"}, {**study(shifted=1.0), "thresholds": {}}]
)
def test_a_study_of_another_rule_or_without_numbers_says_nothing(other):
    assert steadied(record("some evidence of generation"), [other]) == record("some evidence of generation")


def test_each_detector_has_its_own_study():
    assert flip(study(shifted=1.0), "npr") == "" and flip(study(shifted=1.0), "lfm")
