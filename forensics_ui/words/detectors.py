"""How detectors are called and introduced in sentences; the joined answer is introduced like one of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class About(NamedTuple):
    """What is told of a detector."""

    title: str
    paper: str
    looks_at: str
    limits: str
    parameters: int


JOINED = About(
    title="Joined answer",
    paper="this project's own: a calibrated sum of the detectors' logits, by the condition of the file",
    looks_at="What the detectors say together, each weighed by what it was measured to be worth on files in this condition.",
    limits="It knows no more than its detectors do; where all of them are blind, so is it.",
    parameters=0,
)


def about(name: str) -> About:
    """What is told of the detector of that name, or of the joined answer; a name that is neither stands for itself."""
    from forensics_ui.detectors import DETECTORS

    if name == "joined":
        return JOINED
    if name not in DETECTORS:
        return About(name, "", "", "", 0)
    spec = DETECTORS.get(name).spec
    return About(spec.title, spec.paper, spec.looks_at, spec.limits, spec.parameters)


def title_of(name: str) -> str:
    """How a detector is called."""
    return about(name).title


def listed(titles: Sequence[str]) -> str:
    """As a list in a sentence: "A", "A and B", "A, B and C"."""
    *most, last = titles
    return f"{', '.join(most)} and {last}" if most else last
