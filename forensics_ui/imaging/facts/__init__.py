"""What is known about a file besides its pixels. `gather` runs in the decoder process; every value is JSON.

A part that cannot be read is left out and named in `remarks`: odd metadata is a fact about a file, not a reason to refuse it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from forensics_ui.imaging import sniff
from forensics_ui.imaging.facts import claims, exif, generators, hidden, jpeg, texts, thumbnails, versions
from forensics_ui.imaging.facts.structure import Structure
from forensics_ui.imaging.facts.text import clean

# The properties of a HEIF picture stand near its beginning.
BOXES = 2**16


class Source:
    """What the readers of facts work on: the loaded image, the bytes, the structure, and the cap for strings."""

    def __init__(self, image: Any, data: bytes, request: dict[str, Any], shape: Structure) -> None:
        self.image = image
        self.data = data
        self.kind: str = request["kind"]
        self.declared: str | None = request["declared"]
        self.name: str = request["name"]
        self.limit: int = request["limits"]["text_bytes"]
        self.shape = shape
        self.remarks: list[str] = []

    def attempt(self, what: str, reader: Callable[[], Any], otherwise: Any = None) -> Any:
        """Read one part; what goes wrong is remarked, not raised."""
        try:
            return reader()
        except MemoryError:
            raise
        except Exception as error:
            self.remarks.append(clean(f"{what} could not be read ({type(error).__name__}: {error}).", 300))
            return otherwise


def gather(image: Any, data: bytes, request: dict[str, Any], shape: Structure) -> dict[str, Any]:
    """All facts of one opened file but its conversion, its pixel hash and its C2PA manifest."""
    source = Source(image, data, request, shape)
    tags = source.attempt("EXIF", lambda: exif.read(source), exif.NOTHING)
    written = source.attempt("Embedded text", lambda: texts.read(source), texts.NOTHING)
    found = {
        "declared_type": source.declared,
        "detected_type": source.kind,
        "type_mismatch": source.declared is not None and source.declared != source.kind,
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "bits": shape.bits or image.info.get("bit_depth"),
        "frames": frames(source),
        "trailing_bytes": None if shape.end is None else len(data) - shape.end,
        "end_missing": shape.ends_early,
        "orientation": tags["orientation"],
        "exif": tags["exif"],
        "gps": tags["gps"],
        "icc": source.attempt("The colour profile", lambda: icc(source)),
        "lossless": shape.lossless,
        "jpeg": source.attempt("The JPEG tables", lambda: jpeg.describe(shape.jpeg) if shape.jpeg else None),
        "thumbnails": source.attempt("Thumbnails", lambda: thumbnails.read(source), []),
        "decoder": versions.decoder(source.kind),
        **written,
    }
    secret = source.attempt("Hidden parameters", lambda: hidden.signature(image))
    found["generators"] = source.attempt("Generator parameters", lambda: generators.find(written, tags, secret, source.limit), [])
    told = source.attempt("Hidden parameters", lambda: hidden.message(image)) if secret else None
    found["claims"] = source.attempt("What the file says of itself", lambda: claims.read(source, written, tags["exif"], told), [])
    remark(source, found)
    return {**found, "remarks": source.remarks}


def frames(source: Source) -> int | None:
    """How many pictures the file holds, as its container says."""
    if source.image.format == "MPO" or source.shape.frames is None:
        return source.attempt("The number of pictures", lambda: int(getattr(source.image, "n_frames", 1)))
    return source.shape.frames


def icc(source: Source) -> dict[str, Any] | None:
    """The embedded colour profile: its name, size and hash. It is never applied."""
    raw = source.image.info.get("icc_profile")
    if not raw:
        return None
    return {"name": clean(profile_name(raw), 128), "bytes": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}


def profile_name(raw: bytes) -> str:
    """The text of the profile's `desc` tag, which has one form in version 2 and another in version 4."""
    for index in range(min(int.from_bytes(raw[128:132], "big"), 100)):
        entry = raw[132 + 12 * index : 144 + 12 * index]
        if entry[:4] != b"desc":
            continue
        start = int.from_bytes(entry[4:8], "big")
        body = raw[start : start + min(int.from_bytes(entry[8:12], "big"), 4096)]
        if body[:4] == b"mluc":
            length, offset = int.from_bytes(body[20:24], "big"), int.from_bytes(body[24:28], "big")
            return body[offset : offset + length].decode("utf-16-be", "replace")
        return body[12:].split(b"\0")[0].decode("latin-1")
    return ""


def name_remark(found: Mapping[str, Any]) -> str:
    """What is remarked where the name claims another format: it belongs to the name, all else to the bytes."""
    return f"The name says {found.get('declared_type')}, the content is {found.get('detected_type')}."


def remark(source: Source, found: dict[str, Any]) -> None:
    """Say in sentences what is odd about the file or was left undone."""
    say = source.remarks.append
    if found["type_mismatch"]:
        say(name_remark(found))
    several = source.shape.frames_capped or (found["frames"] or 1) > 1
    if several:
        what = "pictures (a multi-picture JPEG, MPO)" if source.image.format == "MPO" else "frames"
        say(f"It holds {'more than ' if source.shape.frames_capped else ''}{found['frames']} {what}: the first one is used.")
    # In an MPO the other pictures are what follows.
    if found["trailing_bytes"] and source.image.format != "MPO":
        tail = source.data[source.shape.end :]
        say(f"{len(tail)} bytes follow the end of the picture; they begin like {sniff.detect(tail) or sniff.describe(tail)}.")
    if found["end_missing"]:
        say("The file stops before its own end marker.")
    if source.kind == "HEIF" and (b"irot" in source.data[:BOXES] or b"imir" in source.data[:BOXES]):
        say("The HEIF container asks for a rotation or mirroring, which its decoder applies; the EXIF orientation is not applied.")
    elif (found["orientation"] or 1) != 1:
        say(f"EXIF orientation {found['orientation']}: not applied, the pixels are shown as they are stored.")
    if found["icc"]:
        say("The embedded colour profile is not applied.")
