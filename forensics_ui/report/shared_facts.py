"""Which facts of a file go into a report that is passed on: what bears on the question, not what tells of a person or a place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FACTS = (
    "declared_type",
    "detected_type",
    "type_mismatch",
    "mode",
    "bits",
    "frames",
    "alpha",
    "orientation",
    "trailing_bytes",
    "end_missing",
    "jpeg",
    "icc",
    "conversion",
    "decoder",
    "software",
    "generators",
    "c2pa",
    "thumbnails",
    "pixels_sha256",
    "remarks",
)
# How a picture came about; not who made it, with which copy of a camera, or where.
EXIF = (
    "Make",
    "Model",
    "LensModel",
    "Software",
    "ProcessingSoftware",
    "Orientation",
    "ImageWidth",
    "ImageLength",
    "ExifImageWidth",
    "ExifImageHeight",
    "ExposureTime",
    "FNumber",
    "ISOSpeedRatings",
    "FocalLength",
    "ColorSpace",
    "CustomRendered",
    "UserComment",
)
LEFT_OUT = {"gps": "the place (GPS)", "text": "embedded text", "xmp": "XMP", "iptc": "IPTC"}


def shared(facts: Mapping[str, Any], metadata: bool = False) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The facts to print, and in words what was left out. `metadata` prints everything, the place included."""
    if metadata:
        return dict(facts), ()
    kept = {name: facts[name] for name in FACTS if name in facts}
    tags = facts.get("exif") or {}
    kept["exif"] = {name: tags[name] for name in EXIF if name in tags}
    left_out = [words for name, words in LEFT_OUT.items() if facts.get(name)]
    if others := len(tags) - len(kept["exif"]):
        left_out.append(f"{others} other EXIF {'tag' if others == 1 else 'tags'}")
    return kept, tuple(left_out)
