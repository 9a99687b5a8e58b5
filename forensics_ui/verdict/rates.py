"""How common such a score is, and how often the detector errs on pictures like this one."""

from __future__ import annotations

import math

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import Analysis
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.limits import Limits
from forensics_ui.weightstore.card import Card, ErrorRates

# Of missed generated pictures: from this share on it is said in a sentence of its own.
WORTH_SAYING = 0.5
# Between these a likelihood ratio says that such scores are as common among both.
ALIKE = (0.8, 1.25)


def ratio_of(ratio: float | None, limits: Limits) -> list[Reason]:
    """The likelihood ratio; at its cap it says that it is one."""
    if ratio is None:
        return []
    capped = ratio >= 0.99 * limits.n_real or ratio <= 1.01 / (limits.rates.n_fake or math.inf)
    if ALIKE[0] < ratio < ALIKE[1]:
        return [Reason("ratio_alike", "rate", {"ratio": ratio})]
    return [Reason("ratio", "rate", {"ratio": ratio, "capped": capped})]


def blind(figures: ErrorRates | None, condition: Condition) -> list[Reason]:
    """That most generated pictures are missed here."""
    missed = 1 - figures.tpr_at_some if figures and figures.tpr_at_some is not None else 0
    if missed < WORTH_SAYING:
        return []
    return [Reason("blind", "doubt", {"missed": missed, "condition": condition.as_dict()})]


def error_rates(figures: ErrorRates | None, condition: Condition, by_own: bool) -> list[Reason]:
    """How often the detector errs on pictures in this condition."""
    if not figures:
        return []
    counted = {name: getattr(figures, name) for name in ("n_real", "n_fake", "fpr_at_some", "tpr_at_some")}
    return [Reason("error_rates", "rate", {**counted, "condition": condition.as_dict(), "by_own": by_own})]


def of_size(card: Card, analysis: Analysis, condition: Condition) -> list[Reason]:
    """False alarms among real pictures of about this size, where the whole picture is read and sizes were counted apart."""
    if analysis.seen.rule != "native":
        return []
    side = math.sqrt(analysis.seen.input_size[0] * analysis.seen.input_size[1])
    for size in card.sizes:
        row = size.conditions.get(condition.key)
        if size.low <= side < size.high + 1 and row and row.n_real:
            values = {"n_real": row.n_real, "fpr_at_some": row.fpr_at_some, "size": size.name, "condition": condition.as_dict()}
            return [Reason("size_rates", "rate", values)]
    return []
