"""The marker segments of a JPEG file: tables, sampling, order of the scans, where it ends."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

# In entropy-coded data a marker is 0xFF followed by anything but a stuffed zero, a restart or another 0xFF.
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL)
START_OF_FRAME = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}
ARITHMETIC = {*range(0xC9, 0xD0)} - {0xCC}
MAX_SEGMENTS = 5000

# Quantisation tables are stored along diagonals; this is the natural (row by row) place of each entry.
ZIGZAG = (
    *(0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28),
    *(35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63),
)


@dataclass
class Markers:
    """What the segments say."""

    tables: dict[int, list[int]] = field(default_factory=dict)  # quantisation, row by row
    components: list[tuple[int, int, int, int]] = field(default_factory=list)  # id, horizontal, vertical, table
    applications: list[tuple[str, str]] = field(default_factory=list)  # marker name, identifier
    thumbnails_8bim: list[bytes] = field(default_factory=list)
    comments: list[bytes] = field(default_factory=list)
    bits: int | None = None
    frame: int | None = None  # the marker of the frame header
    size: tuple[int, int] | None = None  # width, height
    restart_interval: int = 0
    adobe_transform: int | None = None
    jfif_thumbnail: tuple[int, int] | None = None
    scans: int = 0
    end: int | None = None


def read(data: bytes) -> Markers:
    """Walk the segments up to the end marker; whatever cannot be read is left out."""
    found, at = Markers(), 2
    for _ in range(MAX_SEGMENTS):
        hit = NEXT_MARKER.search(data, at)
        if hit is None:
            break
        marker, at = data[hit.end() - 1], hit.end()
        if marker == 0xD9:
            found.end = at
            break
        if marker in (0x01, 0xD8):
            continue
        if at + 2 > len(data):
            break
        length = struct.unpack_from(">H", data, at)[0]
        segment(found, marker, data[at + 2 : at + length])
        at += max(length, 2)
    return found


def segment(found: Markers, marker: int, body: bytes) -> None:
    """Take what one segment says."""
    if marker == 0xDB:
        quantisation(found, body)
    elif marker in START_OF_FRAME and found.frame is None:
        frame(found, marker, body)
    elif marker == 0xDD and len(body) >= 2:
        found.restart_interval = struct.unpack_from(">H", body)[0]
    elif marker == 0xDA:
        found.scans += 1
    elif marker == 0xFE and len(found.comments) < 16:
        found.comments.append(body)
    elif 0xE0 <= marker <= 0xEF and len(found.applications) < 64:
        application(found, marker - 0xE0, body)


def quantisation(found: Markers, body: bytes) -> None:
    """One or more tables of 64 entries, of one or two bytes each."""
    at = 0
    while at < len(body):
        wide, number = body[at] >> 4, body[at] & 15
        raw = body[at + 1 : at + 1 + (128 if wide else 64)]
        if len(raw) < (128 if wide else 64):
            return
        table = [0] * 64
        for place, value in zip(ZIGZAG, struct.unpack(">64H" if wide else "64B", raw), strict=True):
            table[place] = value
        found.tables[number] = table
        at += 1 + len(raw)


def frame(found: Markers, marker: int, body: bytes) -> None:
    """Bits, components and their sampling."""
    if len(body) < 6 or len(body) < 6 + 3 * body[5]:
        return
    found.frame, found.bits = marker, body[0]
    height, width = struct.unpack_from(">HH", body, 1)
    found.size = (width, height)
    for index in range(body[5]):
        number, sampling, table = body[6 + 3 * index : 9 + 3 * index]
        found.components.append((number, sampling >> 4, sampling & 15, table))


def application(found: Markers, number: int, body: bytes) -> None:
    """An APPn segment: who wrote it, and the few that matter here."""
    identifier = body[:32].split(b"\0")[0][:32]
    found.applications.append((f"APP{number}", identifier.decode("latin-1")))
    if number == 14 and body[:5] == b"Adobe" and len(body) >= 12:
        found.adobe_transform = body[11]
    elif number == 0 and body[:5] == b"JFIF\0" and len(body) >= 14 and body[12] and body[13]:
        found.jfif_thumbnail = (body[12], body[13])
    elif number == 13 and body.startswith(b"Photoshop 3.0\0"):
        photoshop(found, body[14:])


def photoshop(found: Markers, body: bytes) -> None:
    """Resource blocks: 0x040C is a thumbnail, a JPEG behind 28 bytes."""
    at = 0
    while body[at : at + 4] == b"8BIM" and at + 12 <= len(body):
        name = (body[at + 6] + 2) & ~1
        start = at + 6 + name
        if start + 4 > len(body):
            return
        length = struct.unpack_from(">I", body, start)[0]
        if body[at + 4 : at + 6] == b"\x04\x0c":
            found.thumbnails_8bim.append(body[start + 32 : start + 4 + length])
        at = start + 4 + ((length + 1) & ~1)
