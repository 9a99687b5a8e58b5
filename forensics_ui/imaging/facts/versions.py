"""Which program decoded the pixels: other versions may give other pixels, so reports name them."""

from __future__ import annotations

from functools import cache
from typing import Any

import pillow_heif
from PIL import __version__ as pillow_version
from PIL import features

LIBRARIES = {
    "JPEG": ("libjpeg-turbo", "libjpeg_turbo"),
    "PNG": ("zlib-ng", "zlib_ng"),
    "WEBP": ("libwebp", "webp"),
    "TIFF": ("libtiff", "libtiff"),
    "AVIF": ("libavif", "avif"),
}


@cache
def decoder(kind: str) -> dict[str, Any]:
    """The decoder of a format with its version."""
    if kind == "HEIF":
        return {"name": "pillow-heif", "version": pillow_heif.__version__, "library": f"libheif {pillow_heif.libheif_version()}"}
    label, feature = LIBRARIES.get(kind, ("", ""))
    version = features.version(feature) if feature else None
    if kind == "PNG" and not version:
        label, version = "zlib", features.version("zlib")
    return {"name": "Pillow", "version": pillow_version, "library": f"{label} {version}" if version else None}
