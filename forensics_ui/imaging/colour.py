"""Numbers to colours on a scale that is always given, never taken from the picture at hand; and colours to PNG or JPEG.

A table has 256 entries: entry 0 stands for "no value" (NaN), entries 1 to 255 run from the low to the high end of the
scale. So a scale from -h to h has its zero exactly on entry 128, which is neutral in the signed tables.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import cv2
import numpy as np

NO_VALUE = (128, 128, 128)
# Outlines, the same on the screen, in files and in reports. Red towards generated, blue towards real, as on the signed maps:
# the two stay apart for colour-blind eyes.
MARKS = {"seen": (0x8A, 0x5C, 0xF6), "fake": (0xD1, 0x38, 0x2C), "real": (0x2F, 0x6F, 0xDB), "neutral": (0xF2, 0xB7, 0x05)}
_OPENCV = {"inferno": cv2.COLORMAP_INFERNO, "viridis": cv2.COLORMAP_VIRIDIS, "turbo": cv2.COLORMAP_TURBO}
# Oklab lightness at zero and at both ends, and chroma at the ends: all within sRGB, so the arms stay straight lines.
_SIGNED = {"signed": (0.97, 0.46, 0.16), "signed-dark": (0.16, 0.76, 0.12)}
_BLUE, _RED = np.deg2rad(255.0), np.deg2rad(27.0)
NAMES = ("signed", "signed-dark", "grey", *_OPENCV)


@cache
def table(name: str) -> np.ndarray:
    """The 256 colours of a palette, (256, 3) uint8 RGB, read-only; KeyError names the palettes there are."""
    if name not in NAMES:
        raise KeyError(f"no palette is called {name!r}; there are: {', '.join(NAMES)}")
    colours = np.empty((256, 3), np.uint8)
    colours[0] = NO_VALUE
    colours[1:] = _signed(*_SIGNED[name]) if name in _SIGNED else _plain(name)
    colours.setflags(write=False)
    return colours


def _plain(name: str) -> np.ndarray:
    places = np.rint(np.linspace(0, 255, 255)).astype(np.uint8)
    if name == "grey":
        return np.repeat(places[:, None], 3, axis=1)
    return cv2.applyColorMap(places[:, None], _OPENCV[name])[:, 0, ::-1]


def _signed(zero: float, end: float, chroma: float) -> np.ndarray:
    """Blue below, red above, a neutral zero; lightness and chroma grow evenly and alike on both sides."""
    amount = np.abs(np.linspace(-1, 1, 255))
    hue = np.where(np.arange(255) < 127, _BLUE, _RED)
    lab = np.stack([zero + (end - zero) * amount, chroma * amount * np.cos(hue), chroma * amount * np.sin(hue)], axis=1)
    return np.rint(255 * _oklab_to_srgb(lab)).astype(np.uint8)


def _oklab_to_srgb(lab: np.ndarray) -> np.ndarray:
    """Ottosson's Oklab to sRGB in 0..1, clipped."""
    cone = lab @ np.array([[1, 1, 1], [0.3963377774, -0.1055613458, -0.0894841775], [0.2158037573, -0.0638541728, -1.2914855480]])
    to_rgb = np.array(
        [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965], [-0.0041960863, -0.7034186147, 1.7076147010]]
    )
    linear = np.clip(cone**3 @ to_rgb.T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def colourise(values: np.ndarray, low: float, high: float, name: str) -> np.ndarray:
    """Colour a plane of numbers: (height, width, 3) uint8 RGB. What lies outside the scale gets the colour of its end.

    The viewer does the same arithmetic, so a tile coloured here and one coloured on the screen have the same pixels.
    """
    if not high > low:
        raise ValueError("the high end of a scale lies above its low end")
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        # Every number there can be is placed once; a picture is then one look-up in a small table.
        info = np.iinfo(values.dtype)
        every = np.arange(info.min, info.max + 1)
        return table(name)[_entries(every, low, high)][values.astype(np.int32) - info.min]
    return table(name)[_entries(values, low, high)]


def _entries(values: np.ndarray, low: float, high: float) -> np.ndarray:
    places = np.floor((values.astype(np.float64) - low) * (254 / (high - low)) + 0.5)
    return np.where(np.isnan(places), 0, np.clip(places, 0, 254) + 1).astype(np.uint8)


def palette_spec(name: str, low: float, high: float, unit: str = "", clips: bool = False) -> dict[str, Any]:
    """Describe a scale for the viewer. `clips` says that numbers beyond the ends occur, and are printed so."""
    return {"name": name, "table": table(name).ravel().tolist(), "low": low, "high": high, "unit": unit, "clips": clips}


def png(pixels: np.ndarray, level: int = 1) -> bytes:
    """Encode RGB or grey, 8 or 16 bits, without loss. Level 1 is for the screen; 6 is smaller and much slower."""
    return _encode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, level])


def jpeg(rgb: np.ndarray, quality: int = 90) -> bytes:
    """Encode a preview. Lossy: never to be offered as evidence."""
    return _encode(".jpg", rgb, [cv2.IMWRITE_JPEG_QUALITY, quality])


def preview(rgb: np.ndarray, side: int = 1024, quality: int = 90) -> bytes:
    """A JPEG of at most `side` pixels on its longer side, averaged down; smaller pictures keep their size."""
    height, width = rgb.shape[:2]
    scale = side / max(width, height)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        # By exactly two, OpenCV averages several times quicker than by a fraction; a last odd row or column does not matter here.
        while min(rgb.shape[1] // 2 - size[0], rgb.shape[0] // 2 - size[1]) >= 0:
            rgb = cv2.resize(rgb[: rgb.shape[0] // 2 * 2, : rgb.shape[1] // 2 * 2], None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    return jpeg(rgb, quality)


def _encode(suffix: str, pixels: np.ndarray, options: list[int]) -> bytes:
    if pixels.ndim == 3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(suffix, pixels, options)
    if not done:
        raise ValueError(f"{pixels.shape} {pixels.dtype} cannot be written as {suffix[1:]}")
    return data.tobytes()
