"""Where a picture ends inside its file, how many frames and bits it declares: read from the container, not from a decoder.

Walks never trust a length, look at a bounded number of parts, and say "not known" (None) rather than guess.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from forensics_ui.imaging.facts import jpeg_markers

MAX_PARTS = 20_000
# A 200 MB film of full blocks has 800,000; counting more would only serve who wants to keep us busy.
MAX_GIF_BLOCKS = 1_000_000
# Whether the chunk that begins a WebP's pixels keeps them exactly; a separate alpha plane goes with lossy colours only.
WEBP_PIXELS = {b"VP8L": True, b"VP8 ": False, b"ALPH": False}


@dataclass
class Structure:
    """What the container says of itself."""

    end: int | None = None  # the first byte behind the picture; None if it cannot be known
    ends_early: bool = False  # the file stops before its container does
    frames: int | None = None
    frames_capped: bool = False
    bits: int | None = None  # per channel
    lossless: bool | None = None  # of a format that can be both, where the container tells
    jpeg: jpeg_markers.Markers | None = None
    chunks: list[str] = field(default_factory=list)


def walk(data: bytes, kind: str) -> Structure:
    """The structure of a file of a known kind; never raises."""
    found = Structure()
    try:
        WALKS[kind](data, found)
    except (struct.error, IndexError):
        found.ends_early = True
    return found


def walk_jpeg(data: bytes, found: Structure) -> None:
    """Segments up to the end marker."""
    found.jpeg = jpeg_markers.read(data)
    found.end, found.ends_early, found.bits, found.frames = found.jpeg.end, found.jpeg.end is None, found.jpeg.bits, 1


def walk_png(data: bytes, found: Structure) -> None:
    """Chunks up to IEND; an animation says how many frames it has."""
    at, found.frames = 8, 1
    for _ in range(MAX_PARTS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IHDR":
            found.bits = data[at + 16]
        elif kind == b"acTL":
            found.frames = struct.unpack_from(">I", data, at + 8)[0]
        if kind != b"IDAT" and len(found.chunks) < 64:
            found.chunks.append(kind.decode("latin-1"))
        at += length + 12
        if at > len(data):
            found.ends_early = True
            return
        if kind == b"IEND":
            found.end = at
            return


def walk_riff(data: bytes, found: Structure) -> None:
    """Chunks of a WebP; each ANMF is a frame."""
    length = struct.unpack_from("<I", data, 4)[0]
    end = 8 + length + (length & 1)
    # Some writers leave out the last padding byte.
    found.ends_early = 8 + length > len(data)
    found.end = None if found.ends_early else min(end, len(data))
    found.bits, frames, at = 8, 0, 12
    for _ in range(MAX_PARTS):
        if at + 8 > min(end, len(data)):
            break
        kind, length = struct.unpack_from("<4sI", data, at)
        frames += kind == b"ANMF"
        # The first picture counts; that of an animation stands behind 16 bytes about its frame.
        first = data[at + 24 : at + 28] if kind == b"ANMF" else kind
        if found.lossless is None and first in WEBP_PIXELS:
            found.lossless = WEBP_PIXELS[first]
        if len(found.chunks) < 64:
            found.chunks.append(kind.decode("latin-1"))
        at += 8 + length + (length & 1)
    found.frames = frames or 1


def walk_gif(data: bytes, found: Structure) -> None:
    """Blocks up to the trailer; the frames are counted without decoding any."""
    found.bits, found.frames, blocks = 8, 0, 0
    at = 13 + colour_table(data[10])
    while blocks < MAX_GIF_BLOCKS:
        kind = data[at]
        if kind == 0x3B:
            found.end = at + 1
            return
        if kind == 0x2C:
            found.frames += 1
            at += 11 + colour_table(data[at + 9])
        elif kind == 0x21:
            at += 2
        else:
            return
        while length := data[at]:
            at += 1 + length
            blocks += 1
        at, blocks = at + 1, blocks + 1
    found.frames_capped = True


def colour_table(flags: int) -> int:
    """The bytes of the colour table that a GIF descriptor announces."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def walk_bmp(data: bytes, found: Structure) -> None:
    """The length and the depth in the header."""
    length, found.frames = struct.unpack_from("<I", data, 2)[0], 1
    depth = struct.unpack_from("<H", data, 28 if data[14] != 12 else 24)[0]
    found.bits = {1: 1, 4: 8, 8: 8, 16: 5, 24: 8, 32: 8}.get(depth)
    # The length is often wrong or zero in files that every program opens: longer than the file means torn, zero means nothing.
    if 26 < length <= len(data):
        found.end = length
    found.ends_early = length > len(data)


def walk_tiff(data: bytes, found: Structure) -> None:
    """The chain of directories, one per page; where a TIFF ends cannot be known."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    count_form, offset_form, entry = (order + "Q", order + "Q", 20) if big else (order + "H", order + "I", 12)
    at, seen = struct.unpack_from(offset_form, data, 8 if big else 4)[0], set()
    while at and at not in seen and len(seen) < 1000:
        seen.add(at)
        count = struct.unpack_from(count_form, data, at)[0]
        start = at + struct.calcsize(count_form)
        if len(seen) == 1:
            found.bits = tiff_bits(data, order, start, min(count, 200), big)
        at = struct.unpack_from(offset_form, data, start + count * entry)[0]
    found.frames, found.frames_capped = len(seen), bool(at)


def tiff_bits(data: bytes, order: str, start: int, count: int, big: bool) -> int | None:
    """BitsPerSample (tag 258) of the first directory."""
    for index in range(count):
        at = start + index * (20 if big else 12)
        tag, kind, values = struct.unpack_from(order + ("HHQ" if big else "HHI"), data, at)
        if tag == 258 and kind == 3:
            room = 8 if big else 4
            place = at + (12 if big else 8)
            if values * 2 > room:
                place = struct.unpack_from(order + ("Q" if big else "I"), data, place)[0]
            return struct.unpack_from(order + "H", data, place)[0]
    return None


def walk_boxes(data: bytes, found: Structure) -> None:
    """Top-level boxes of AVIF and HEIF, up to the first one that is none."""
    at, known = (
        0,
        {b"ftyp", b"meta", b"mdat", b"moov", b"free", b"skip", b"uuid", b"idat", b"moof", b"styp", b"sidx", b"mfra", b"wide", b"pdin", b"emsg"},
    )
    while at + 8 <= len(data) and len(found.chunks) < 64:
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind not in known:
            break
        found.chunks.append(kind.decode("latin-1"))
        if length == 1:
            length = struct.unpack_from(">Q", data, at + 8)[0]
        length = length or len(data) - at
        if length < 8 or at + length > len(data):
            found.ends_early = True
            return
        at += length
    found.end = at


WALKS: dict[str, Callable[[bytes, Structure], Any]] = {
    "JPEG": walk_jpeg,
    "PNG": walk_png,
    "WEBP": walk_riff,
    "GIF": walk_gif,
    "BMP": walk_bmp,
    "TIFF": walk_tiff,
    "AVIF": walk_boxes,
    "HEIF": walk_boxes,
}
