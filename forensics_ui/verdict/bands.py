"""The band of a score, and the cause of it.

A band is only given where the weights' card has a calibration for the input rule, or the user's own photographs give a limit;
otherwise the answer is *inconclusive* and the score stands alone. Calibration can say how often real pictures score this high;
it can never say that a picture is authentic.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.limits import Limits
from forensics_ui.weightstore.card import ErrorRates

# Where a detector misses more than this share of generated pictures, finding nothing means nothing: no trace is said only of
# pictures that would mostly have been found.
USELESS_MISS_RATE = 0.5
# Evidence must at least be this many times as common among generated pictures as among real ones.
LEAST_RATIO = 2.0
# A score that few real pictures reach is no evidence where generated ones hardly reach it either: least likelihood ratios of the bands.
LEAST_SOME, LEAST_STRONG = 3.0, 10.0
# Why a score above the limit of strong evidence gets a weaker word.
Weaker = Literal["young", "larger", "ratio", "apart"]


def band_of(logit: float, limits: Limits, figures: ErrorRates | None, condition: Condition, weaker: Weaker | None) -> tuple[str, Reason]:
    """The band of a score and its cause. `weaker` says why no strong word may be given."""
    band, cause = _band(logit, limits, figures, condition)
    if band == STRONG and weaker:
        band, cause = SOME, _with(cause, weaker=weaker)
    return _supported(band, cause, limits.ratio(logit), condition)


def _with(cause: Reason, **values: Any) -> Reason:
    return replace(cause, values={**cause.values, **values})


def _supported(band: str, cause: Reason, ratio: float | None, condition: Condition) -> tuple[str, Reason]:
    """The band that the likelihood ratio supports: it lowers, and never raises."""
    if ratio is None or band not in (STRONG, SOME):
        return band, cause
    if ratio < LEAST_SOME:
        return INCONCLUSIVE, Reason("ratio_too_small", "cause", {"condition": condition.as_dict(), "ratio": ratio})
    if band == STRONG and ratio < LEAST_STRONG:
        return SOME, _with(cause, weaker="ratio", ratio=ratio)
    return band, cause


def _band(logit: float, limits: Limits, figures: ErrorRates | None, condition: Condition) -> tuple[str, Reason]:
    here = {"condition": condition.as_dict()}
    if limits.strong is not None and logit >= limits.strong and not _weak(limits):
        return STRONG, _above(limits, limits.strong_alarms, condition)
    if logit >= limits.some:
        if _weak(limits):
            return INCONCLUSIVE, Reason("high_but_common", "cause", here)
        return SOME, _why_some(limits, condition)
    if limits.low is None:
        return INCONCLUSIVE, Reason("below_own_limit", "cause")
    if logit > limits.low:
        return INCONCLUSIVE, Reason("both_score_so", "cause")
    if figures and figures.tpr_at_some is not None and 1 - figures.tpr_at_some > USELESS_MISS_RATE:
        return INCONCLUSIVE, Reason("low_but_blind", "cause", here)
    return NO_TRACE, Reason("low", "cause")


def _why_some(limits: Limits, condition: Condition) -> Reason:
    if limits.own:
        return Reason("above_own_limit", "cause", {"name": limits.own.name})
    return _above(limits, limits.some_alarms, condition)


def _above(limits: Limits, alarms: float | None, condition: Condition) -> Reason:
    where = {"condition": condition.as_dict()} if limits.of_condition else {}
    return Reason("above_limit", "cause", {"alarms": alarms, "n_real": limits.n_real, **where})


def _weak(limits: Limits) -> bool:
    """Whether a score at the limit is hardly more common among generated pictures; known only of single conditions."""
    rates = limits.rates
    if not limits.of_condition or rates.tpr_at_some is None:
        return False
    return rates.tpr_at_some < LEAST_RATIO * max(rates.fpr_at_some or 0.0, limits.some_alarms)
