"""Text that programs leave in a picture: PNG text, comments, XMP, IPTC. Searched as bytes: no XML is ever parsed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from PIL import IptcImagePlugin

from forensics_ui.imaging.facts.text import clean, jsonable

if TYPE_CHECKING:
    from forensics_ui.imaging.facts import Source

NOTHING: dict[str, Any] = {"text": {}, "xmp": None, "xmp_names_place": False, "iptc": {}, "digital_source_type": [], "software": []}
MAX_TEXTS = 64
XMP_TAG = 700
SOURCE_TYPE = re.compile(rb"newscodes/digitalsourcetype/([A-Za-z]{3,64})", re.IGNORECASE)
# Attributes or elements of XMP that name a program.
XMP_SOFTWARE = re.compile(
    rb"(?:CreatorTool|softwareAgent|stEvt:softwareAgent|Iptc4xmpExt:AISystemUsed)\s*(?:=\s*[\"']([^\"'<]{1,200})|>\s*([^<]{1,200})<)"
)
IPTC_NAMES = {
    (2, 5): "title",
    (2, 65): "program",
    (2, 70): "program version",
    (2, 80): "by-line",
    (2, 110): "credit",
    (2, 115): "source",
    (2, 116): "copyright",
    (2, 120): "caption",
}


def read(source: Source) -> dict[str, Any]:
    """Every text, the raw XMP (capped), and the names of programs and source types found in them."""
    xmp = raw_xmp(source)
    text = plain_text(source)
    iptc = source.attempt("IPTC", lambda: iptc_table(source), {})
    return {
        "text": text,
        "xmp": clean(xmp, source.limit) if xmp else None,
        # So that a report which leaves out the place leaves out the packet too.
        "xmp_names_place": b"GPS" in xmp,
        "iptc": iptc,
        "digital_source_type": sorted({hit.decode() for hit in SOURCE_TYPE.findall(xmp)}),
        "software": software(source, xmp, text, iptc),
    }


def plain_text(source: Source) -> dict[str, str]:
    """PNG text chunks by keyword, and comments of JPEG and GIF."""
    found: dict[str, str] = {}
    pairs = list((getattr(source.image, "text", None) or {}).items())
    comments = source.shape.jpeg.comments if source.shape.jpeg else [source.image.info.get("comment")]
    pairs += [("comment", each) for each in comments if each]
    for key, value in pairs[:MAX_TEXTS]:
        if key != "XML:com.adobe.xmp" and not str(key).startswith("Raw profile type") and isinstance(value, (str, bytes)):
            name = clean(str(key), 80)
            found[name if name not in found else f"{name} ({len(found)})"] = clean(value, source.limit)
    return found


def raw_xmp(source: Source) -> bytes:
    """The XMP packet of any format, as bytes."""
    raw = source.image.info.get("xmp") or source.image.info.get("XML:com.adobe.xmp")
    if not raw and hasattr(source.image, "tag_v2"):
        raw = source.image.tag_v2.get(XMP_TAG)
    return raw.encode("utf-8", "replace") if isinstance(raw, str) else bytes(raw or b"")


def iptc_table(source: Source) -> dict[str, Any]:
    """The fields of the old IPTC record that say who or what made the picture."""
    table = IptcImagePlugin.getiptcinfo(source.image) or {}
    return {name: jsonable(table[key], source.limit) for key, name in IPTC_NAMES.items() if key in table}


def software(source: Source, xmp: bytes, text: dict[str, str], iptc: dict[str, Any]) -> list[str]:
    """The programs that the file names, each once, in the order found."""
    names = [text.get("Software"), iptc.get("program")]
    exif = source.attempt("EXIF", source.image.getexif, {})
    names += [exif.get(0x0131), exif.get(0x000B)]
    names += [a or b for a, b in XMP_SOFTWARE.findall(xmp)[:MAX_TEXTS]]
    cleaned = [clean(name, 200).strip() for name in names if isinstance(name, (str, bytes)) and name]
    return list(dict.fromkeys(name for name in cleaned if name))
