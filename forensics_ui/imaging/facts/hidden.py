"""Parameters that some front ends of Stable Diffusion hide in the lowest bit of each pixel, column by column."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

# In the alpha channel or in the colours; plain or compressed.
SIGNATURES = (b"stealth_pnginfo", b"stealth_pngcomp", b"stealth_rgbinfo", b"stealth_rgbcomp")
BITS = 8 * len(SIGNATURES[0])
MOST_BYTES = 2**20


def signature(image: Any) -> str | None:
    """The signature that stands at the beginning of hidden parameters, if one does."""
    if image.mode not in ("RGB", "RGBA"):
        return None
    columns = min(image.width, -(-BITS // image.height))
    pixels = np.asarray(image.crop((0, 0, columns, min(image.height, BITS)))) & 1
    in_order = pixels.transpose(1, 0, 2)
    streams = [in_order[..., :3]] + ([in_order[..., 3]] if image.mode == "RGBA" else [])
    for bits in streams:
        start = np.packbits(bits.reshape(-1)[:BITS]).tobytes()
        if start in SIGNATURES:
            return start.decode()
    return None


def message(image: Any) -> str | None:
    """The hidden text itself: behind the signature stand its length in bits and the text, plain or compressed."""
    found = signature(image)
    if not found:
        return None
    plane = slice(3, 4) if found.startswith("stealth_png") else slice(0, 3)
    length = int.from_bytes(_bytes_at(image, plane, BITS, 32), "big") // 8
    if not 0 < length <= MOST_BYTES:
        return None
    raw = _bytes_at(image, plane, BITS + 32, 8 * length)
    try:
        # Bounded: what decompresses to more than this is no list of parameters.
        text = zlib.decompressobj(31).decompress(raw, MOST_BYTES) if found.endswith("comp") else raw
    except zlib.error:
        return None
    return text.decode("utf-8", "replace")


def _bytes_at(image: Any, plane: slice, start: int, count: int) -> bytes:
    """So many lowest bits from a place on, down the columns, as bytes."""
    a_column = image.height * (plane.stop - plane.start)
    left, right = start // a_column, -(-(start + count) // a_column)
    pixels = np.asarray(image.crop((left, 0, min(right, image.width), image.height)))[..., plane] & 1
    bits = pixels.transpose(1, 0, 2).reshape(-1)[start - left * a_column :][:count]
    return np.packbits(bits).tobytes()
