"""Pictures of the kinds that upload widgets are known to change, as bytes, made here."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
from PIL import Image
from PIL.PngImagePlugin import PngInfo

pillow_heif.register_heif_opener()


def noise(width: int = 96, height: int = 64, channels: int = 3, seed: int = 1) -> np.ndarray:
    smooth = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, channels), np.uint8)
    return np.asarray(Image.fromarray(smooth.squeeze()).resize((width, height), Image.Resampling.BICUBIC))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    kept = io.BytesIO()
    image.save(kept, kind, **options)
    return kept.getvalue()


def rotated_jpeg() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a camera's own words"
    return encoded(Image.fromarray(noise()), "JPEG", quality=91, exif=exif)


def kinds() -> dict[str, tuple[str, bytes]]:
    """Kind to (file name, bytes)."""
    rgb = Image.fromarray(noise())
    deep = Image.fromarray(noise(channels=1).astype(np.uint16) * 257)
    return {
        "grey JPEG": ("grey.jpg", encoded(rgb.convert("L"), "JPEG", quality=88)),
        "CMYK JPEG": ("cmyk.jpg", encoded(rgb.convert("CMYK"), "JPEG", quality=88)),
        "EXIF-rotated JPEG": ("rotated.jpg", rotated_jpeg()),
        "palette PNG": ("palette.png", encoded(rgb.convert("P", palette=Image.Palette.ADAPTIVE), "PNG")),
        "RGBA PNG": ("alpha.png", encoded(Image.fromarray(noise(channels=4)), "PNG")),
        "16-bit PNG": ("deep.png", encoded(deep, "PNG")),
        "TIFF": ("scan.tif", encoded(rgb, "TIFF", compression="tiff_lzw")),
        "WebP": ("web.webp", encoded(rgb, "WEBP", quality=80)),
        "AVIF": ("new.avif", encoded(rgb, "AVIF", quality=70)),
        "HEIC": ("phone.heic", encoded(rgb, "HEIF", quality=70)),
    }


def photograph(width: int = 720, height: int = 480) -> bytes:
    """Larger than the centre crop, as JPEG."""
    return encoded(Image.fromarray(noise(width, height)), "JPEG", quality=92)


ATTACKS = (
    "<img src=x onerror=window.hacked=1>",
    "<script>window.hacked=2</script>",
    "${window.hacked=3}",
    "{{#with this}}{{lookup this 'constructor'}}{{/with}}",
    '"><svg onload=window.hacked=4>',
    "`;window.hacked=5;`",
    "\\${window.hacked=6}\\`",
    "&lt;img src=x onerror=window.hacked=7&gt;",
)


def hostile_png() -> bytes:
    """A good picture whose every text field attacks the page."""
    text = PngInfo()
    for number, attack in enumerate(ATTACKS):
        text.add_text(f"k{number}{attack}"[:79], attack)
    text.add_text("parameters", f"{ATTACKS[0]} Steps: 20, Sampler: Euler {ATTACKS[2]}, CFG scale: 7, Seed: 1, Size: 64x64")
    exif = Image.Exif()
    exif[0x010E] = exif[0x0131] = "".join(ATTACKS)
    return encoded(Image.fromarray(noise()), "PNG", pnginfo=text, exif=exif)
