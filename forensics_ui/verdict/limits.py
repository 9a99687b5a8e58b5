"""Which numbers a score is held against: those of its own condition, else those of all conditions, else of the user's own photographs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.own_reals import OwnLimit, own_limit

# Cards that do not say so were made with these: at most 5 % of real pictures reach *some*, 1 % *strong*.
ALARMS = {"some": 0.05, "strong": 0.01}


@dataclass(frozen=True)
class Limits:
    """The limits in logits, how sure they are, and what must be said about their choice.

    `strong` and `low` are None where nobody measured them. `values` is the row of the card, {} without one.
    """

    some: float
    strong: float | None
    low: float | None
    values: Mapping[str, Any]
    alarms: Mapping[str, float]
    of_condition: bool = False
    notes: tuple[str, ...] = ()
    own: OwnLimit | None = None

    @property
    def growth(self) -> Sequence[Mapping[str, Any]]:
        """How scores grow with the size, where the card says so. Own photographs were scored as large as they are: nothing is taken off."""
        return () if self.own else self.values.get("growth") or ()

    @property
    def origin(self) -> str:
        """Who set the limit of some evidence."""
        if self.own:
            return f"from your own photographs {self.own.name!r}"
        pooled = "conditions" in self.values and not self.of_condition
        return "from the weights' card, the strictest of all its conditions" if pooled else "from the weights' card"

    @property
    def n_real(self) -> int:
        """How many real pictures stand behind it."""
        return self.own.n if self.own and not self.values else int(self.values.get("n_real") or 0)

    def probability(self, logit: float) -> float | None:
        """Platt's sigmoid, both classes weighed equally, kept within what the number of calibration pictures supports."""
        platt = self.values.get("platt")
        if not platt or "range" not in self.values:
            return None
        low, high = self.values["range"]
        exponent = max(-700.0, min(700.0, -(platt["a"] * logit + platt["b"])))
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
        n_real, n_fake = self.values.get("n_real"), self.values.get("n_fake")
        ratio = min(ratio, float(n_real)) if n_real else ratio
        return max(ratio, 1 / n_fake) if n_fake else ratio


def limits_of(card: Mapping[str, Any], rule: str, condition: Condition) -> Limits | None:
    """What to hold a score against; None where these weights are calibrated neither by their card nor by own photographs."""
    calibration = (card.get("calibration") or {}).get(rule)
    known = _of_card(calibration, condition) if calibration else None
    own = card.get("own_reals")
    return _by_own(known, own_limit(own, rule, condition, known.some if known else None)) if own else known


def _of_card(calibration: Mapping[str, Any], condition: Condition) -> Limits:
    alarms = {**ALARMS, **(calibration.get("alarms") or {})}
    rows = calibration.get("conditions")
    row, why = (None, "") if rows is None else _row(rows, condition, alarms["some"])
    values = {**calibration, **row} if row else calibration
    notes = (f"{why}: the strictest limits of all measured conditions are used",) if why else ()
    some, strong, low = (float(values[f"threshold_{name}"]) for name in ("some", "strong", "low"))
    return Limits(some, strong, low, values, alarms, row is not None, notes)


def _row(rows: Mapping[str, Any], condition: Condition, alarms: float) -> tuple[Mapping[str, Any] | None, str]:
    """The row of the picture's own condition, or None and why not."""
    if condition.unmeasured:
        return None, condition.unmeasured
    row = rows.get(condition.key)
    if not row:
        return None, f"these weights were not measured on {condition.words}"
    if row["n_real"] < 1 / alarms:
        return None, f"these weights were measured on only {row['n_real']} real pictures in this condition ({condition.here})"
    return row, ""


def _by_own(known: Limits | None, own: OwnLimit) -> Limits | None:
    if own.threshold is None:
        return replace(known, notes=(*known.notes, own.words)) if known else None
    if known is None:
        return Limits(own.threshold, None, None, {}, {"some": own.alarms}, notes=(own.words,), own=own)
    # Where the user's photographs reach the card's limit of strong evidence, that limit does not hold for pictures like theirs.
    strong = known.strong if known.strong is not None and known.strong >= own.threshold else None
    low = None if known.low is None else min(known.low, own.threshold)
    return replace(known, some=own.threshold, strong=strong, low=low, notes=(*known.notes, own.words), own=own)
