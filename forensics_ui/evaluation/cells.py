"""The cells of tables of figures: one text for people, parts for whoever lays them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A figure in percent with the ends of its interval."""

    figure: str
    low: str
    high: str

    def __str__(self) -> str:
        return f"{self.figure} [{self.low}, {self.high}]"


def percent(value: float | None) -> str:
    """A share in percent, with one digit; a dash where it is not known."""
    return "-" if value is None else f"{100 * value:.1f}"


def measured(value: float | None, interval: Sequence[float | None] | None) -> str | Measured:
    """A figure, with its interval where there is one."""
    if value is None or not interval:
        return percent(value)
    return Measured(percent(value), percent(interval[0]), percent(interval[1]))
