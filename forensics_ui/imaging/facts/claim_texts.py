"""The texts in which a file speaks of itself, at their full length: PNG text, EXIF, XMP, IPTC."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import ExifTags

from forensics_ui.core.claims import EXIF, IPTC, LONGEST_FIELD, TEXT, XMP, Field
from forensics_ui.imaging.facts import exif as exif_facts
from forensics_ui.imaging.facts.text import clean
from forensics_ui.imaging.facts.texts import raw_xmp

if TYPE_CHECKING:
    from forensics_ui.imaging.facts import Source

# Workflows of some hundred nodes are half a megabyte; what is longer serves no reader.
LONGEST, MOST = 2 * 1024**2, 128
PROPERTIES = (
    *("exif:UserComment", "dc:description", "dc:creator", "photoshop:Credit", "photoshop:Source"),
    *("xmp:CreatorTool", "TC260:AIGC", "Iptc4xmpExt:AISystemUsed", "AIGC:AIGC"),
    *("Iptc4xmpExt:AISystemVersionUsed", "Iptc4xmpExt:AIPromptInformation"),
)
TAGS = re.compile(r"<[^<>]{0,400}>")
XP_TAGS = range(0x9C9B, 0x9CA0)


@dataclass(frozen=True)
class Said:
    """One text: the kind of its place, the key there, and what it says."""

    place: str
    key: str
    text: str

    @property
    def where(self) -> str:
        """The place in words."""
        if self.place == TEXT:
            return "comment" if self.key.startswith("comment") else f'text "{self.key}"'
        return f"{ {EXIF: 'EXIF', XMP: 'XMP', IPTC: 'IPTC'}[self.place] } {self.key}"


def collect(source: Source, written: dict[str, Any]) -> list[Said]:
    """Every text that may hold a statement."""
    found = [Said(TEXT, key, text) for key, text in plain(source)]
    found += [Said(EXIF, key, text) for key, text in source.attempt("EXIF", lambda: list(tags(source)), [])]
    found += [Said(XMP, key, text) for key, text in properties(raw_xmp(source))]
    found += [Said(IPTC, key, value) for key, value in written["iptc"].items() if isinstance(value, str)]
    return found[:MOST]


def plain(source: Source) -> Iterator[tuple[str, str]]:
    """PNG text and comments."""
    pairs = list((getattr(source.image, "text", None) or {}).items())
    comments = source.shape.jpeg.comments if source.shape.jpeg else [source.image.info.get("comment")]
    for key, value in [*pairs, *(("comment", each) for each in comments if each)][:MOST]:
        if isinstance(value, (str, bytes)) and key != "XML:com.adobe.xmp":
            yield clean(str(key), 80), clean(value, LONGEST)


def tags(source: Source) -> Iterator[tuple[str, str]]:
    """The texts of the EXIF tables."""
    table = source.image.getexif()
    both = [*dict(table).items(), *table.get_ifd(exif_facts.EXIF_IFD).items()]
    for tag, value in both[: exif_facts.MAX_TAGS]:
        name = ExifTags.TAGS.get(tag, f"0x{tag:04X}")
        if tag == exif_facts.USER_COMMENT:
            value = exif_facts.user_comment(value, LONGEST)
        elif tag in XP_TAGS and isinstance(value, bytes):
            value = value.decode("utf-16-le", "replace")
        if isinstance(value, str) and tag not in exif_facts.LEFT_OUT:
            yield name, clean(value, LONGEST).strip("\0 ")


def properties(xmp: bytes) -> Iterator[tuple[str, str]]:
    """The properties of an XMP packet that matter here. No XML is parsed."""
    packet = xmp[:LONGEST].decode("utf-8", "replace")
    for name in PROPERTIES:
        value = attribute(packet, name) or element(packet, name)
        if value:
            yield name, clean(html.unescape(TAGS.sub(" ", value)).strip(), LONGEST)


def attribute(packet: str, name: str) -> str:
    """The value of the first attribute of that name."""
    hit = re.search(rf"{re.escape(name)}\s{{0,8}}=\s{{0,8}}([\"'])", packet)
    if not hit:
        return ""
    end = packet.find(hit.group(1), hit.end())
    return packet[hit.end() : end] if end > 0 else ""


def element(packet: str, name: str) -> str:
    """What stands in the first element of that name."""
    start = packet.find(f"<{name}")
    opened = packet.find(">", start) if start >= 0 else -1
    end = packet.find(f"</{name}>", opened) if opened >= 0 else -1
    return packet[opened + 1 : end] if end > 0 else ""


def loaded(text: str) -> Any:
    """The JSON that a text holds; None if it holds none. Deep nesting and huge numbers are none."""
    start = text[:64].find("{")
    if start < 0:
        return None
    try:
        return json.JSONDecoder().raw_decode(text[start:LONGEST].strip())[0]
    except (ValueError, RecursionError):
        return None


def shown(value: Any) -> str:
    """A scalar as text; a list of scalars joined; anything else as nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    if isinstance(value, (str, int, float)):
        return clean(str(value).strip(), LONGEST_FIELD)
    if isinstance(value, (list, tuple)) and len(value) <= 16:
        return clean(
            ", ".join(filter(None, (shown(each) for each in value if not isinstance(each, (list, tuple))))),
            LONGEST_FIELD,
        )
    return ""


def fields(pairs: dict[str, Any]) -> tuple[Field, ...]:
    """The pairs that have something to show."""
    return tuple(Field(name, text) for name, value in pairs.items() if (text := shown(value)))
