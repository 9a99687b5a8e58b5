"""Length-prefixed frames between the app and its decoder process: JSON and raw bytes only, never pickles."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

# Requests and answers, one letter each.
READY, REQUEST, FILE, SIZE, PIXELS, FACTS, PROVENANCE, ERROR = b"R", b"Q", b"B", b"S", b"P", b"F", b"C", b"E"

HEADER = struct.Struct("<cQ")
# Every string inside is capped already; this only bounds what a broken decoder can make the app allocate.
MAX_JSON = 16 * 1024**2


def write_all(stream: BinaryIO, data: bytes | memoryview) -> None:
    """Write to an unbuffered stream, which may take less than it is given."""
    view = memoryview(data).cast("B")
    while view:
        view = view[stream.write(view) :]


def read_into(stream: BinaryIO, view: memoryview) -> None:
    """Fill the view; EOFError if the other side goes away first."""
    while view:
        count = stream.readinto(view)
        if not count:
            raise EOFError("the other side of the pipe is gone")
        view = view[count:]


def send(stream: BinaryIO, kind: bytes, payload: bytes | memoryview) -> None:
    """Write one frame."""
    write_all(stream, HEADER.pack(kind, memoryview(payload).nbytes))
    write_all(stream, payload)


def send_json(stream: BinaryIO, kind: bytes, value: Any) -> None:
    """Write one frame that holds JSON."""
    send(stream, kind, json.dumps(value, allow_nan=False).encode())


def receive_header(stream: BinaryIO) -> tuple[bytes, int]:
    """Read the kind and the length of the next frame."""
    raw = bytearray(HEADER.size)
    read_into(stream, memoryview(raw))
    return HEADER.unpack(raw)


def receive_bytes(stream: BinaryIO, length: int) -> bytearray:
    """Read the payload of a frame."""
    raw = bytearray(length)
    read_into(stream, memoryview(raw))
    return raw


def receive_json(stream: BinaryIO, length: int) -> dict[str, Any]:
    """Read a payload that must be a JSON object of bearable size."""
    if length > MAX_JSON:
        raise ValueError("an answer is longer than any answer can be")
    value = json.loads(receive_bytes(stream, length))
    if not isinstance(value, dict):
        raise ValueError("an answer is not an object")
    return value
