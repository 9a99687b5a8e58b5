"""Every pixel mode to 8-bit RGB, strip by strip, with a sentence for everything that is lost or chosen on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from forensics_ui.core.errors import UnsupportedFormat
from forensics_ui.core.reasons import because

STRIP_BYTES = 1024**2
ALPHA = {"RGBA": "RGB", "LA": "grey", "PA": "palette", "RGBa": "RGB", "La": "grey"}
CMYK = "CMYK to RGB by the plain formula (255 - C) * (255 - K) / 255, without a colour profile"


@dataclass(frozen=True)
class Conversion:
    """How a strip of the decoded image becomes RGB bytes, and what has to be said about it."""

    strip: Callable[[Image.Image], bytes]
    sentences: list[str] = field(default_factory=list)


def strips(image: Image.Image) -> Iterator[Image.Image]:
    """The image as bands of whole rows, so that no second full-size copy is ever made."""
    rows = max(1, STRIP_BYTES // (3 * image.width))
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def conversion(image: Image.Image, bits: int | None) -> Conversion:
    """Choose the conversion for the mode of a loaded image; UnsupportedFormat if there is no honest one."""
    mode = image.mode
    if mode == "RGB":
        return Conversion(Image.Image.tobytes, high_byte(bits))
    if mode.startswith("I;16"):
        return Conversion(grey16, ["One channel of 16 bits: the high byte of each value is kept (value // 256) and copied to all three channels."])
    if mode == "I":
        return integers(image)
    if mode == "F":
        return floats(image)
    sentences = {
        "1": ["One bit per pixel: 0 becomes 0 and 1 becomes 255 in all three channels."],
        "L": ["Grey: the value is copied to all three channels.", *high_byte(bits)],
        "P": ["Palette: each pixel is replaced by its palette colour."],
        "RGBX": ["The fourth, unused channel is dropped."],
        "YCbCr": ["YCbCr to RGB by the JPEG (BT.601, full range) formula."],
        "CMYK": [f"{CMYK}.{adobe(image)}"],
    }.get(mode)
    if mode in ALPHA:
        sentences = high_byte(bits)
    if sentences is None:
        raise UnsupportedFormat(because("unknown_colours", mode=mode))
    return Conversion(converted, sentences)


def converted(strip: Image.Image) -> bytes:
    """A strip in RGB by Pillow's own table or formula for its mode."""
    return strip.convert("RGB").tobytes()


def high_byte(bits: int | None) -> list[str]:
    """The sentence for more than eight bits per channel, if there are."""
    return [f"{bits} bits per channel: reduced to the 8 most significant bits by the decoder."] if bits and bits > 8 else []


def adobe(image: Image.Image) -> str:
    """The sentence for inverted CMYK as Adobe's programs write it."""
    return " Stored inverted, with an Adobe marker: inverted back first." if "adobe" in image.info else ""


def to_rgb(grey: np.ndarray) -> bytes:
    """A grey 8-bit array as RGB bytes."""
    return np.repeat(grey.astype(np.uint8).reshape(-1), 3).tobytes()


def grey16(strip: Image.Image) -> bytes:
    """The high byte of each 16-bit value."""
    return to_rgb(np.asarray(strip) >> 8)


def integers(image: Image.Image) -> Conversion:
    """32-bit integers: as they are if they fit into 8 or 16 bits, otherwise stretched linearly."""
    extrema: Any = image.getextrema()
    low, high = extrema
    if low >= 0 and high <= 255:
        return Conversion(
            lambda strip: to_rgb(np.asarray(strip)), ["32-bit integers that all lie in 0..255: taken as they are, copied to all three channels."]
        )
    if low >= 0 and high <= 65535:
        return Conversion(
            grey16, ["32-bit integers that all lie in 0..65535: the high byte of 16 is kept (value // 256), copied to all three channels."]
        )
    return Conversion(
        stretch(float(low), float(high)), [f"32-bit integers: stretched linearly from {low}..{high} to 0..255, copied to all three channels."]
    )


def floats(image: Image.Image) -> Conversion:
    """Floating point: 0..1 times 255, otherwise stretched linearly; what is not a finite number becomes 0 and is counted."""
    low, high, bad = np.inf, -np.inf, 0
    for strip in strips(image):
        values = np.asarray(strip)
        finite = values[np.isfinite(values)]
        bad += values.size - finite.size
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
    said = [f"{bad} values are not finite numbers (NaN or infinite) and become 0."] if bad else []
    if low > high:
        return Conversion(stretch(0.0, 1.0), said)
    if low >= 0 and high <= 1:
        return Conversion(stretch(0.0, 1.0), ["Floating point within 0..1: multiplied by 255 and rounded, copied to all three channels.", *said])
    return Conversion(
        stretch(low, high), [f"Floating point: stretched linearly from {low:g}..{high:g} to 0..255, copied to all three channels.", *said]
    )


def stretch(low: float, high: float) -> Callable[[Image.Image], bytes]:
    """A linear map of low..high to 0..255."""
    scale = 255.0 / (high - low) if high > low else 0.0

    def strip_bytes(strip: Image.Image) -> bytes:
        values = np.asarray(strip).astype(np.float64)
        scaled = np.where(np.isfinite(values), (values - low) * scale, 0.0)
        return to_rgb(np.clip(np.rint(scaled), 0, 255))

    return strip_bytes


def alpha_fact(image: Image.Image) -> tuple[dict[str, Any] | None, list[str]]:
    """Whether there is transparency, whether it says anything, and the sentence about leaving it out."""
    if image.mode in ALPHA:
        low, high = image.getchannel(image.getbands()[-1]).getextrema()
        said = f"the same everywhere ({low})" if low == high else f"between {low} and {high}"
        premultiplied = " The colours are stored multiplied by it and are divided back." if image.mode.endswith("a") else ""
        sentence = f"Transparency (alpha) is dropped, the stored colours are kept as they are, also where they are invisible; alpha is {said}.{premultiplied}"
        return {"min": low, "max": high, "constant": low == high}, [sentence]
    if "transparency" in image.info or (image.mode == "P" and image.palette and image.palette.mode == "RGBA"):
        return {"min": None, "max": None, "constant": None}, ["Some colours are declared transparent: that is ignored, the stored colours are kept."]
    return None, []
