"""File: what the intake measured about the file itself, as tables of plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.core.reasons import Reason, fact, said
from forensics_ui.core.types import Picture
from forensics_ui.views.base import VIEWS, Rendering, Subject, Table, View
from forensics_ui.views.common import original, plain_value

# What content credentials are worth, by the state that the intake found them in.
C2PA = {
    "valid": fact("c2pa_valid"),
    "invalid": fact("c2pa_invalid"),
    "absent": fact("c2pa_absent"),
    "unreadable": fact("c2pa_unreadable"),
    "not checked": fact("c2pa_not_checked"),
}
# Told in tables of their own; whatever else the intake measures appears under "Other facts" without anybody listing it here.
OWN_TABLES = {"exif", "gps", "text", "iptc", "generators", "c2pa", "thumbnails", "jpeg", "remarks", "conversion", "icc", "xmp"}
FILE_FACTS = ("declared_type", "detected_type", "type_mismatch", "trailing_bytes", "end_missing", "decoder", "software")
PIXEL_FACTS = ("mode", "bits", "frames", "alpha", "orientation")
HASH_FACTS = ("pixels_sha256",)


@VIEWS.register("file")
class File(View):
    """Facts, metadata and hashes."""

    name = "file"
    title = "File"
    shows = "What the file says about itself and how it was saved: type, compression, metadata, parameters that generators wrote, content credentials, thumbnails and hashes."
    misleads = "Anybody can write or remove metadata: its presence is a claim, its absence is normal after any upload, and neither proves where a picture comes from."
    order = 90

    def render(self, subject: Subject, **options: Any) -> Rendering:
        self.parse(options)
        picture = subject.picture
        tables = [table for table in _tables(picture) if table.rows]
        numbers = {
            "name": picture.name,
            "sha256": picture.sha256,
            "bytes": picture.byte_count,
            "format": picture.format,
            "width": picture.width,
            "height": picture.height,
            "complete": picture.complete,
            "facts": plain_value(picture.facts),
        }
        return Rendering((original(subject),), numbers, tuple(_sentences(picture)), tables=tuple(tables))


def words(value: Any) -> str | Reason:
    """Any fact as one line of plain text, or a reason as it is."""
    if isinstance(value, Reason):
        return value
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {words(each)}" for key, each in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(str(words(each)) for each in value) or "none"
    return str(value)


def _pairs(title: str, facts: Mapping[str, Any] | None) -> Table:
    return Table(title, ("fact", "value"), tuple((str(key).replace("_", " "), words(value)) for key, value in (facts or {}).items()))


def _chosen(facts: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: facts[name] for name in names if name in facts}


def _tables(picture: Picture) -> list[Table]:
    facts = picture.facts
    jpeg = dict(facts.get("jpeg") or {})
    quantisation = jpeg.pop("quantisation", None) or {}
    size = {"width": picture.width, "height": picture.height, "rows decoded": f"{picture.complete:.0%}"}
    told = {*FILE_FACTS, *PIXEL_FACTS, *HASH_FACTS, *OWN_TABLES, "width", "height"}
    return [
        _pairs("File", {"name": picture.name, "bytes": picture.byte_count, "format": picture.format, **_chosen(facts, FILE_FACTS)}),
        _pairs("Pixels", {**size, **_chosen(facts, PIXEL_FACTS)}),
        _lines("Conversion to 8-bit RGB", facts.get("conversion")),
        _pairs("Compression", jpeg),
        *(_quantisation(str(number), table) for number, table in quantisation.items()),
        _records("Generator parameters in the file", ("name", "where", "text"), facts.get("generators")),
        _c2pa(facts.get("c2pa")),
        _pairs("EXIF", facts.get("exif")),
        _pairs("Place (GPS)", facts.get("gps")),
        _pairs("IPTC", facts.get("iptc")),
        _pairs("Text in the file", facts.get("text") if isinstance(facts.get("text"), Mapping) else None),
        _pairs("XMP", facts.get("xmp") if isinstance(facts.get("xmp"), Mapping) else {"packet": facts["xmp"]} if facts.get("xmp") else None),
        _pairs("Colour profile", facts.get("icc")),
        _records("Thumbnails", ("where", "type", "width", "height", "bytes", "sha256"), facts.get("thumbnails")),
        _pairs("Hashes", {"SHA-256 of the file": picture.sha256, **_chosen(facts, HASH_FACTS)}),
        _pairs("Other facts", {name: value for name, value in facts.items() if name not in told}),
        _lines("Worth knowing", facts.get("remarks")),
    ]


def _lines(title: str, lines: Any) -> Table:
    return Table(title, ("remark",), tuple((words(line),) for line in lines or ()))


def _records(title: str, columns: tuple[str, ...], records: Any) -> Table:
    return Table(title, columns, tuple(tuple(words(record.get(column)) for column in columns) for record in records or ()))


def _quantisation(number: str, table: Any) -> Table:
    rows = tuple(tuple(table[8 * row : 8 * row + 8]) for row in range(8)) if len(table) == 64 else ()
    return Table(f"Quantisation table {number}", tuple(str(n) for n in range(8)), rows)


def _c2pa(found: Mapping[str, Any] | None) -> Table:
    found = dict(found or {"state": "not checked"})
    state = str(found.pop("state", "not checked"))
    return _pairs("Content credentials (C2PA)", {"state": C2PA.get(state, state), **found})


def _sentences(picture: Picture) -> list[Reason]:
    facts = picture.facts
    lines = []
    if facts.get("type_mismatch"):
        detected = facts.get("detected_type", picture.format)
        lines.append(fact("name_says_other_format", declared=facts.get("declared_type"), detected=detected))
    if picture.complete < 1:
        lines.append(fact("rows_missing", complete=picture.complete))
    marks = facts.get("generators") or []
    if marks:
        lines.append(fact("generator_named", names=list(dict.fromkeys(words(mark.get("name")) for mark in marks))))
    else:
        lines.append(fact("no_generator_named"))
    state = str((facts.get("c2pa") or {}).get("state", "not checked"))
    lines.append(fact("content_credentials", why=C2PA.get(state) or said(state)))
    return lines
