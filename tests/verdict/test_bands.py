"""What is said about a score, and above all what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers_verdict import codes, judge, values

from forensics_ui.core.types import BANDS, Analysis, Box, Picture, Seen
from forensics_ui.words import words_of

FIGURES = {"n_real": 200, "n_fake": 150, "fpr_at_some": 0.05, "tpr_at_some": 0.7}
CARD = {
    "calibration": {
        "native": {
            "n_real": 300,
            "threshold_strong": 4.0,
            "threshold_some": 2.0,
            "threshold_low": -1.0,
            "platt": {"a": 1.0, "b": 0.0},
            "range": [0.02, 0.97],
        }
    },
    "figures": {
        "as_they_come": {"native": FIGURES},
        "jpeg96": {"native": {**FIGURES, "tpr_at_some": 0.4}},
        "jpeg80": {"native": {**FIGURES, "tpr_at_some": 0.1}},
    },
}


def picture(**fields) -> Picture:
    return Picture(**{"name": "a.png", "sha256": "0" * 64, "byte_count": 1, "format": "PNG", "rgb": np.zeros((64, 64, 3), np.uint8), **fields})


def jpeg(quality) -> Picture:
    return picture(format="JPEG", facts={"jpeg": {"quality": quality}})


def analysis(logit: float, rule: str = "native") -> Analysis:
    return Analysis("lfm", "w", "1" * 64, "cpu", "fp32", logit, Seen(rule, Box(0, 0, 64, 64), (64, 64)), None, 0.1)


@pytest.mark.parametrize(
    ("logit", "band"),
    [(9, "strong evidence of generation"), (3, "some evidence of generation"), (0, "inconclusive"), (-5, "no trace found")],
)
def test_each_band_has_its_range_and_its_error_rate(logit, band):
    verdict = judge(picture(), analysis(logit), CARD)
    assert verdict.band == band
    told = values(verdict, "error_rates")
    assert (told["fpr_at_some"], told["n_real"], told["tpr_at_some"], told["n_fake"]) == (0.05, 200, 0.7, 150)


def test_without_a_calibration_there_is_a_score_but_no_verdict():
    for card in ({}, {"calibration": {"crop": CARD["calibration"]["native"]}}):
        verdict = judge(picture(), analysis(99), card)
        assert verdict.band == "inconclusive" and verdict.probability is None and codes(verdict) == ["uncalibrated", "papers_line"]


def test_the_probability_never_leaves_the_range_that_the_calibration_set_supports():
    assert judge(picture(), analysis(1e6), CARD).probability == 0.97
    assert judge(picture(), analysis(-1e6), CARD).probability == 0.02


def test_finding_nothing_where_the_detector_is_blind_is_inconclusive():
    verdict = judge(jpeg(82), analysis(-5), CARD)
    assert verdict.band == "inconclusive" and values(verdict, "low_but_blind")["condition"]["quality"] == 82


def test_finding_something_where_the_detector_is_nearly_blind_still_counts():
    assert judge(jpeg(82), analysis(9), CARD).band == "strong evidence of generation"


def test_the_error_rate_is_that_of_the_pictures_own_condition():
    assert values(judge(jpeg(96), analysis(3), CARD), "error_rates")["tpr_at_some"] == 0.4


def test_a_partial_picture_gets_no_verdict_whatever_its_score():
    verdict = judge(picture(complete=0.4), analysis(99), CARD)
    assert verdict.band == "inconclusive" and values(verdict, "partial") == {"complete": 0.4}


def test_preliminary_weights_are_called_preliminary():
    assert "preliminary" in codes(judge(picture(), analysis(9), {**CARD, "preliminary": True}))


def test_preliminary_weights_and_small_calibration_sets_never_say_strong():
    few = {**CARD, "calibration": {"native": {**CARD["calibration"]["native"], "n_real": 299}}}
    for card in ({**CARD, "preliminary": True}, few):
        verdict = judge(picture(), analysis(9), card)
        assert verdict.band == "some evidence of generation" and values(verdict, "above_limit")["weaker"] == "young"


def test_a_picture_larger_than_those_measured_gets_no_verdict():
    for limit, band in ((64, "strong evidence of generation"), (63, "inconclusive")):
        card = {**CARD, "calibration": {"native": {**CARD["calibration"]["native"], "largest_side": limit}}}
        assert judge(picture(), analysis(9), card).band == band
    assert values(judge(picture(), analysis(9), card), "larger_unknown") == {"longest_measured": 63, "longest": 64}


def test_a_picture_larger_than_those_measured_is_judged_with_a_weaker_word_where_growth_had_ended():
    def of(rows: list[dict]) -> dict:
        native = {**CARD["calibration"]["native"], "largest_side": 1536, "counted_side": 768, "growth": rows}
        return {**CARD, "calibration": {"native": native}}

    def scored(logit: float, *size: int) -> Analysis:
        return replace(analysis(logit), seen=Seen("native", Box(0, 0, *size), size))

    ended, going_on = ([{"side": 256, "offset": 0.0}, {"side": 768, "offset": 0.5}, {"side": 1536, "offset": last}] for last in (0.55, 0.9))
    large, between, counted = (2000, 1500), (1000, 1000), (768, 768)
    verdict = judge(picture(), scored(9, *large), of(ended))
    assert verdict.band == "some evidence of generation" and values(verdict, "above_limit")["weaker"] == "larger"
    assert values(verdict, "larger_levelled") == {"counted": 768, "followed": 1536, "pixels": 3_000_000}
    assert judge(picture(), scored(-9, *large), of(ended)).band == "no trace found"
    assert judge(picture(), scored(-9, *large), of(going_on)).band == "inconclusive"

    verdict = judge(picture(), scored(9, *between), of(ended))
    assert verdict.band == "strong evidence of generation"
    assert values(verdict, "larger_than_counted") == {"counted": 768, "side": 1000}
    assert not [code for code in codes(judge(picture(), scored(9, *counted), of(ended))) if code.startswith("larger")]


def test_no_wording_ever_says_fake_or_authentic():
    pictures = [picture(), jpeg(96), jpeg(50), jpeg(None), picture(complete=0.5), picture(format="WEBP")]
    said = " ".join(" ".join((v.band, *words_of(v.reasons))) for p in pictures for x in (-9, 0, 3, 9) for v in [judge(p, analysis(x), CARD)]).lower()
    assert not any(word in said for word in ("fake", "authentic", "genuine", "is real"))
    assert {judge(p, analysis(x), CARD).band for p in pictures for x in (-9, 0, 3, 9)} <= set(BANDS)
