"""Pixels saved and opened again, in memory, as people and sites do it: JPEG, WebP, a 256-colour palette, another size.

Nothing here reads or writes a file. The bytes that are decoded were encoded a moment before by the same program.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


def jpeg(pixels: np.ndarray, quality: int, subsampling: str = "4:2:0") -> np.ndarray:
    """The pixels after one save as baseline JPEG with the standard tables; grey stays one plane."""
    options = {} if pixels.ndim == 2 else {"subsampling": subsampling}
    return _through(pixels, "JPEG", quality=quality, **options)


def webp(rgb: np.ndarray, quality: int) -> np.ndarray:
    """The pixels after one lossy save as WebP."""
    return _through(rgb, "WEBP", quality=quality, method=2)


def palette(rgb: np.ndarray, colours: int = 256) -> np.ndarray:
    """The pixels reduced to a palette, as in a GIF or a small PNG, without dithering."""
    reduced = Image.fromarray(rgb).quantize(colours, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    return np.asarray(reduced.convert("RGB"))


def resized(rgb: np.ndarray, scale: float) -> np.ndarray:
    """The pixels at another size with Pillow's Lanczos filter, at least one pixel a side."""
    height, width = rgb.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def shifted(rgb: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """The pixels without the first columns and rows, as a crop that does not respect any grid leaves them."""
    return rgb[rows:, columns:]


def luma(rgb: np.ndarray) -> np.ndarray:
    """The brightness plane, as JPEG's own first plane is computed."""
    return np.asarray(Image.fromarray(rgb).convert("L"))


def _through(pixels: np.ndarray, kind: str, **options: object) -> np.ndarray:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, kind, **options)
    buffer.seek(0)
    return np.asarray(Image.open(buffer, formats=[kind]).convert("L" if pixels.ndim == 2 else "RGB"))
