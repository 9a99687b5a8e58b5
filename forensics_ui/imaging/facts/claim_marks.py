"""Marks of services, cameras and editors: source types, labels, credits, odd tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from forensics_ui.core import claims as c
from forensics_ui.core.claims import Claim
from forensics_ui.imaging.facts.claim_texts import Said, fields, loaded, shown
from forensics_ui.imaging.facts.names import editor_named, generator_named
from forensics_ui.imaging.facts.text import clean

# IPTC's vocabulary of digital source types, as far as it says how the pixels came about.
SOURCE_TYPES = {
    "trainedalgorithmicmedia": c.GENERATED,
    "trainedalgorithmicdata": c.GENERATED,
    "compositewithtrainedalgorithmicmedia": c.EDITED_BY_MODEL,
    "compositesynthetic": c.EDITED_BY_MODEL,
    "digitalcapture": c.CAMERA,
    "computationalcapture": c.CAMERA,
    "compositecapture": c.CAMERA,
    "negativefilm": c.CAMERA,
    "positivefilm": c.CAMERA,
    "humanedits": c.EDITOR,
    "minorhumanedits": c.EDITOR,
    "composite": c.EDITOR,
}
# Fields that name a program, a service or a source; captions also speak of others.
NAMING = {
    "EXIF Make": c.EXIF,
    "EXIF Model": c.EXIF,
    "EXIF Artist": c.EXIF,
    "EXIF Software": c.EXIF_SOFTWARE,
    "EXIF ProcessingSoftware": c.EXIF_SOFTWARE,
    "EXIF HostComputer": c.EXIF_SOFTWARE,
    "IPTC program": c.IPTC,
    "IPTC credit": c.IPTC,
    "IPTC source": c.IPTC,
    "IPTC by-line": c.IPTC,
    "XMP xmp:CreatorTool": c.XMP,
    "XMP photoshop:Credit": c.XMP,
    "XMP photoshop:Source": c.XMP,
    "XMP dc:creator": c.XMP,
    "XMP Iptc4xmpExt:AISystemUsed": c.XMP,
    'text "Software"': c.TEXT,
    'text "Source"': c.TEXT,
    'text "Author"': c.TEXT,
    'text "Credit"': c.TEXT,
    'text "Title"': c.TEXT,
}
OPENAI = b"OpenAI--ImageGeneration"
JOB = re.compile(r"\bJob ID: ?([0-9a-fA-F-]{8,64})")
FLAG = re.compile(r"\s--(v|ar|s|stylize|chaos|seed|niji|style|q) ([\w.:/-]{1,40})")
SIGNATURE = re.compile(r"Signature: ?[A-Za-z0-9+/=]{64,}")
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
AIGC_KEYS = {"Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID"}
AIGC_LABELS = {"1": c.GENERATED, "2": c.OTHER, "3": c.OTHER}
# Galaxy telephones keep what was edited behind the picture; a number says with which tool.
GALAXY, GALAXY_TOOL = (
    b"PhotoEditor_Re_Edit_Data",
    re.compile(rb'genAIType"?\s{0,4}:\s{0,4}(-?[1-9]\d{0,5})'),
)
TAIL = 2**20


def source_types(found: list[str]) -> Iterator[Claim]:
    """The digital source types of XMP."""
    for name in found:
        says = SOURCE_TYPES.get(name.lower(), c.OTHER)
        yield Claim(c.IPTC_SOURCE_TYPE, says, "XMP digital source type", detail=name)


def named(texts: list[Said], software: list[str]) -> Iterator[Claim]:
    """Generators and editors that a field names."""
    for said in texts:
        kind = NAMING.get(said.where)
        if kind and (tool := generator_named(said.text)):
            # "Edited with Google AI": a picture that was there before.
            says = c.EDITED_BY_MODEL if said.text.lower().startswith("edited with") else c.GENERATED
            yield Claim(kind, says, said.where, tool=tool, fields=fields({said.key: said.text}))
    for name in software:
        if editor_named(name) and not generator_named(name):
            yield Claim(c.EXIF_SOFTWARE, c.EDITOR, "software", tool=clean(name, 120))


def services(texts: list[Said], data: bytes) -> Iterator[Claim]:
    """Services that are known by a habit of theirs."""
    by_place = {said.where: said.text for said in texts}
    yield from openai(texts, data)
    if SIGNATURE.match(by_place.get("EXIF ImageDescription", "")) and UUID.fullmatch(by_place.get("EXIF Artist", "")):
        found = fields({"image id": by_place["EXIF Artist"]})
        yield Claim(c.EXIF, c.GENERATED, "EXIF ImageDescription and Artist", tool="xAI Grok", fields=found)
    for said in texts:
        if job := JOB.search(said.text):
            yield midjourney(said, job)
    if GALAXY in data[-TAIL:] and (tool := GALAXY_TOOL.search(data[-TAIL:])):
        found = fields({"tool number": tool.group(1).decode()})
        yield Claim(
            c.TEXT,
            c.EDITED_BY_MODEL,
            "data behind the picture",
            tool="Samsung Galaxy AI",
            fields=found,
        )


def openai(texts: list[Said], data: bytes) -> Iterator[Claim]:
    """The mark of DALL-E and its successors, wherever it stands."""
    mark = OPENAI.decode()
    place = next((said for said in texts if mark in said.text), None)
    if place:
        yield Claim(c.EXIF, c.GENERATED, place.where, tool="OpenAI", fields=fields({place.key: place.text}))
    elif any(form in data for form in (OPENAI, mark.encode("utf-16-le"), mark.encode("utf-16-be"))):
        yield Claim(c.EXIF, c.GENERATED, "the file's metadata", tool="OpenAI", fields=fields({"mark": mark}))


def midjourney(said: Said, job: re.Match[str]) -> Claim:
    """The description with the number of the job."""
    head = said.text[: job.start()].strip()
    flags = dict(FLAG.findall(head[-400:]))
    model = f"v{flags['v']}" if "v" in flags else f"niji {flags['niji']}" if "niji" in flags else ""
    pairs = {"prompt": FLAG.sub("", head).strip(), "job id": job.group(1), **flags}
    return Claim(
        c.GENERATOR_PARAMETERS,
        c.GENERATED,
        said.where,
        tool="Midjourney",
        model=model,
        fields=fields(pairs),
    )


def aigc(texts: list[Said]) -> Iterator[Claim]:
    """The label of China's rules (GB 45438, TC260): JSON in XMP, PNG text or EXIF comment."""
    for said in texts:
        if "AIGC" not in said.key and '"AIGC"' not in said.text[:200]:
            continue
        found = loaded(said.text)
        if isinstance(found, Mapping) and isinstance(found.get("AIGC"), (Mapping, str)):
            found = loaded(found["AIGC"]) if isinstance(found["AIGC"], str) else found["AIGC"]
        if isinstance(found, Mapping) and AIGC_KEYS & found.keys():
            label = shown(found.get("Label"))
            producer = shown(found.get("ContentProducer"))
            pairs = {str(name): value for name, value in list(found.items())[:12]}
            yield Claim(
                c.AIGC_LABEL,
                AIGC_LABELS.get(label, c.OTHER),
                said.where,
                tool=clean(producer, 120),
                detail=f"label {label}"[:40],
                fields=fields(pairs),
            )


def camera(exif: Mapping[str, Any]) -> Iterator[Claim]:
    """Make, model and lens of a camera."""
    make, model = (shown(exif.get(name)) for name in ("Make", "Model"))
    if not (make or model) or any(generator_named(each) or "{" in each for each in (make, model)):
        return
    name = model if model.lower().startswith(make.lower()[:6]) else f"{make} {model}".strip()
    pairs = {
        "make": make,
        "model": model,
        "lens": exif.get("LensModel"),
        "exposure time": exif.get("ExposureTime"),
        "aperture": exif.get("FNumber"),
        "sensitivity": exif.get("ISOSpeedRatings"),
        "focal length": exif.get("FocalLength"),
        "taken": exif.get("DateTimeOriginal"),
        "serial number": exif.get("BodySerialNumber"),
        "lens serial number": exif.get("LensSerialNumber"),
    }
    yield Claim(c.CAMERA_TAGS, c.CAMERA, "EXIF Make and Model", tool=clean(name, 120), fields=fields(pairs))
