"""Small pictures inside the file: they can show what the picture was before it was changed. Never decoded here."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from PIL import ExifTags

from forensics_ui.imaging import sniff
from forensics_ui.imaging.facts import jpeg_markers

if TYPE_CHECKING:
    from forensics_ui.imaging.facts import Source

MAX_THUMBNAILS = 8
OFFSET, LENGTH = 0x0201, 0x0202


def read(source: Source) -> list[dict[str, Any]]:
    """Where each thumbnail is, its size and hash."""
    found = [describe("EXIF", raw) for raw in exif_thumbnails(source)]
    markers = source.shape.jpeg
    if markers:
        found += [describe("Photoshop resource", raw) for raw in markers.thumbnails_8bim]
        if markers.jfif_thumbnail:
            wide, high = markers.jfif_thumbnail
            found.append({"where": "JFIF", "type": "RGB", "bytes": 3 * wide * high, "sha256": None, "width": wide, "height": high})
    return found[:MAX_THUMBNAILS]


def exif_thumbnails(source: Source) -> list[bytes]:
    """The thumbnail that the second EXIF directory points to."""
    raw = source.image.info.get("exif")
    if not raw:
        return []
    directory = source.image.getexif().get_ifd(ExifTags.IFD.IFD1)
    start, length = directory.get(OFFSET), directory.get(LENGTH)
    if not isinstance(start, int) or not isinstance(length, int) or length <= 0:
        return []
    header = 6 if raw.startswith(b"Exif\0\0") else 0
    thumbnail = raw[header + start : header + start + length]
    return [thumbnail] if thumbnail else []


def describe(where: str, raw: bytes) -> dict[str, Any]:
    """One thumbnail as numbers."""
    kind = sniff.detect(raw)
    size = jpeg_markers.read(raw).size if kind == "JPEG" else None
    width, height = size or (None, None)
    return {"where": where, "type": kind, "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest(), "width": width, "height": height}
