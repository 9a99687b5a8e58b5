"""Words for a score, with the reasons and the error rates behind them.

A band is only given where the weights' card has a calibration for the input rule; otherwise the answer is
*inconclusive* and the score stands alone. Calibration can say how often real pictures score this high; it can never
say that a picture is authentic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG, Analysis, Picture, Verdict
from forensics_ui.verdict.conditions import Condition, condition_of

# Where a detector misses more than this share of generated pictures, finding nothing means nothing.
USELESS_MISS_RATE = 0.7
# Fewer real pictures than this cannot show that only about 1 % of them score so high.
FEWEST_FOR_STRONG = 300


def not_applicable(reason: str) -> Verdict:
    """The detector cannot say anything, and why."""
    return Verdict(NOT_APPLICABLE, None, (reason,))


def judge(picture: Picture, analysis: Analysis, card: Mapping[str, Any]) -> Verdict:
    """The verdict on one analysis, from the card of the weights that made it."""
    notes = tuple(analysis.seen.notes)
    if picture.complete < 1:
        return Verdict(
            INCONCLUSIVE, None, (f"only {picture.complete:.0%} of the picture's rows could be read: a partial picture gets no verdict", *notes)
        )
    calibration = (card.get("calibration") or {}).get(analysis.seen.rule)
    if not calibration:
        return Verdict(INCONCLUSIVE, None, (_uncalibrated(analysis), _papers_line(analysis), *notes))
    if larger := _larger_than_measured(analysis, calibration):
        return Verdict(INCONCLUSIVE, None, (larger, _papers_line(analysis), *([_preliminary()] if card.get("preliminary") else []), *notes))
    condition = condition_of(picture)
    figures = _figures(card, analysis.seen.rule, condition)
    band, reason = _band(analysis.logit, calibration, figures, condition)
    if band == STRONG and (card.get("preliminary") or calibration["n_real"] < FEWEST_FOR_STRONG):
        band, reason = SOME, f"{reason}; these weights are too young, or measured on too few pictures, for a stronger word than this"
    reasons = [reason, *_error_rates(figures, condition), *([_preliminary()] if card.get("preliminary") else []), *notes]
    return Verdict(band, _probability(analysis.logit, calibration), tuple(reasons))


def _uncalibrated(analysis: Analysis) -> str:
    return (
        f"the score of the weights {analysis.weights!r} under the input rule {analysis.seen.rule!r} is not calibrated: nobody has measured "
        f"how often it is wrong on pictures like this one"
    )


def _larger_than_measured(analysis: Analysis, calibration: Mapping[str, Any]) -> str | None:
    """Scores of whole pictures can grow with their size, so error rates hold only up to the size they were measured at."""
    limit, longest = calibration.get("largest_side"), max(analysis.seen.input_size)
    if limit is None or longest <= limit:
        return None
    return f"how often this score is wrong was measured on pictures of up to {limit} pixels a side, and this one has {longest}; scores of larger pictures differ"


def _papers_line(analysis: Analysis) -> str:
    side = "above" if analysis.logit > 0 else "below"
    return f"the papers' own test code draws its line at a logit of 0 and this one lies {side} it; on other pictures than theirs that line is often wrong"


def _preliminary() -> str:
    return "these weights are preliminary: trained briefly on few pictures, to be replaced"


def _band(logit: float, calibration: Mapping[str, Any], figures: Mapping[str, Any] | None, condition: Condition) -> tuple[str, str]:
    where = f"of the {calibration['n_real']} real pictures it was calibrated on"
    if logit >= calibration["threshold_strong"]:
        return STRONG, f"the score lies above all but about 1 % {where}"
    if logit >= calibration["threshold_some"]:
        return SOME, f"the score lies above all but about 5 % {where}"
    if logit > calibration["threshold_low"]:
        return INCONCLUSIVE, "real and generated pictures both score like this"
    if figures and 1 - figures["tpr_at_some"] > USELESS_MISS_RATE:
        return INCONCLUSIVE, f"the score is low, but on {condition.words} this detector finds so few generated pictures that this says nothing"
    return NO_TRACE, "the score is as low as most real pictures score, which does not prove a camera"


def _figures(card: Mapping[str, Any], rule: str, condition: Condition) -> Mapping[str, Any] | None:
    return (card.get("figures") or {}).get(condition.key, {}).get(rule)


def _error_rates(figures: Mapping[str, Any] | None, condition: Condition) -> list[str]:
    if not figures:
        return []
    return [
        f"measured on {condition.words}, generators never trained on: it marks {figures['fpr_at_some']:.0%} of {figures['n_real']} real pictures "
        f"and finds {figures['tpr_at_some']:.0%} of {figures['n_fake']} generated ones"
    ]


def _probability(logit: float, calibration: Mapping[str, Any]) -> float | None:
    """Platt's sigmoid, kept within what the number of calibration pictures supports."""
    platt = calibration.get("platt")
    if not platt:
        return None
    low, high = calibration["range"]
    exponent = max(-700.0, min(700.0, -(platt["a"] * logit + platt["b"])))
    return min(high, max(low, 1 / (1 + math.exp(exponent))))
