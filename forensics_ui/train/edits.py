"""What people do to pictures before they publish them: tones, colours, sharpness, grain, backgrounds, all with random strength.

Lines that had only seen pictures as cameras and generators leave them took the marks of an editor for those of a generator: they marked
32 of 490 photographs edited by other means than these, lines that have met edits 13 (tests/bench/edited.py). Both classes are edited alike.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Edit = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # of (height, width, 3) float32 between 0 and 255
BRIGHTNESS = np.array([0.299, 0.587, 0.114], np.float32)
ONE_ROUNDING = 0.8  # of the pictures: one program does all and rounds once; the others round at every step


def edited(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture after one or several random edits, as uint8."""
    chosen = [edit for edit, often in EDITS if rng.random() < often] or [EDITS[int(rng.integers(len(EDITS)))][0]]
    at_once, pixels = rng.random() < ONE_ROUNDING, rgb.astype(np.float32)
    for edit in chosen:
        pixels = edit(pixels, rng)
        pixels = pixels if at_once else _rounded(pixels).astype(np.float32)
    return _rounded(pixels)


def _rounded(pixels: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def tones(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A curve for all colours and a little one for each: contrast, fading, brightness, a cast."""
    places = np.linspace(0, 255, 5)
    common = places + rng.normal(0, 22, 5) * (1.2, 1, 1, 1, 1.2)
    made = np.empty_like(pixels)
    for colour in range(3):
        # Never falling: an inverted tone would be an effect, not a correction.
        curve = np.maximum.accumulate(common + rng.normal(0, 9, 5))
        made[..., colour] = _smooth_curve(pixels[..., colour], places, curve)
    return made


def _smooth_curve(values: np.ndarray, places: np.ndarray, curve: np.ndarray) -> np.ndarray:
    """Through five points without corners: a table of a straight-lined curve, blurred."""
    fine = np.interp(np.linspace(-64, 319, 384), places, curve)
    table = np.convolve(fine, np.hanning(65) / np.hanning(65).sum(), "same")[64:320]
    return np.interp(values, np.arange(256), table)


def saturation(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Less or more colour; now and then none."""
    factor = 0.0 if rng.random() < 0.15 else rng.uniform(0.3, 1.8)
    grey = (pixels @ BRIGHTNESS)[..., None]
    return grey + factor * (pixels - grey)


def vignette(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darker towards the corners, or lighter."""
    height, width = pixels.shape[:2]
    down, across = np.linspace(-1, 1, height, dtype=np.float32)[:, None], np.linspace(-1, 1, width, dtype=np.float32)
    return pixels * (1 + rng.uniform(-0.35, 0.15) * (down**2 + across**2))[..., None]


def sharpened(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """An unsharp mask."""
    return pixels + rng.uniform(0.3, 1.5) * (pixels - _blurred(pixels, rng.uniform(0.5, 3)))


def smoothed(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise taken away: small differences go, edges stay."""
    soft, most = _blurred(pixels, rng.uniform(0.6, 1.6)), rng.uniform(4, 16)
    away = pixels - soft
    return soft + away * np.minimum(1, np.abs(away) / most)


def grain(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Noise added: of the brightness or of every colour, as fine as a pixel or coarser."""
    planes = 1 if rng.random() < 0.6 else 3
    noise = rng.normal(0, 1, (*pixels.shape[:2], planes)).astype(np.float32)
    if rng.random() < 0.5:
        noise = _blurred(noise, rng.uniform(0.4, 1))
        noise /= noise.std()
    return pixels + rng.uniform(1, 9) * noise


def background(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sharp around one place, blurred away from it."""
    height, width = pixels.shape[:2]
    down, across = np.linspace(0, 1, height, dtype=np.float32)[:, None], np.linspace(0, 1, width, dtype=np.float32)
    away = np.hypot(down - rng.uniform(0.2, 0.8), across - rng.uniform(0.2, 0.8))
    share = np.clip((away - rng.uniform(0.1, 0.4)) * rng.uniform(2, 8), 0, 1)[..., None]
    return pixels + share * (_blurred(pixels, rng.uniform(1, 5)) - pixels)


def _blurred(pixels: np.ndarray, radius: float) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), radius).reshape(pixels.shape)


EDITS: tuple[tuple[Edit, float], ...] = (
    (smoothed, 0.2),
    (tones, 0.6),
    (saturation, 0.4),
    (vignette, 0.2),
    (background, 0.15),
    (sharpened, 0.3),
    (grain, 0.2),
)
