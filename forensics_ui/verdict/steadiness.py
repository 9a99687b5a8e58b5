"""What the stability view does to a verdict: evidence that a small change takes away is no evidence. It lowers, and never raises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG, Verdict

# Small: the same pixels, one place further. Any save with loss removes the traces themselves: of 31 generated pictures that scored
# above their limit, JPEG at quality 98 took 30 below it (and 4 of 4 false alarms), so that such a flip tells neither from the other.


@dataclass(frozen=True)
class Shift:
    """The same pixels, moved by so many columns and rows, with the score of each detector."""

    across: int
    down: int
    scores: Mapping[str, float]


@dataclass(frozen=True)
class Study:
    """What a stability study found, by detector: the score as it is, its limit, and scores after small changes."""

    rule: str
    as_it_is: Mapping[str, float]
    limits: Mapping[str, float]
    shifts: tuple[Shift, ...]

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, Any]) -> Study:
        """Read the numbers of the stability view."""
        shifts = tuple(
            Shift(int(row["by"][0]), int(row["by"][1]), {name: score for name, score in row["scores"].items() if score is not None})
            for row in numbers.get("shifts") or ()
        )
        starts, limits = (
            {name: value for name, value in (numbers.get(key) or {}).items() if value is not None} for key in ("as_it_is", "thresholds")
        )
        return cls(str(numbers.get("rule")), starts, limits, shifts)

    def flip(self, detector: str) -> Shift | None:
        """The first small change that takes the score over its limit; None if none does, or if the study knows no limit."""
        start, limit = self.as_it_is.get(detector), self.limits.get(detector)
        if start is None or limit is None:
            return None
        crossing = (shift for shift in self.shifts if detector in shift.scores and (shift.scores[detector] >= limit) != (start >= limit))
        return next(crossing, None)

    def above(self, detector: str) -> bool:
        """Whether the score as it is lies above its limit."""
        return self.as_it_is[detector] >= self.limits[detector]


def studies_of(numbers: Iterable[Mapping[str, Any]]) -> tuple[Study, ...]:
    """The studies that stability views made, from their numbers; a view without any made none."""
    return tuple(Study.from_numbers(each) for each in numbers if each)


def steadied(verdict: Verdict, detector: str, rule: str, studies: Sequence[Study]) -> Verdict:
    """The verdict after stability studies of its picture; one without evidence keeps its band.

    The probability and the ratio stay: they are what was measured. `alone` keeps the band before.
    """
    # The middle of a picture is studied for the whole of it: one study takes a minute, one of every tile would take hours.
    accepted = (rule, "crop") if rule == "native" else (rule,)
    for study in studies:
        found = study.flip(detector) if study.rule in accepted else None
        if found and (reason := _reason(verdict.band, found, study.above(detector), study.rule != rule)):
            lowered = INCONCLUSIVE if verdict.band in (STRONG, SOME) else verdict.band
            return replace(verdict, band=lowered, alone=verdict.band, reasons=(reason, *verdict.reasons))
    return verdict


def _reason(band: str, change: Shift, falls: bool, of_middle: bool) -> Reason | None:
    values = {"by": [change.across, change.down], "of_middle": of_middle}
    if band in (STRONG, SOME) and falls:
        return Reason("lowered_by_study", "cause", {"band": band, **values})
    if band == NO_TRACE and not falls:
        return Reason("not_steady", "cause", values)
    return None
