"""What the stability view does to a verdict: evidence that a small change takes away is no evidence. It lowers, and never raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG

# Small: the same pixels, one place further. Any save with loss removes the traces themselves: of 31 generated pictures that scored
# above their limit, JPEG at quality 98 took 30 below it (and 4 of 4 false alarms), so that such a flip tells neither from the other.
SHIFT = "shifted by"


def small_changes(numbers: Mapping[str, Any], detector: str) -> list[tuple[str, float]]:
    """The scores after small changes, with what was changed, from the numbers of the stability view."""
    scores = {label: each.get(detector) for label, each in (numbers.get("others") or {}).items()}
    return [(label, score) for label, score in scores.items() if label.startswith(SHIFT) and score is not None]


def flip(numbers: Mapping[str, Any], detector: str) -> str:
    """Which small change takes the score over its limit, in words; empty if none does, or if the study knows no limit."""
    start, limit = (numbers.get("as_it_is") or {}).get(detector), (numbers.get("thresholds") or {}).get(detector)
    if start is None or limit is None:
        return ""
    crossing = [words for words, score in small_changes(numbers, detector) if (score >= limit) != (start >= limit)]
    return crossing[0] if crossing else ""


def steadied(record: Mapping[str, Any], studies: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """A record of a score after stability studies of its picture (the numbers of that view); one without evidence keeps its band.

    The number, its probability and its ratio stay: they are what was measured. `verdict_alone` keeps the band before.
    """
    rule, detector, band = record.get("input_rule"), str(record.get("detector")), record.get("verdict")
    # The middle of a picture is studied for the whole of it: one study takes a minute, one of every tile would take hours.
    accepted = (rule, "crop") if rule == "native" else (rule,)
    for numbers in studies:
        found = flip(numbers, detector) if numbers.get("rule") in accepted else ""
        if not found:
            continue
        falls = numbers["as_it_is"][detector] >= numbers["thresholds"][detector]
        if reason := _reason(band, found, falls, numbers["rule"] != rule):
            lowered = INCONCLUSIVE if band in (STRONG, SOME) else band
            return {**record, "verdict": lowered, "verdict_alone": band, "reasons": [reason, *record.get("reasons", ())]}
    return dict(record)


def alone(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as it was before `steadied`."""
    if not record.get("verdict_alone"):
        return dict(record)
    kept = {key: value for key, value in record.items() if key != "verdict_alone"}
    return {**kept, "verdict": record["verdict_alone"], "reasons": list(record["reasons"])[1:]}


def _reason(band: str | None, change: str, falls: bool, of_middle: bool) -> str | None:
    what = "the score of the picture's middle" if of_middle else "the score"
    if band in (STRONG, SOME) and falls:
        return f"lowered from {band!r} by the stability check: {what} falls below its limit when the picture is only {change}"
    if band == NO_TRACE and not falls:
        return f"not steady: {what} rises above its limit when the picture is only {change}; the stability check never raises a verdict"
    return None
