"""Which numbers a score is held against: those of its own condition, else those of all conditions, else of the user's own photographs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forensics_ui.core.reasons import Reason
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.reference_set import OwnLimit
from forensics_ui.weightstore.card import Calibration, ErrorRates, Growth, LimitRow


@dataclass(frozen=True)
class Limits:
    """The limits in logits, how sure they are, and what must be said about their choice.

    `strong` and `low` are None where nobody measured them. `row` is the row of the card, None
    without one; `some_alarms` and `strong_alarms` are the shares of real pictures above.
    """

    some: float
    strong: float | None
    low: float | None
    row: LimitRow | None
    some_alarms: float
    strong_alarms: float | None = None
    of_condition: bool = False
    pooled: bool = False  # the strictest of all conditions, because the picture's own has none
    notes: tuple[Reason, ...] = ()
    own: OwnLimit | None = None

    @property
    def growth(self) -> Sequence[Growth]:
        """How scores grow with the size, where the card says so. Own photographs were scored as large as they are: nothing is taken off."""
        return self.row.growth if self.row and not self.own else ()

    @property
    def rates(self) -> ErrorRates:
        """The error rates of the row of the card; nothing counted without one."""
        return self.row.rates if self.row else ErrorRates()

    @property
    def origin(self) -> str:
        """Who set the limit of some evidence."""
        if self.own:
            return f"from your own photographs {self.own.name!r}"
        return "from the weights' card, the strictest of all its conditions" if self.pooled else "from the weights' card"

    @property
    def n_real(self) -> int:
        """How many real pictures stand behind it."""
        return self.own.n if self.own and not self.row else int(self.rates.n_real or 0)

    def probability(self, logit: float) -> float | None:
        """Platt's sigmoid, both classes weighed equally, kept within what the number of calibration pictures supports."""
        if self.row is None or not self.row.platt or not self.row.range:
            return None
        (low, high), platt = self.row.range, self.row.platt
        exponent = max(-700.0, min(700.0, -(platt.a * logit + platt.b)))
        return min(high, max(low, 1 / (1 + math.exp(exponent))))

    def ratio(self, logit: float) -> float | None:
        """The likelihood ratio: how many times more often generated pictures score like this than real ones do.

        With both classes weighed equally the prior odds are 1, so the posterior odds are the ratio. A ratio of R says that real
        pictures score so high less often than once in R; n pictures of which none did so support a rate of 1 / (n + 2) (Laplace's
        rule of succession), not less, so no ratio above about n is given, however far the sigmoid would extrapolate. The same
        holds downwards with the generated ones. The four conditions show the same n pictures again and do not add to n.
        """
        probability = self.probability(logit)
        if probability is None:
            return None
        ratio = probability / (1 - probability)
        n_real, n_fake = self.rates.n_real, self.rates.n_fake
        ratio = min(ratio, float(n_real)) if n_real else ratio
        return max(ratio, 1 / n_fake) if n_fake else ratio


def limits_of_card(calibration: Calibration | None, condition: Condition) -> Limits | None:
    """The limits that a card has for one rule: of the picture's condition, else of all of them."""
    if calibration is None:
        return None
    rows = calibration.conditions
    row, why = (None, None) if rows is None else _row(rows, condition, calibration.some_alarms)
    values = row or calibration.pooled
    notes = (why,) if why else ()
    alarms = calibration.some_alarms, calibration.strong_alarms
    pooled = rows is not None and row is None
    return Limits(values.some, values.strong, values.low, values, *alarms, row is not None, pooled, notes)


def _row(rows: Mapping[str, LimitRow], condition: Condition, alarms: float) -> tuple[LimitRow | None, Reason | None]:
    """The row of the picture's own condition, or None and why not."""
    here = {"condition": condition.as_dict()}
    if condition.unmeasured:
        return None, Reason("strictest_condition_unmeasured", "doubt", here)
    row = rows.get(condition.key)
    if not row:
        return None, Reason("strictest_weights_unmeasured", "doubt", here)
    n_real = row.rates.n_real or 0
    if n_real < 1 / alarms:
        return None, Reason("strictest_too_few", "doubt", {**here, "n_real": n_real})
    return row, None


def with_own(known: Limits | None, own: OwnLimit) -> Limits | None:
    """The same limits after the user's own photographs had their say."""
    if own.threshold is None:
        return replace(known, notes=(*known.notes, own.reason)) if known else None
    if known is None:
        return Limits(own.threshold, None, None, None, own.alarms, notes=(own.reason,), own=own)
    # Where the user's photographs reach the card's limit of strong evidence, that limit does not hold for pictures like theirs.
    strong = known.strong if known.strong is not None and known.strong >= own.threshold else None
    low = None if known.low is None else min(known.low, own.threshold)
    return replace(known, some=own.threshold, strong=strong, low=low, notes=(*known.notes, own.reason), own=own)
