"""Words for a score, with the reasons and the error rates behind them.

A band is only given where the weights' card has a calibration for the input rule, or the user's own photographs give a limit;
otherwise the answer is *inconclusive* and the score stands alone. Calibration can say how often real pictures score this high;
it can never say that a picture is authentic.
"""

from __future__ import annotations

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.limits import Limits
from forensics_ui.weightstore.card import ErrorRates

# Where a detector misses more than this share of generated pictures, finding nothing means nothing.
USELESS_MISS_RATE = 0.7
# Evidence must at least be this many times as common among generated pictures as among real ones.
LEAST_RATIO = 2.0
# A score that few real pictures reach is no evidence where generated ones hardly reach it either: least likelihood ratios of the bands.
LEAST_SOME, LEAST_STRONG = 3.0, 10.0


def band_of(
    logit: float, limits: Limits, figures: ErrorRates | None, condition: Condition, weaker: str | None
) -> tuple[str, str]:
    """The band of a score and its reason. `weaker` says why no strong word may be given."""
    band, reason = _band(logit, limits, figures, condition)
    if band == STRONG and weaker:
        band, reason = SOME, f"{reason}; {weaker}"
    return _supported(band, reason, limits.ratio(logit), condition)


def _supported(band: str, reason: str, ratio: float | None, condition: Condition) -> tuple[str, str]:
    """The band that the likelihood ratio supports: it lowers, and never raises."""
    if ratio is None or band not in (STRONG, SOME):
        return band, reason
    if ratio < LEAST_SOME:
        return INCONCLUSIVE, f"few real pictures score so high, but {condition.here}, hardly more generated ones do (likelihood ratio {ratio:.1f})"
    if band == STRONG and ratio < LEAST_STRONG:
        return SOME, f"{reason}; generated pictures reach such scores {ratio:.1f} times as often, which is too little for a stronger word"
    return band, reason


def _band(logit: float, limits: Limits, figures: ErrorRates | None, condition: Condition) -> tuple[str, str]:
    n_real, kind = limits.n_real, f" in this condition ({condition.here})" if limits.of_condition else ""
    where = f"of the {n_real} real pictures it was calibrated on{kind}"
    if limits.strong is not None and logit >= limits.strong and not _weak(limits):
        return STRONG, f"the score lies above all but about {_share(limits.strong_alarms)} {where}"
    if logit >= limits.some:
        if _weak(limits):
            return INCONCLUSIVE, f"the score is high, but {condition.here}, real pictures reach such scores nearly as often as generated ones"
        return SOME, _why_some(limits, where)
    if limits.low is None:
        return INCONCLUSIVE, "the score lies below the limit of your own photographs, and how many generated pictures do so too was never measured"
    if logit > limits.low:
        return INCONCLUSIVE, "real and generated pictures both score like this"
    if figures and 1 - figures.tpr_at_some > USELESS_MISS_RATE:
        return INCONCLUSIVE, f"the score is low, but on {condition.words} this detector finds so few generated pictures that this says nothing"
    return NO_TRACE, "the score is as low as most real pictures score, which does not prove a camera"


def _why_some(limits: Limits, where: str) -> str:
    if limits.own:
        return f"the score lies above the limit that your own photographs {limits.own.name!r} set"
    return f"the score lies above all but about {_share(limits.some_alarms)} {where}"


def _share(alarms: float) -> str:
    return f"{alarms * 100:g} %"


def _weak(limits: Limits) -> bool:
    """Whether a score at the limit is hardly more common among generated pictures; known only of single conditions."""
    rates = limits.rates
    if not limits.of_condition or rates.tpr_at_some is None:
        return False
    return rates.tpr_at_some < LEAST_RATIO * max(rates.fpr_at_some or 0.0, limits.some_alarms)
