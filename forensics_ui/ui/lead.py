"""The headline of Inspect: one sentence, what each detector added to it, three reasons, two doubts, and the rest behind *More*."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.ui.text import escape, items, sentence
from forensics_ui.ui.words import HEADLINES, STEPS, TONES
from forensics_ui.verdict.several import disagreement
from forensics_ui.words import parts_of
from forensics_ui.words.detectors import title_of

DOUBTS = 2
# A bar of this length, in log odds, fills its side.
FULL = math.log(100)
# Said by bars, or in the headline's second line.
DRAWN = ("joined_parts", "apart")


def joined_answer(record: Mapping[str, Any], bands: Mapping[str, str]) -> str:
    """The joined answer; `bands` are those of the detectors, by title."""
    band = record["verdict"]
    parts = [(reason, words) for reason, words in parts_of(record) if reason.code not in DRAWN]
    reasons = [words for reason, words in parts if reason.role in ("cause", "rate")]
    doubts = [words for reason, words in parts if reason.role == "doubt"]
    rest = [*doubts[DOUBTS:], *(words for reason, words in parts if reason.role == "note")]
    return (
        f'<div class="verdict joined tone-{TONES[band]}"><h2>{escape(HEADLINES[band])}</h2>{scale(STEPS.get(band, 0))}</div>'
        f"{_bars(record)}{_apart(record, bands)}"
        f'<ul class="reasons">{"".join(f"<li>{escape(sentence(words))}</li>" for words in reasons)}</ul>'
        f"{_doubts(doubts[:DOUBTS])}{_more(rest)}"
    )


def scale(step: int) -> str:
    """Four steps from no trace to strong evidence; a picture of the words above it, so hidden from screen readers."""
    marks = "".join(f'<i class="{"on" if mark == step else ""}"></i>' for mark in (1, 2, 3, 4))
    return f'<div class="scale" aria-hidden="true">{marks}<b>no trace</b><b>strong evidence</b></div>'


def _bars(record: Mapping[str, Any]) -> str:
    """What each detector added: to the right for generation, to the left against it."""
    rows = "".join(_bar(part) for part in record.get("parts") or ())
    ends = '<div class="ends" aria-hidden="true"><span>against</span><span>for generation</span></div>'
    return f'<dl class="parts" aria-label="What each detector added">{rows}</dl>{ends}' if rows else ""


def _bar(part: Mapping[str, Any]) -> str:
    added = float(part["added"])
    share = min(1.0, abs(added) / FULL) * 50
    side = "for" if added >= 0 else "against"
    start = 50 if added >= 0 else 50 - share
    return (
        f"<dt>{escape(title_of(part['detector']))}</dt>"
        f'<dd><span class="bar" aria-hidden="true"><i class="{side}" style="left: {start:.1f}%; width: {share:.1f}%"></i></span>'
        f"<b>{_times(added)}</b></dd>"
    )


def _times(added: float) -> str:
    """As a factor, which people can multiply."""
    factor = math.exp(abs(added))
    if factor < 1.15:
        return "says nothing"
    number = f"{factor:.1f}" if factor < 10 else f"{factor:.0f}"
    return f"{number} times {'for' if added > 0 else 'against'}"


def _apart(record: Mapping[str, Any], bands: Mapping[str, str]) -> str:
    """Where detectors pull apart: who, and what each would say alone."""
    reasons: list[tuple[Reason, str]] = [each for each in parts_of(record) if each[0].code == "apart"]
    words = " ".join([*(sentence(words) for _, words in reasons), disagreement(bands)]).strip() if reasons else ""
    return f'<p class="apart">{escape(words)}</p>' if words else ""


def _doubts(doubts: list[str]) -> str:
    return f'<div class="doubts"><h4>What speaks against relying on it</h4>{items(doubts)}</div>' if doubts else ""


def _more(rest: list[str]) -> str:
    return f"<details><summary>More</summary>{items(rest)}</details>" if rest else ""
