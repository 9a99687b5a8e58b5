"""Pictures in every format, made on the spot."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
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


def seeds() -> list[bytes]:
    """Files worth breaking: every format, and the variants whose parsers differ."""
    image = photograph(40, 30)
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    grey16 = Image.fromarray(np.arange(1200, dtype=np.uint16).reshape(30, 40) * 50)
    return [
        *(sample(kind, 40, 30) for kind in FORMATS),
        encode(image, "JPEG", progressive=True, exif=exif, comment=b"a comment", xmp=b"<x:xmpmeta/>"),
        encode(image.convert("CMYK"), "JPEG"),
        encode(image.convert("RGBA"), "PNG", exif=exif),
        encode(grey16, "PNG"),
        encode(image.convert("RGBA"), "WEBP"),
        encode(image, "WEBP", lossless=False, exif=exif, xmp=b"<x:xmpmeta/>"),
        *(encode(image, "TIFF", compression=each) for each in ("tiff_lzw", "tiff_adobe_deflate", "jpeg", "packbits")),
        encode(Image.fromarray(np.linspace(-1, 2, 1200, dtype=np.float32).reshape(30, 40)), "TIFF"),
        encode(image.convert("1"), "TIFF", compression="group4"),
        *(encode(image, kind, save_all=True, append_images=[photograph(40, 30, seed=9)]) for kind in ("GIF", "PNG", "WEBP", "AVIF", "MPO")),
        encode(image.quantize(16), "BMP"),
    ]


def mutants(count: int, seed: int) -> Iterator[bytes]:
    """Broken files, the same ones for the same seed: bits flipped, bytes set to extremes, cut, spliced, heads swapped."""
    chance, pool = random.Random(seed), seeds()
    for _ in range(count):
        data, other = bytearray(chance.choice(pool)), chance.choice(pool)
        for _ in range(chance.choice((1, 1, 2, 3))):
            # Most of what a parser can trip over stands at the beginning.
            at = chance.randrange(min(len(data), chance.choice((64, 512, len(data)))))
            way = chance.randrange(7)
            if way <= 1:
                data[at] ^= 1 << chance.randrange(8)
            elif way == 2:
                width = chance.choice((1, 2, 4))
                data[at : at + width] = chance.choice((b"\0", b"\xff", b"\x7f", b"\x80")) * width
            elif way == 3:
                del data[at + 1 :]
            elif way == 4:
                data[: min(at, 64)] = other[: min(at, 64)]
            elif way == 5:
                data[at:at] = data[at : at + chance.randrange(1, 64)]
            else:
                del data[at : at + chance.randrange(1, 64)]
            data = data or bytearray(b"\0")
        yield bytes(data)
