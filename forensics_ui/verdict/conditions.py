"""The condition a picture is in, from measured facts: what happened to it before it reached us decides what a score is worth."""

from __future__ import annotations

from dataclasses import dataclass

from forensics_ui.core.types import Picture

LOSSY = ("JPEG", "WEBP", "HEIF", "HEIC", "AVIF")


@dataclass(frozen=True)
class Condition:
    """`key` is the name of the condition in the cards' tables, `words` what a person reads."""

    key: str
    words: str


def condition_of(picture: Picture) -> Condition:
    """The condition, of those that cards have figures for, that the file is closest to."""
    if picture.format not in LOSSY:
        return Condition("as_they_come", "pictures as they come")
    quality = (picture.facts.get("jpeg") or {}).get("quality")
    if quality is None:
        return Condition("jpeg80", "pictures saved with loss")
    if quality >= 90:
        return Condition("jpeg96", f"pictures saved as JPEG at high quality (this one: about {quality:.0f})")
    return Condition("jpeg80", f"pictures saved as JPEG at medium or low quality (this one: about {quality:.0f})")
