"""Small things that several views need: the picture as a pane, the detectors that can be asked, numbers fit for JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.core.types import InputRule, Seen
from forensics_ui.detectors import DETECTORS
from forensics_ui.views.base import Option, Pane, Subject

T = TypeVar("T")
CHANNELS = ("red", "green", "blue")
DETECTOR = Option(
    "detector", "Detector", "all", choices=("all", *DETECTORS.names()), help="which detector's maps; 'all' shows those that can be used, side by side"
)


def original(subject: Subject) -> Pane:
    """The picture itself, as it is stored."""
    return Pane("original", "Picture", lambda: subject.picture.rgb, reduce="mean")


def title_of(detector: str) -> str:
    """The published name of a detector."""
    return DETECTORS.get(detector).spec.title


def ask_each(subject: Subject, wanted: str, ask: Callable[[str], T]) -> tuple[dict[str, T], list[Reason]]:
    """Answers of the wanted detectors, and why each other has none; NotApplicable if no detector has one."""
    usable = subject.detectors()
    if wanted != "all" and wanted not in usable:
        raise NotApplicable(because("weights_not_installed", title=title_of(wanted)))
    answers: dict[str, T] = {}
    reasons = []
    for name in usable if wanted == "all" else [wanted]:
        try:
            answers[name] = ask(name)
        except NotApplicable as reason:
            reasons.append(fact("of_detector", title=title_of(name), why=reason.why))
    if not answers:
        raise NotApplicable(because("of_each", parts=reasons) if reasons else because("no_weights_at_all"))
    return answers, reasons


def threshold_of(subject: Subject, detector: str, rule: InputRule | None = None) -> tuple[float, str]:
    """The logit to compare with, and where it comes from."""
    known = subject.threshold(detector, rule)
    return (0.0, "0, because these weights are not calibrated") if known is None else (float(known), subject.threshold_origin(detector, rule))


def seen_numbers(seen: Seen) -> dict[str, Any]:
    """What was looked at, JSON-ready."""
    box = seen.box
    return {
        "rule": seen.rule,
        "box": [box.left, box.top, box.width, box.height],
        "input_size": list(seen.input_size),
        "resampled": seen.resampled,
        "padded": seen.padded,
        "notes": list(seen.notes),
    }


def plain_value(value: Any) -> Any:
    """Any value of a view's numbers as JSON: numpy scalars become numbers, what is not finite becomes None."""
    if isinstance(value, Mapping):
        return {str(key): plain_value(each) for key, each in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain_value(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


def rounded(value: float, digits: int = 6) -> float | None:
    """A float for tables and numbers; None if it is not finite."""
    return round(float(value), digits) if math.isfinite(value) else None
