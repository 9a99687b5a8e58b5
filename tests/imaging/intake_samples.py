"""Pictures in every format, made on the spot."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "HEIF")
LOSSLESS = {"WEBP": {"lossless": True}, "AVIF": {"quality": 100, "subsampling": "4:4:4"}}


def photograph(width: int = 64, height: int = 48, seed: int = 3) -> Image.Image:
    """Smooth colours with some noise: what every codec meets every day."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    base = np.stack([x * 255 / width, y * 255 / height, (x + y) * 255 / (width + height)], axis=-1)
    return Image.fromarray(np.clip(base + rng.normal(0, 12, base.shape), 1, 254).astype(np.uint8))


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The image as a file of that kind."""
    stream = io.BytesIO()
    image.save(stream, kind, **{**LOSSLESS.get(kind, {}), **options})
    return stream.getvalue()


def sample(kind: str, width: int = 64, height: int = 48) -> bytes:
    """An ordinary picture of that kind."""
    image = photograph(width, height)
    return encode(image.quantize(64) if kind == "GIF" else image, kind)


def decoded(data: bytes) -> np.ndarray:
    """What plain Pillow makes of a file, in RGB."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
