"""The facts of a file, as text: what it is, how it was saved, what it says about itself. Nothing here is interpreted as markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.core.types import Picture
from forensics_ui.ui.desk import Job
from forensics_ui.ui.text import escape, join, sentence, size

PASTED = "Pasted: the browser made this PNG. The history of the original file is gone, and with it its name, its metadata and its compression."
C2PA = {
    "absent": "none (which says nothing)",
    "valid": "present, and its signature fits the file",
    "invalid": "present, but it does not fit the file",
    "unreadable": "present, but it cannot be read",
    "not checked": "not checked",
}
# The rest is shown as it is, under "All facts".
SHOWN_ELSEWHERE = {"remarks", "conversion"}


def facts(job: Job) -> str:
    """The list beside the picture; empty until it is open."""
    picture = job.picture
    if picture is None:
        return ""
    pasted = f'<p class="pasted">{escape(PASTED)}</p>' if job.via == "paste" else ""
    remarks = [*picture.facts.get("remarks", ()), *picture.facts.get("conversion", ())]
    said = "".join(f"<li>{escape(sentence(line))}</li>" for line in remarks)
    notes = f'<h4>Worth knowing</h4><ul class="remarks">{said}</ul>' if said else ""
    return f'<section class="facts"><h3>The file</h3>{pasted}{_rows(chief(picture))}{notes}{_claims(picture.facts)}{_everything(picture)}</section>'


def chief(picture: Picture) -> dict[str, str]:
    """What a person looks for first, in words."""
    found = picture.facts
    rows = {
        "Name": picture.name,
        "Size": f"{size(picture.byte_count)} ({picture.byte_count:,} bytes)",
        "Type": _type(picture),
        "Pixels": f"{picture.width} × {picture.height} ({picture.width * picture.height / 1e6:.2f} megapixels), {found.get('bits') or 8} bits a channel",
        "SHA-256": picture.sha256,
    }
    if jpeg := found.get("jpeg"):
        rows["JPEG quality"] = _jpeg(jpeg)
    rows["Content credentials"] = _c2pa(found.get("c2pa") or {})
    if programs := found.get("software"):
        rows["Names a program"] = join(map(str, programs))
    if trailing := found.get("trailing_bytes"):
        rows["After the picture"] = f"{trailing:,} more bytes"
    return rows


def _type(picture: Picture) -> str:
    declared, lossless = picture.facts.get("declared_type"), picture.facts.get("lossless")
    saved = "" if lossless is None else f", saved {'without' if lossless else 'with'} loss"
    if picture.facts.get("type_mismatch"):
        return f"{picture.format} (its name says {declared}){saved}"
    return f"{picture.format} ({'as its name says' if declared else 'its name says nothing'}){saved}"


def _jpeg(jpeg: Mapping[str, Any]) -> str:
    quality = jpeg.get("quality")
    if quality is None:
        return "not known"
    about = f"{quality} (standard tables)" if jpeg.get("tables") == "standard" else f"about {quality} (tables of its own)"
    return f"{about}, chroma {jpeg.get('subsampling') or 'none'}{', progressive' if jpeg.get('progressive') else ''}"


def _c2pa(found: Mapping[str, Any]) -> str:
    words = C2PA.get(str(found.get("state")), str(found.get("state") or "not checked"))
    signer = f"; says it was signed by {found['signer']}, which is not verified" if found.get("signer") and not found.get("signer_trusted") else ""
    reason = f"; {found['reason']}" if found.get("reason") else ""
    return words + signer + reason


def _claims(found: Mapping[str, Any]) -> str:
    """Generator parameters: what the file itself claims. Anybody can write or remove them."""
    marks = found.get("generators") or []
    if not marks:
        return '<h4>Generator parameters</h4><p class="quiet">None in the file. Most programs and sites remove them.</p>'
    rows = "".join(f"<dt>{escape(mark['name'])}, in {escape(mark['where'])}</dt><dd><pre>{escape(mark['text'])}</pre></dd>" for mark in marks)
    return f'<h4>Generator parameters</h4><p class="quiet">Written in the file by whoever made or edited it; anybody can write them.</p><dl class="claims">{rows}</dl>'


def _everything(picture: Picture) -> str:
    exif = _folded("EXIF", picture.facts.get("exif"))
    place = _folded("Place (GPS)", picture.facts.get("gps"))
    text = _folded("Text in the file", picture.facts.get("text"))
    rest = {
        name: value
        for name, value in picture.facts.items()
        if name not in SHOWN_ELSEWHERE and name not in ("exif", "gps", "text", "generators", "claims")
    }
    return exif + place + text + _folded("All facts", rest)


def _folded(title: str, table: Mapping[str, Any] | None) -> str:
    if not table:
        return ""
    return f"<details><summary>{escape(title)} ({len(table)})</summary>{_rows(table)}</details>"


def _rows(table: Mapping[str, Any]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(name, 200)}</dt><dd>{_value(value)}</dd>" for name, value in table.items()) + "</dl>"


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _rows(value) if value else '<span class="quiet">none</span>'
    if isinstance(value, (list, tuple)):
        simple = all(not isinstance(each, (Mapping, list, tuple)) for each in value)
        return escape(", ".join(map(str, value))) or '<span class="quiet">none</span>' if simple else "".join(map(_value, value))
    return (
        '<span class="quiet">none</span>'
        if value is None
        else escape({True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value)
    )
