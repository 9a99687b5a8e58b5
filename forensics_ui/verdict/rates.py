"""How common such a score is, and how often the detector errs on pictures like this one."""

from __future__ import annotations

import math

from forensics_ui.core.types import Analysis
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.limits import Limits
from forensics_ui.weightstore.card import Card, ErrorRates

# Of missed generated pictures: from this share on it is said in a sentence of its own.
WORTH_SAYING = 0.5


def ratio_words(ratio: float | None, limits: Limits) -> list[str]:
    """The likelihood ratio in words; at its cap it says that it is one."""
    if ratio is None:
        return []
    capped = "at least " if ratio >= 0.99 * limits.n_real or ratio <= 1.01 / (limits.rates.n_fake or math.inf) else "about "
    if 0.8 < ratio < 1.25:
        return ["such a score is about as common among generated pictures as among real ones"]
    more, less = ("generated", "real") if ratio > 1 else ("real", "generated")
    times = max(ratio, 1 / ratio)
    number = f"{times:.1f}" if times < 3 else f"{times:.0f}"
    return [f"such a score is {capped}{number} times as common among {more} pictures as among {less} ones (likelihood ratio {ratio:.2g})"]


def blind(figures: ErrorRates | None, condition: Condition) -> list[str]:
    """Where most generated pictures are missed, that is said first and in whole numbers."""
    missed = 1 - figures.tpr_at_some if figures else 0
    if missed < WORTH_SAYING:
        return []
    tenths = min(9, round(missed * 10))
    share = "nearly all" if missed >= 0.95 else f"{tenths} of 10"
    if condition.unmeasured:
        return [f"{condition.here}: in the closest condition that was measured, this detector misses {share} generated pictures"]
    return [f"{condition.here}: this detector misses {share} generated pictures here"]


def error_rates(figures: ErrorRates | None, condition: Condition, by_own: bool) -> list[str]:
    """How often the detector errs on pictures in this condition, in a sentence."""
    if not figures:
        return []
    closest = ", the closest condition that was measured" if condition.unmeasured else ""
    own = ", by the card's limit" if by_own else ""
    return [
        f"measured on {condition.words}{closest}, their generators kept out of the training{own}: it marks {figures.fpr_at_some:.0%} of {figures.n_real} real "
        f"pictures and finds {figures.tpr_at_some:.0%} of {figures.n_fake} generated ones"
    ]


def of_size(card: Card, analysis: Analysis, condition: Condition) -> list[str]:
    """False alarms among real pictures of about this size, where the whole picture is read and sizes were counted apart."""
    if analysis.seen.rule != "native":
        return []
    side = math.sqrt(analysis.seen.input_size[0] * analysis.seen.input_size[1])
    for size in card.sizes:
        row = size.conditions.get(condition.key)
        if size.low <= side < size.high + 1 and row and row.n_real:
            return [
                f"of {row.n_real} real pictures of about this size ({size.name}), measured on {condition.words}, "
                f"it marks {row.fpr_at_some:.0%}"
            ]
    return []
