"""The user's own photographs as a measure: how often the detectors alarm on them, and a limit that few of their kind pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.counts import ALARMS, CONFIDENCE, fewest, interval, tolerance_limit


@dataclass(frozen=True)
class ReferencePart:
    """What one detector with one set of weights said of the photographs under one rule."""

    detector: str
    weights: str | None
    weights_sha256: str
    rule: str
    largest_side: int
    logits: Mapping[str, tuple[float, ...]]  # by condition
    left_out: Mapping[str, int]

    @classmethod
    def from_json(cls, part: Mapping[str, Any]) -> ReferencePart:
        """Read a part of a stored set."""
        return cls(
            part["detector"],
            part.get("weights"),
            part["weights_sha256"],
            part["rule"],
            int(part.get("largest_side") or 0),
            {condition: tuple(logits) for condition, logits in part["logits"].items()},
            part.get("left_out") or {},
        )


@dataclass(frozen=True, eq=False)
class ReferenceSet:
    """Photographs that the user trusts, scored once and stored as numbers. Two with one hash are the same."""

    name: str
    sha256: str
    folder: str
    made: str
    pictures: int
    failed: Mapping[str, int]
    parts: tuple[ReferencePart, ...]
    # Further fields of the stored set, as they stand there.
    fields: Mapping[str, Any]

    @classmethod
    def from_json(cls, own: Mapping[str, Any]) -> ReferenceSet:
        """Read a stored set, whose hash was checked."""
        parts = tuple(ReferencePart.from_json(part) for part in own["parts"])
        fields = {key: value for key, value in own.items() if key != "parts"}
        named = {key: own[key] for key in ("name", "sha256", "folder", "made", "pictures", "failed")}
        return cls(**named, parts=parts, fields=fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReferenceSet) and (self.name, self.sha256) == (other.name, other.sha256)

    def __hash__(self) -> int:
        return hash((self.name, self.sha256))

    @property
    def signature(self) -> str:
        """How records and reports name a set: its name, and the beginning of its hash."""
        return f"{self.name} ({self.sha256[:12]})"

    def part(self, detector: str, weights_sha256: str, rule: str) -> ReferencePart | None:
        """What it knows about exactly these weights under this rule."""
        wanted = (detector, weights_sha256, rule)
        same = (part for part in reversed(self.parts) if (part.detector, part.weights_sha256, part.rule) == wanted)
        return next(same, None)


@dataclass(frozen=True)
class OwnLimit:
    """What one set says for one detector, rule and condition. `threshold` is None where it says too little; `reason` says which and why."""

    name: str
    n: int
    threshold: float | None
    reason: Reason
    alarms: float = ALARMS
    largest_side: int = 0


def own_limit(name: str, part: ReferencePart | None, rule: str, condition: Condition, card_limit: float | None) -> OwnLimit:
    """The limit from the photographs that are in the condition of the picture."""
    about: dict[str, Any] = {"name": name, "rule": rule, "condition": condition.as_dict()}
    if part is None:
        return OwnLimit(name, 0, None, Reason("own_not_scored", "note", about))
    logits = part.logits.get(condition.key) or ()
    n, needed = len(logits), fewest()
    if condition.unmeasured:
        return OwnLimit(name, n, None, Reason("own_condition_unmeasured", "note", about))
    about |= {"n": n, "marked": marked(logits, card_limit)}
    if n < needed:
        return OwnLimit(name, n, None, Reason("own_too_few", "note", {**about, "needed": needed}))
    values = {**about, "alarms": ALARMS, "confidence": CONFIDENCE}
    return OwnLimit(name, n, tolerance_limit(logits), Reason("own_limit", "rate", values), ALARMS, part.largest_side)


def marked(logits: Sequence[float], card_limit: float | None) -> dict[str, Any] | None:
    """How many of them the card's own limit would mark."""
    if card_limit is None or not logits:
        return None
    count = sum(logit >= card_limit for logit in logits)
    low, high = interval(count, len(logits))
    return {"count": count, "of": len(logits), "low": round(low, 6), "high": round(high, 6), "confidence": CONFIDENCE}
