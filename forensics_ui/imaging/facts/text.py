"""Strings out of untrusted files: capped, and without characters that change how the text around them is shown."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

# Control characters but tab and newline, what reverses or hides text, line separators, lone surrogates.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")
MAX_ITEMS = 64


def clean(text: str | bytes, limit: int) -> str:
    """The text with unsafe characters replaced, at most `limit` bytes of UTF-8; a cut is marked."""
    if isinstance(text, bytes):
        text = text[: limit * 4].decode("utf-8", "replace")
    text = UNSAFE.sub("\ufffd", text[: limit + 1].replace("\r\n", "\n").rstrip("\0"))
    raw = text.encode()
    if len(raw) <= limit:
        return text
    return raw[: max(0, limit - 3)].decode("utf-8", "ignore") + "…"


def clean_name(name: str, limit: int = 255) -> str:
    """The last part of a name, on one line."""
    last = re.split(r"[\\/]", name)[-1]
    return clean(last, limit).replace("\n", "\ufffd").replace("\t", " ") or "unnamed"


def jsonable(value: Any, limit: int) -> Any:
    """Any metadata value as JSON: numbers stay numbers, rationals become n/d, bytes are text or counted."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, str):
        return clean(value, limit)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes_text(bytes(value), limit)
    if isinstance(value, (list, tuple)):
        rest = [f"… {len(value) - MAX_ITEMS} more"] if len(value) > MAX_ITEMS else []
        return [jsonable(item, limit // 4) for item in value[:MAX_ITEMS]] + rest
    return rational_text(value, limit)


def bytes_text(raw: bytes, limit: int) -> str:
    """Bytes that are text as text; others by their count."""
    stripped = raw.rstrip(b"\0")
    if stripped and all(32 <= byte < 127 or byte in (9, 10, 13) for byte in stripped[:limit]):
        return clean(stripped, limit)
    return stripped.hex(" ") if len(raw) <= 16 else f"{len(raw)} bytes"


def rational_text(value: Any, limit: int) -> str:
    """A rational as `n/d`; anything else as its text."""
    numerator, denominator = getattr(value, "numerator", None), getattr(value, "denominator", None)
    if isinstance(numerator, int) and isinstance(denominator, int):
        if not denominator:
            return f"{numerator}/0"
        fraction = Fraction(numerator, denominator)
        return clean(f"{fraction.numerator}/{fraction.denominator}", limit)
    return clean(str(value), limit)
