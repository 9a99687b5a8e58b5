"""The stability check lowers verdicts and never raises one."""

from __future__ import annotations

import pytest

from forensics_ui.core.reasons import said
from forensics_ui.core.types import BANDS, Verdict
from forensics_ui.verdict.steadiness import Study, steadied, studies_of

ORDER = {
    band: place
    for place, band in enumerate(("not applicable", "no trace found", "inconclusive", "some evidence of generation", "strong evidence of generation"))
}


def study(start: float = 3.0, jpeg98: float = 3.0, jpeg80: float = 3.0, shifted: float | None = 3.0, rule: str = "crop", limit: float = 2.0) -> dict:
    return {
        "rule": rule,
        "as_it_is": {"lfm": start},
        "thresholds": {"lfm": limit},
        "series": {"jpeg": {"x": [100, 98, 80], "lfm": [start, jpeg98, jpeg80]}, "resize": {"x": [0.5], "lfm": [-9]}},
        "others": {"shifted by 1, 0 pixels": {"lfm": shifted}, "reduced to 256 colours": {"lfm": -9}},
        "shifts": [{"by": [1, 0], "scores": {"lfm": shifted}}],
    }


def verdict(band: str) -> Verdict:
    return Verdict(band, 0.9, (said("as measured"),))


def after(band: str, *studies: dict, rule: str = "native") -> Verdict:
    """The verdict on LFM's score after these studies."""
    return steadied(verdict(band), "lfm", rule, studies_of(studies))


@pytest.mark.parametrize("band", ["some evidence of generation", "strong evidence of generation"])
def test_evidence_that_a_small_change_takes_away_becomes_inconclusive_with_the_reason(band):
    found = after(band, study(shifted=1.0))
    assert found.band == "inconclusive" and found.alone == band
    assert found.reasons[0].code == "lowered_by_study" and found.reasons[1:] == (said("as measured"),)
    assert found.probability == 0.9


def test_saves_and_resizes_are_known_to_remove_the_traces_and_change_nothing():
    assert after("some evidence of generation", study(jpeg98=-9, jpeg80=-9)) == verdict("some evidence of generation")


@pytest.mark.parametrize("band", BANDS)
@pytest.mark.parametrize("start", [-3.0, 3.0])
@pytest.mark.parametrize("other", [-9.0, 9.0])
def test_no_study_raises_any_verdict(band, start, other):
    assert ORDER[after(band, study(start=start, shifted=other, jpeg98=other)).band] <= ORDER[band]


def test_a_low_score_that_rises_is_told_and_stays_what_it_was():
    found = after("no trace found", study(start=-3.0, jpeg98=-3.0, shifted=9.0))
    assert found.band == "no trace found" and found.reasons[0].code == "not_steady"


def test_a_study_of_the_middle_speaks_for_the_whole_picture_and_says_so():
    assert after("some evidence of generation", study(shifted=1.0)).reasons[0].values["of_middle"] is True
    assert after("some evidence of generation", study(shifted=1.0), rule="crop").reasons[0].values["of_middle"] is False


@pytest.mark.parametrize(
    "other", [study(shifted=1.0, rule="paper"), study(shifted=None), {}, {"rule": "crop"}, {**study(shifted=1.0), "thresholds": {}}]
)
def test_a_study_of_another_rule_or_without_numbers_says_nothing(other):
    assert after("some evidence of generation", other) == verdict("some evidence of generation")


def test_each_detector_has_its_own_study():
    made = Study.from_numbers(study(shifted=1.0))
    assert made.flip("npr") is None and made.flip("lfm") == made.shifts[0]
