"""What several detectors say together. They are never averaged and none overrules another: where they differ, that is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forensics_ui.core.types import NOT_APPLICABLE, SOME, STRONG


def common_band(bands: Mapping[str, str]) -> str | None:
    """The one band of all detectors that could judge; None where they differ or none could."""
    judged = _judged(bands)
    return next(iter(judged.values())) if len(set(judged.values())) == 1 else None


def disagreement(bands: Mapping[str, str]) -> str:
    """The sentence that says how detectors differ, by title; empty where they do not."""
    judged = _judged(bands)
    if len(set(judged.values())) < 2:
        return ""
    said = _join(f"{title} says {band}" for title, band in judged.items())
    if set(judged.values()) <= {SOME, STRONG}:
        return f"The detectors disagree on how strong the evidence of generation is: {said}."
    return f"The detectors disagree: {said}."


def _judged(bands: Mapping[str, str]) -> dict[str, str]:
    return {title: band for title, band in bands.items() if band != NOT_APPLICABLE}


def _join(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}"
