"""The condition a picture is in, from measured facts: what happened to it before it reached us decides what a score is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from forensics_ui.core.types import Picture

LOSSY = ("JPEG", "WEBP", "HEIF", "HEIC", "AVIF")
NAMES = {"WEBP": "WebP", "HEIF": "HEIC"}  # as people call them
HIGH_QUALITY = 90
# Half the size is what was measured; by how much less or more a picture may be scaled down and still be called like it.
LIKE_HALVED = (1.5, 3.0)
SHRUNK = 1.1  # below this a few trimmed rows look the same
SAME_SHAPE = 0.02


@dataclass(frozen=True)
class Condition:
    """`key` names the condition in the cards' tables, `words` says it of such pictures, `here` of this one.

    `unmeasured` says why `key` is only the closest condition that is measured, not the picture's own; empty if it is its own.
    """

    key: str
    words: str
    here: str = ""
    unmeasured: str = ""


def condition_of(picture: Picture) -> Condition:
    """The condition, of those that cards have figures for, that the file is closest to."""
    saved, factor = _saved(picture), shrunk_by(picture)
    if factor is None:
        return saved
    here = f"scaled down to about 1/{factor:.1f} of the size that its EXIF data names"
    if saved.key != "as_they_come":
        return replace(saved, here=f"{saved.here}, {here}", unmeasured=f"the picture is {here} and {saved.here}, which was not measured together")
    measured = LIKE_HALVED[0] <= factor <= LIKE_HALVED[1]
    why = "" if measured else f"the picture is {here}; only halving was measured"
    return Condition("halved", f"pictures scaled down to half their size (this one: to about 1/{factor:.1f})", here, why)


def _saved(picture: Picture) -> Condition:
    if picture.format not in LOSSY or picture.facts.get("lossless"):
        return Condition("as_they_come", "pictures as they come", f"{NAMES.get(picture.format, picture.format)}, saved without loss")
    quality = (picture.facts.get("jpeg") or {}).get("quality")
    if quality is None:
        name = NAMES.get(picture.format, picture.format)
        why = "the quality of this JPEG is not known" if name == "JPEG" else f"no limit was measured for {name}"
        return Condition("jpeg80", "pictures saved with loss", f"saved as {name}, as a rule with loss", why)
    here, high = f"saved as JPEG at about {quality:.0f}", quality >= HIGH_QUALITY
    level = "high quality" if high else "medium or low quality"
    return Condition("jpeg96" if high else "jpeg80", f"pictures saved as JPEG at {level} (this one: about {quality:.0f})", here)


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
