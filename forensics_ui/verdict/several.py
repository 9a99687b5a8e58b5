"""What several detectors say together. They are never averaged and none overrules another: where they differ, that is the answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from forensics_ui.core.types import INCONCLUSIVE, NOT_APPLICABLE, SOME, STRONG


def common_band(bands: Mapping[str, str]) -> str | None:
    """The one band of all detectors that could judge; None where they differ or none could."""
    judged = _judged(bands)
    return next(iter(judged.values())) if len(set(judged.values())) == 1 else None


def contradict(bands: Mapping[str, str]) -> bool:
    """Whether detectors that could tell say different things."""
    return len({band for band in _judged(bands).values() if band != INCONCLUSIVE}) > 1


def disagreement(bands: Mapping[str, str]) -> str:
    """The sentence that says how detectors differ, by title; empty where they do not."""
    judged = _judged(bands)
    if len(set(judged.values())) < 2:
        return ""
    said = _join(f"{title} says {band}" for title, band in judged.items())
    sure = {title: band for title, band in judged.items() if band != INCONCLUSIVE}
    if not contradict(bands):
        # One that cannot tell contradicts nobody, but it is no second witness either.
        unsure = _join(title for title in judged if title not in sure)
        return f"{_join(sure)} {'say' if len(sure) > 1 else 'says'} {next(iter(sure.values()))}; {unsure} cannot tell (inconclusive)."
    if set(judged.values()) <= {SOME, STRONG}:
        return f"The detectors disagree on how strong the evidence of generation is: {said}."
    return f"The detectors disagree: {said}."


def _judged(bands: Mapping[str, str]) -> dict[str, str]:
    return {title: band for title, band in bands.items() if band != NOT_APPLICABLE}


def _join(parts: Iterable[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
