"""The EXIF table as text, with everything about the place kept apart so that a report can leave it out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from PIL import ExifTags

from forensics_ui.imaging.facts.text import clean, jsonable

if TYPE_CHECKING:
    from forensics_ui.imaging.facts import Source

NOTHING: dict[str, Any] = {"orientation": None, "exif": {}, "gps": {}}
MAX_TAGS = 300
ORIENTATION, USER_COMMENT, EXIF_IFD, GPS_IFD, XMP, ICC, IPTC, PHOTOSHOP = 0x0112, 0x9286, 0x8769, 0x8825, 0x02BC, 0x8773, 0x83BB, 0x8649
# Shown elsewhere, or pointers that say nothing by themselves.
LEFT_OUT = {EXIF_IFD, GPS_IFD, 0xA005, XMP, ICC, IPTC, PHOTOSHOP}
ENCODINGS = {b"ASCII\0\0\0": ("ascii",), b"UNICODE\0": ("utf-16-be", "utf-16-le"), b"JIS\0\0\0\0\0": ("iso2022_jp",)}


def read(source: Source) -> dict[str, Any]:
    """Orientation, the table of the picture and its EXIF directory, and the GPS directory."""
    tags = source.image.getexif()
    base, detail, place = dict(tags), tags.get_ifd(EXIF_IFD), tags.get_ifd(GPS_IFD)
    if source.image.info.get("exif") and not base and not detail:
        source.remarks.append("There is EXIF data, but no tag of it can be read.")
    orientation = base.get(ORIENTATION)
    if source.kind in ("HEIF", "TIFF"):
        # The tag was set to 1 while opening; what the file says is kept here.
        orientation = base[ORIENTATION] = source.image.info.get("original_orientation") or orientation
    return {
        "orientation": orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
        "exif": table([*base.items(), *detail.items()], ExifTags.TAGS, source.limit),
        "gps": table(place.items(), ExifTags.GPSTAGS, source.limit),
    }


def table(items: Iterable[tuple[int, Any]], names: dict[int, str], limit: int) -> dict[str, Any]:
    """Tag names to values; a tag without a name is shown by its number."""
    rows: dict[str, Any] = {}
    for tag, value in list(items)[:MAX_TAGS]:
        if tag not in LEFT_OUT or names is ExifTags.GPSTAGS:
            rows[names.get(tag, f"0x{tag:04X}")] = user_comment(value, limit) if tag == USER_COMMENT else jsonable(value, limit)
    return rows


def user_comment(raw: Any, limit: int) -> Any:
    """The comment behind its eight bytes of encoding; generators keep their parameters in it."""
    if not isinstance(raw, bytes):
        return jsonable(raw, limit)
    readings = [text for encoding in ENCODINGS.get(raw[:8], ()) if (text := decoded(raw[8:], encoding))]
    if readings:
        # Both orders of UTF-16 nearly always decode: the one that has plain letters is meant.
        return clean(max(readings, key=plain_letters), limit)
    body = raw[8:] if raw[:8] in ENCODINGS or raw[:8] == bytes(8) else raw
    return jsonable(body, limit) if not body.strip(b"\0 ") or b"\0" in body.rstrip(b"\0") else clean(body, limit)


def decoded(raw: bytes, encoding: str) -> str | None:
    """The text in that encoding; None if it is not in it."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def plain_letters(text: str) -> int:
    """How many of the first characters are ASCII."""
    return sum(32 <= ord(each) < 127 for each in text[:400])
