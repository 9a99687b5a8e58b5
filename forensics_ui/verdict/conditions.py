"""The condition a picture is in, from measured facts: what happened to it before it reached us decides what a score is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from forensics_ui.core.types import Picture

LOSSY = ("JPEG", "WEBP", "HEIF", "HEIC", "AVIF")
Unmeasured = Literal["", "scaled_and_saved", "scaled_otherwise", "quality_unknown", "format"]
HIGH_QUALITY = 90
# Half the size is what was measured; by how much less or more a picture may be scaled down and still be called like it.
LIKE_HALVED = (1.5, 3.0)
SHRUNK = 1.1  # below this a few trimmed rows look the same
SAME_SHAPE = 0.02


@dataclass(frozen=True)
class Condition:
    """What happened to a picture before it reached us. `key` names the condition in the cards' tables.

    `quality` is that of a JPEG save, `lossless` says that there was no save with loss, `shrunk` by
    how many times the picture was scaled down. `unmeasured` is a code that says why `key` is only
    the closest condition that is measured, not the picture's own; empty if it is its own.
    """

    key: str
    format: str = ""
    lossless: bool = False
    quality: float | None = None
    shrunk: float | None = None
    unmeasured: Unmeasured = ""

    def as_dict(self) -> dict[str, Any]:
        """For reasons: what is known, JSON-ready."""
        return {name: value for name, value in vars(self).items() if value not in (None, "", False)}


def condition_of(picture: Picture) -> Condition:
    """The condition, of those that cards have figures for, that the file is closest to."""
    saved, factor = _saved(picture), shrunk_by(picture)
    if factor is None:
        return saved
    if saved.key != "as_they_come":
        return replace(saved, shrunk=factor, unmeasured="scaled_and_saved")
    measured = LIKE_HALVED[0] <= factor <= LIKE_HALVED[1]
    return replace(saved, key="halved", shrunk=factor, unmeasured="" if measured else "scaled_otherwise")


def _saved(picture: Picture) -> Condition:
    if picture.format not in LOSSY or picture.facts.get("lossless"):
        return Condition("as_they_come", picture.format, lossless=True)
    quality = (picture.facts.get("jpeg") or {}).get("quality")
    if quality is None:
        why: Unmeasured = "quality_unknown" if picture.format == "JPEG" else "format"
        return Condition("jpeg80", picture.format, unmeasured=why)
    return Condition("jpeg96" if quality >= HIGH_QUALITY else "jpeg80", picture.format, quality=quality)


def shrunk_by(picture: Picture) -> float | None:
    """How many times larger the picture was by its own EXIF data; None where they say nothing of the kind.

    Another shape means that it was cut, which resamples nothing.
    """
    exif: Mapping[str, Any] = picture.facts.get("exif") or {}
    try:
        sides = sorted(float(exif[name]) for name in ("ExifImageWidth", "ExifImageHeight"))
    except (KeyError, TypeError, ValueError):
        return None
    now = sorted((picture.width, picture.height))
    short, long = sides[0] / now[0], sides[1] / now[1]
    if not (SHRUNK < long < 1e3) or abs(short / long - 1) > SAME_SHAPE:
        return None
    return long
