"""Small rules of the screen's words."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.types import BANDS, INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG, Picture
from forensics_ui.ui import answers, guard, picture, text, words
from forensics_ui.ui.desk import Desk, Job, Line


def test_escape_leaves_nothing_for_markup_or_templates():
    told = text.escape("<b>&\"'`${x}{{y}}\\")
    assert not set("<>\"'`${}\\") & set(told.replace("&lt;", "").replace("&gt;", ""))


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\x00", "\x1b", "\ufeff", "\ud800"])
def test_escape_shows_what_would_hide_or_turn_text(sign):
    assert text.escape(f"a{sign}b") == "a\ufffdb"


def test_escape_cuts_what_is_endless_and_says_so():
    assert text.escape("x" * 5000).endswith("(904 more characters)")


def test_every_band_has_a_headline_and_none_claims_too_much():
    assert set(words.HEADLINES) == set(BANDS) == set(words.TONES)
    for line in words.HEADLINES.values():
        assert not {"fake", "authentic", "real", "genuine"} & set(line.lower().replace(".", "").split())


def test_detectors_that_disagree_are_said_to_disagree():
    assert (
        words.headline({"LFM": STRONG, "NPR": NO_TRACE})
        == "The detectors disagree: LFM says strong evidence of generation and NPR says no trace found."
    )
    assert words.headline({"LFM": SOME, "NPR": INCONCLUSIVE}) == "LFM says some evidence of generation; NPR cannot tell (inconclusive)."
    assert words.headline({"LFM": SOME, "NPR": NOT_APPLICABLE}) == words.HEADLINES[SOME]


@pytest.mark.parametrize(("probability", "said"), [(0.0, "under 1 %"), (0.5, "50 %"), (1.0, "over 99 %")])
def test_a_probability_is_never_none_or_all(probability, said):
    assert words.percent(probability) == said


def test_previews_of_long_thin_pictures_keep_a_pixel():
    assert picture.preview_size(20_000, 1) == (1280, 1)
    content, kind = picture.preview(np.zeros((1, 20_000, 3), np.uint8))
    assert kind == "image/jpeg" and content


def test_a_new_picture_stops_the_old_one_and_pixels_do_not_pile_up():
    desk, jobs = Desk(), []
    for number in range(40):
        job = Job(source=None, name=str(number))  # type: ignore[arg-type]
        job.picture = Picture(str(number), "0" * 64, 1, "PNG", np.zeros((1, 1, 3), np.uint8))
        jobs.append(desk.begin(f"page {number % 20}", job))
    assert jobs[0].stop.is_set() and desk.of("page 0") is None
    assert desk.of("page 19") is jobs[39] and not jobs[39].stop.is_set()
    assert desk.by_token(jobs[39].token) is jobs[39]
    assert desk.by_token("guess") is None


def test_only_this_machine_needs_no_login(monkeypatch):
    monkeypatch.delenv("FORENSICS_AUTH", raising=False)
    assert guard.check_host("127.0.0.1") is None
    monkeypatch.setenv("FORENSICS_AUTH", "ada:se:cret")
    assert guard.check_host("0.0.0.0") == ("ada", "se:cret")


def line(rule: str, probability: float | None, *reasons: str) -> Line:
    return Line("lfm", rule, "done", record={"input_rule": rule, "probability": probability, "verdict": INCONCLUSIVE, "reasons": list(reasons)})


def test_the_verdict_goes_by_the_whole_picture_where_it_was_measured():
    whole, crop = line("native", 0.4), line("crop", 0.6)
    assert answers.deciding([crop, whole], "lfm") is whole and answers.deciding([crop], "lfm") is crop
    # Nothing is measured for either: the whole picture says why.
    assert answers.deciding([line("crop", None), unmeasured := line("native", None)], "lfm") is unmeasured


def test_where_the_picture_is_larger_than_was_measured_the_middle_decides_and_the_reason_is_told():
    whole, crop = line("native", None, "larger than measured"), line("crop", 0.6, "above all but few")
    assert answers.deciding([crop, whole], "lfm") is crop
    (told,) = answers._passed_over(crop.record, [crop, whole])
    assert "256 × 256 pixels in the middle" in told and told.endswith("larger than measured")
    assert not answers._passed_over(whole.record, [crop, whole]) and not answers._passed_over(crop.record, [crop])
