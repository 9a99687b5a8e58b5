"""The headline of Inspect as HTML: one sentence, a bar for each detector, three reasons, two doubts, the rest behind *More*."""

from __future__ import annotations

import re

import pytest

from forensics_ui.core.reasons import Reason
from forensics_ui.ui.lead import joined_answer
from forensics_ui.words import words_of

CONDITION = {"key": "as_they_come", "format": "PNG", "lossless": True}
REASONS = (
    Reason("above_limit", "cause", {"alarms": 0.015, "n_real": 589, "condition": CONDITION}),
    Reason("ratio", "rate", {"ratio": 40.0, "capped": False}),
    Reason("larger_than_counted", "doubt", {"counted": 576, "side": 900}),
    Reason("preliminary", "doubt"),
    Reason("blind", "doubt", {"missed": 0.6, "condition": CONDITION}),
    Reason("papers_line", "note", {"above": True}),
)
PARTS = (
    {"detector": "prc", "logit": 3.0, "added": 2.3},
    {"detector": "univfd", "logit": -4.0, "added": -4.7},
    {"detector": "lfm", "logit": 0.0, "added": 0.05},
)
APART = Reason("apart", "doubt", {"for": ["prc"], "against": ["univfd"]})


def answer(*more: Reason, band: str = "some evidence of generation") -> str:
    reasons = (*REASONS, *more)
    record = {"verdict": band, "reasons": list(words_of(reasons)), "reason_codes": [reason.as_dict() for reason in reasons], "parts": list(PARTS)}
    return joined_answer(record, {"PRC": "some evidence of generation", "UnivFD": "no trace found"})


def test_the_sentence_stands_first_and_the_bars_say_who_pulls_which_way():
    html = answer()
    assert html.index("<h2>Some evidence") < html.index('class="parts"') < html.index('class="reasons"')
    assert re.findall(r"<b>([^<]*)</b></dd>", html) == ["10.0 times for", "110 times against", "says nothing"]
    right, left = re.findall(r'class="(?:for|against)" style="left: ([\d.]+)%; width: ([\d.]+)%"', html)[:2]
    assert right == ("50.0", "25.0") and left == ("0.0", "50.0")


def test_two_doubts_are_open_and_the_rest_is_behind_more():
    shown, more = answer().split("<details>")
    doubts = shown[shown.index('class="doubts"') :]
    assert doubts.count("<li>") == 2 and more.count("<li>") == 2
    assert "misses 6 of 10" in more and "misses" not in doubts


@pytest.mark.parametrize("apart", [False, True])
def test_detectors_that_pull_apart_are_named_once(apart):
    html = answer(*([APART] if apart else []))
    assert ('class="apart"' in html) is apart
    assert html.count("pull apart") == apart
    assert ("The detectors disagree" in html) is apart
