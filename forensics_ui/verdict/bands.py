"""Words for a score, with the reasons and the error rates behind them.

A band is only given where the weights' card has a calibration for the input rule, or the user's own photographs give a limit;
otherwise the answer is *inconclusive* and the score stands alone. Calibration can say how often real pictures score this high;
it can never say that a picture is authentic.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG, Analysis, Picture, Verdict
from forensics_ui.verdict.conditions import Condition, condition_of
from forensics_ui.verdict.growth import levelled, offset_at, side_of
from forensics_ui.verdict.limits import Limits, limits_of
from forensics_ui.verdict.own_reals import signature

# Where a detector misses more than this share of generated pictures, finding nothing means nothing.
USELESS_MISS_RATE = 0.7
# From this share on it is said in a sentence of its own.
WORTH_SAYING = 0.5
# Fewer real pictures than this cannot show that only about 1 % of them score so high.
FEWEST_FOR_STRONG = 300
# Evidence must at least be this many times as common among generated pictures as among real ones.
LEAST_RATIO = 2.0
# A score that few real pictures reach is no evidence where generated ones hardly reach it either: least likelihood ratios of the bands.
LEAST_SOME, LEAST_STRONG = 3.0, 10.0


def not_applicable(reason: str) -> Verdict:
    """The detector cannot say anything, and why."""
    return Verdict(NOT_APPLICABLE, None, (reason,))


def judge(picture: Picture, analysis: Analysis, card: Mapping[str, Any]) -> Verdict:
    """The verdict on one analysis, from the card of the weights that made it (with the user's own photographs, where chosen)."""
    own = signature(card["own_reals"]) if card.get("own_reals") else None
    if picture.complete < 1:
        why = f"only {picture.complete:.0%} of the picture's rows could be read: a partial picture gets no verdict"
        return Verdict(INCONCLUSIVE, None, (why, *analysis.seen.notes), own_reals=own)
    condition = condition_of(picture)
    limits = limits_of(card, analysis.seen.rule, condition)
    young = [_preliminary()] if card.get("preliminary") else []
    if limits is None:
        return Verdict(INCONCLUSIVE, None, (_uncalibrated(analysis), _papers_line(analysis), *analysis.seen.notes), own_reals=own)
    larger = _larger_than_measured(analysis, limits)
    if larger and not levelled(limits.growth):
        why = f"{larger}; scores of larger pictures differ"
        return Verdict(INCONCLUSIVE, None, (why, _papers_line(analysis), *young, *analysis.seen.notes), own_reals=own)
    figures = _figures(card, analysis.seen.rule, condition) or (limits.values if limits.of_condition else None)
    grown = offset_at(limits.growth, side_of(analysis.seen.input_size))
    logit = analysis.logit - grown
    band, reason = _band(logit, limits, figures, condition)
    if band == STRONG and (but := _too_little_for_strong(card, limits, larger)):
        band, reason = SOME, f"{reason}; {but}"
    ratio = limits.ratio(logit)
    band, reason = _supported(band, reason, ratio, condition)
    rates = [
        *_beyond(larger),
        *_followed(analysis, limits, larger),
        *_grown(grown),
        *_blind(figures, condition),
        *_error_rates(figures, condition, card),
        *_of_size(card, analysis, condition),
    ]
    reasons = [reason, *_ratio_words(ratio, limits), *rates, *limits.notes, *young, *analysis.seen.notes]
    return Verdict(band, limits.probability(logit), tuple(reasons), ratio, own)


def _supported(band: str, reason: str, ratio: float | None, condition: Condition) -> tuple[str, str]:
    """The band that the likelihood ratio supports: it lowers, and never raises."""
    if ratio is None or band not in (STRONG, SOME):
        return band, reason
    if ratio < LEAST_SOME:
        return INCONCLUSIVE, f"few real pictures score so high, but {condition.here}, hardly more generated ones do (likelihood ratio {ratio:.1f})"
    if band == STRONG and ratio < LEAST_STRONG:
        return SOME, f"{reason}; generated pictures reach such scores {ratio:.1f} times as often, which is too little for a stronger word"
    return band, reason


def _too_little_for_strong(card: Mapping[str, Any], limits: Limits, larger: str | None) -> str | None:
    if card.get("preliminary") or limits.n_real < FEWEST_FOR_STRONG:
        return "these weights are too young, or measured on too few pictures, for a stronger word than this"
    return "no stronger word than this is given to pictures larger than those measured" if larger else None


def _uncalibrated(analysis: Analysis) -> str:
    return (
        f"the score of the weights {analysis.weights!r} under the input rule {analysis.seen.rule!r} is not calibrated: nobody has measured "
        f"how often it is wrong on pictures like this one"
    )


def _larger_than_measured(analysis: Analysis, limits: Limits) -> str | None:
    """Scores of whole pictures can grow with their size, so error rates hold only up to the size they were measured at."""
    limit, (width, height) = limits.values.get("largest_side"), analysis.seen.input_size
    if limits.own:  # the user's own photographs were measured as large as they are
        limit = max(limit, limits.own.largest_side) if limit else limits.own.largest_side or None
    # Where the growth was measured it goes by the number of pixels, whatever the shape.
    if limit is None or (math.ceil(side_of((width, height))) if limits.growth else max(width, height)) <= limit:
        return None
    if not limits.growth:
        return f"how often this score is wrong was counted on pictures of up to {limit} pixels a side, and this one has {max(width, height)}"
    counted = limits.values.get("counted_side", limit)
    followed = f" and photographs' scores were followed up to {_megapixels(limit)}" if counted < limit else ""
    return f"how often this score is wrong was counted on pictures of up to {_megapixels(counted)} megapixels{followed}, and this one has {width * height / 1e6:.2f}"


def _megapixels(side: float) -> str:
    return f"{side**2 / 1e6:.2f}"


def _followed(analysis: Analysis, limits: Limits, larger: str | None) -> list[str]:
    """Between the size that errors were counted up to and the one that photographs' scores were followed to."""
    counted, side = limits.values.get("counted_side"), side_of(analysis.seen.input_size)
    if larger or not limits.growth or not counted or side <= counted:
        return []
    counted_up_to = f"how often this score is wrong was counted on pictures of up to {_megapixels(counted)} megapixels"
    return [f"{counted_up_to}; of larger ones, like this with {_megapixels(side)}, only photographs were measured"]


def _beyond(larger: str | None) -> list[str]:
    return [f"{larger}; well below that size photographs' scores stop growing, so the same limits are used"] if larger else []


def _grown(offset: float) -> list[str]:
    if offset < 0.05:
        return []
    return [f"larger pictures score higher, photographs too: {offset:.1f} was taken off this score before it was compared"]


def _papers_line(analysis: Analysis) -> str:
    side = "above" if analysis.logit > 0 else "below"
    return f"the papers' own test code draws its line at a logit of 0 and this one lies {side} it; on other pictures than theirs that line is often wrong"


def _preliminary() -> str:
    return "these weights are preliminary: trained briefly on few pictures, to be replaced"


def _band(logit: float, limits: Limits, figures: Mapping[str, Any] | None, condition: Condition) -> tuple[str, str]:
    n_real, kind = limits.n_real, f" in this condition ({condition.here})" if limits.of_condition else ""
    where = f"of the {n_real} real pictures it was calibrated on{kind}"
    if limits.strong is not None and logit >= limits.strong and not _weak(limits):
        return STRONG, f"the score lies above all but about {_share(limits.alarms['strong'])} {where}"
    if logit >= limits.some:
        if _weak(limits):
            return INCONCLUSIVE, f"the score is high, but {condition.here}, real pictures reach such scores nearly as often as generated ones"
        return SOME, _why_some(limits, where)
    if limits.low is None:
        return INCONCLUSIVE, "the score lies below the limit of your own photographs, and how many generated pictures do so too was never measured"
    if logit > limits.low:
        return INCONCLUSIVE, "real and generated pictures both score like this"
    if figures and 1 - figures["tpr_at_some"] > USELESS_MISS_RATE:
        return INCONCLUSIVE, f"the score is low, but on {condition.words} this detector finds so few generated pictures that this says nothing"
    return NO_TRACE, "the score is as low as most real pictures score, which does not prove a camera"


def _why_some(limits: Limits, where: str) -> str:
    if limits.own:
        return f"the score lies above the limit that your own photographs {limits.own.name!r} set"
    return f"the score lies above all but about {_share(limits.alarms['some'])} {where}"


def _share(alarms: float) -> str:
    return f"{alarms * 100:g} %"


def _weak(limits: Limits) -> bool:
    """Whether a score at the limit is hardly more common among generated pictures; known only of single conditions."""
    if not limits.of_condition or "tpr_at_some" not in limits.values:
        return False
    return limits.values["tpr_at_some"] < LEAST_RATIO * max(limits.values["fpr_at_some"], limits.alarms["some"])


def _figures(card: Mapping[str, Any], rule: str, condition: Condition) -> Mapping[str, Any] | None:
    return (card.get("figures") or {}).get(condition.key, {}).get(rule)


def _ratio_words(ratio: float | None, limits: Limits) -> list[str]:
    """The likelihood ratio in words; at its cap it says that it is one."""
    if ratio is None:
        return []
    capped = "at least " if ratio >= 0.99 * limits.n_real or ratio <= 1.01 / (limits.values.get("n_fake") or math.inf) else "about "
    if 0.8 < ratio < 1.25:
        return ["such a score is about as common among generated pictures as among real ones"]
    more, less = ("generated", "real") if ratio > 1 else ("real", "generated")
    times = max(ratio, 1 / ratio)
    number = f"{times:.1f}" if times < 3 else f"{times:.0f}"
    return [f"such a score is {capped}{number} times as common among {more} pictures as among {less} ones (likelihood ratio {ratio:.2g})"]


def _blind(figures: Mapping[str, Any] | None, condition: Condition) -> list[str]:
    """Where most generated pictures are missed, that is said first and in whole numbers."""
    missed = 1 - figures["tpr_at_some"] if figures else 0
    if missed < WORTH_SAYING:
        return []
    tenths = min(9, round(missed * 10))
    share = "nearly all" if missed >= 0.95 else f"{tenths} of 10"
    if condition.unmeasured:
        return [f"{condition.here}: in the closest condition that was measured, this detector misses {share} generated pictures"]
    return [f"{condition.here}: this detector misses {share} generated pictures here"]


def _error_rates(figures: Mapping[str, Any] | None, condition: Condition, card: Mapping[str, Any]) -> list[str]:
    if not figures:
        return []
    closest = ", the closest condition that was measured" if condition.unmeasured else ""
    own = ", by the card's limit" if card.get("own_reals") else ""
    return [
        f"measured on {condition.words}{closest}, their generators kept out of the training{own}: it marks {figures['fpr_at_some']:.0%} of {figures['n_real']} real "
        f"pictures and finds {figures['tpr_at_some']:.0%} of {figures['n_fake']} generated ones"
    ]


def _of_size(card: Mapping[str, Any], analysis: Analysis, condition: Condition) -> list[str]:
    """False alarms among real pictures of about this size, where the whole picture is read and sizes were counted apart."""
    if analysis.seen.rule != "native":
        return []
    side = math.sqrt(analysis.seen.input_size[0] * analysis.seen.input_size[1])
    for name, rows in (card.get("native_by_size") or {}).items():
        low, high = (int(end) for end in name.removesuffix(" px").split("-"))
        row = rows.get(condition.key) or {}
        if low <= side < high + 1 and row.get("n_real"):
            return [f"of {row['n_real']} real pictures of about this size ({name}), measured on {condition.words}, it marks {row['fpr_at_some']:.0%}"]
    return []
