"""A picture's condition in words: of such pictures, of this one, and why it was not measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.verdict.conditions import HIGH_QUALITY, Condition

NAMES = {"WEBP": "WebP", "HEIF": "HEIC"}  # as people call them


def condition_in(values: Mapping[str, Any]) -> Condition:
    """The condition that a reason names."""
    return Condition(**values["condition"])


def of_such(condition: Condition) -> str:
    """What is said of pictures in this condition."""
    if condition.key == "halved":
        return f"pictures scaled down to half their size (this one: to about 1/{condition.shrunk:.1f})"
    if condition.lossless:
        return "pictures as they come"
    if condition.quality is None:
        return "pictures saved with loss"
    level = "high quality" if condition.quality >= HIGH_QUALITY else "medium or low quality"
    return f"pictures saved as JPEG at {level} (this one: about {condition.quality:.0f})"


def here(condition: Condition) -> str:
    """What is said of this picture."""
    if condition.key == "halved":
        return _scaled(condition)
    return f"{_saved(condition)}, {_scaled(condition)}" if condition.shrunk else _saved(condition)


def unmeasured(condition: Condition) -> str:
    """Why the condition is only the closest one that was measured; empty if it is the picture's own."""
    if condition.unmeasured == "scaled_and_saved":
        return f"the picture is {_scaled(condition)} and {_saved(condition)}, which was not measured together"
    if condition.unmeasured == "scaled_otherwise":
        return f"the picture is {_scaled(condition)}; only halving was measured"
    if condition.unmeasured == "quality_unknown":
        return "the quality of this JPEG is not known"
    return f"no limit was measured for {_name(condition)}" if condition.unmeasured else ""


def _name(condition: Condition) -> str:
    return NAMES.get(condition.format, condition.format)


def _saved(condition: Condition) -> str:
    if condition.lossless:
        return f"{_name(condition)}, saved without loss"
    if condition.quality is None:
        return f"saved as {_name(condition)}, as a rule with loss"
    return f"saved as JPEG at about {condition.quality:.0f}"


def _scaled(condition: Condition) -> str:
    return f"scaled down to about 1/{condition.shrunk:.1f} of the size that its EXIF data names"
