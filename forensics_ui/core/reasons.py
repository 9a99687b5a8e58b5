"""Reasons as data: what is said about a score, before anybody puts it into a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

# Why the answer is what it is; how often such an answer is wrong; what speaks against relying on
# it; and what else must be known.
Role = Literal["cause", "rate", "doubt", "note"]
WEIGHTS: dict[Role, float] = {"cause": 1.0, "doubt": 0.6, "rate": 0.4, "note": 0.2}
# Sentences of others that are not data yet, under `words`.
SAID = "said"


@dataclass(frozen=True)
class Reason:
    """One reason: its code, the numbers and names in it (JSON-ready), its role, and how much it matters."""

    code: str
    role: Role = "note"
    values: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 0.0

    def __post_init__(self) -> None:
        if not self.weight:
            object.__setattr__(self, "weight", WEIGHTS[self.role])

    def as_dict(self) -> dict[str, Any]:
        """As records keep it: numbers with the digits that processors agree on."""
        return {"code": self.code, "role": self.role, "weight": self.weight, "values": _tidy(self.values)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Reason:
        """Read back what `as_dict` wrote."""
        return cls(fields["code"], fields["role"], fields["values"], fields["weight"])


def _tidy(value: Any) -> Any:
    if isinstance(value, Reason):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {name: _tidy(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_tidy(each) for each in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def said(words: str, role: Role = "note") -> Reason:
    """A sentence that has no code of its own yet."""
    return Reason(SAID, role, {"words": words})


def because(code: str, **values: Any) -> Reason:
    """Why something is refused or cannot be done."""
    return Reason(code, "cause", values)


def fact(code: str, **values: Any) -> Reason:
    """What was done or found, to be told beside an answer."""
    return Reason(code, "note", values)


def doubt(code: str, **values: Any) -> Reason:
    """What speaks against relying on an answer or a figure."""
    return Reason(code, "doubt", values)


def all_of(reasons: Iterable[Reason]) -> Reason:
    """Several reasons why as one."""
    parts = list(reasons)
    return parts[0] if len(parts) == 1 else because("all_of", parts=parts)
