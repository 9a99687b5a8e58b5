"""Several detectors: where they differ, that is the answer."""

from __future__ import annotations

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG
from forensics_ui.report.words import answer, batch_answer
from forensics_ui.verdict.several import common_band, contradict, disagreement


def test_any_difference_is_said_and_every_detector_is_named():
    assert disagreement({"LFM": SOME, "NPR": NO_TRACE}) == "The detectors disagree: LFM says some evidence of generation and NPR says no trace found."
    assert "on how strong" in disagreement({"LFM": SOME, "NPR": STRONG})
    assert common_band({"LFM": SOME, "NPR": NO_TRACE}) is None


def test_one_that_cannot_tell_contradicts_nobody_and_backs_nobody():
    assert disagreement({"LFM": INCONCLUSIVE, "PRC": SOME}) == "PRC says some evidence of generation; LFM cannot tell (inconclusive)."
    three = disagreement({"LFM": INCONCLUSIVE, "NPR": NO_TRACE, "PRC": NO_TRACE})
    assert three == "NPR and PRC say no trace found; LFM cannot tell (inconclusive)."
    assert not contradict({"LFM": INCONCLUSIVE, "PRC": SOME}) and contradict({"LFM": INCONCLUSIVE, "PRC": SOME, "NPR": NO_TRACE})
    assert common_band({"LFM": INCONCLUSIVE, "PRC": SOME}) is None


def test_one_opinion_or_the_same_one_is_no_disagreement():
    assert disagreement({"LFM": SOME, "NPR": SOME}) == disagreement({"LFM": SOME, "NPR": NOT_APPLICABLE}) == disagreement({}) == ""
    assert common_band({"LFM": SOME, "NPR": NOT_APPLICABLE}) == SOME and common_band({"LFM": NOT_APPLICABLE}) is None


def test_a_report_puts_the_disagreement_at_its_head_and_averages_nothing():
    first, second = answer({"LFM": STRONG, "NPR": NO_TRACE})
    assert first.startswith("The detectors disagree: LFM says strong") and "not averaged" in second


def test_a_batch_counts_the_pictures_on_which_they_disagree():
    def score(path, detector, verdict):
        return {"path": path, "detector": detector, "input_rule": "crop", "verdict": verdict}

    scores = [score("a", "lfm", SOME), score("a", "npr", NO_TRACE), score("b", "lfm", SOME), score("b", "npr", SOME)]
    assert "The detectors disagree on 1 of 2 pictures that several of them scored." in batch_answer(scores, {}, 2, 0)
    assert not any("disagree" in line for line in batch_answer(scores[:1], {}, 1, 0))
