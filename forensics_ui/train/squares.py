"""The squares of a training picture that CLIP sees: a few random histories each, drawn from the picture's own hash and the seed.

Features that are kept cannot be augmented anew in every epoch, as the paper does; a few copies of each picture stand in for
that. The hash decides, not the place in the folder: pictures that are added or taken away change nothing for the others.
"""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image

from forensics_ui.detectors.univfd import SIDE
from forensics_ui.train.head import HeadPreset
from forensics_ui.train.history import live, resave


def squares_of(rgb: np.ndarray, sha256: str, label: int, preset: HeadPreset, seed: int) -> np.ndarray:
    """(copies, 224, 224, 3) uint8."""
    make = _paper if preset.shorter_side else _own
    rngs = (np.random.default_rng([seed, int(sha256[:16], 16), copy]) for copy in range(preset.copies))
    return np.stack([make(rgb, label, preset, rng) for rng in rngs])


def _own(rgb: np.ndarray, label: int, preset: HeadPreset, rng: np.random.Generator) -> np.ndarray:
    return live(rgb, label, SIDE, rng, preset.history)


def _paper(rgb: np.ndarray, label: int, preset: HeadPreset, rng: np.random.Generator) -> np.ndarray:
    """Shorter side to 256, blur, JPEG, a random cut, a mirroring: the order of the authors' program."""
    height, width = rgb.shape[:2]
    scale = preset.shorter_side / min(height, width)
    pixels = np.asarray(Image.fromarray(rgb).resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR))
    often, least, most = preset.blur
    if rng.random() < often and (sigma := rng.uniform(least, most)) > 0:
        pixels = cv2.GaussianBlur(pixels, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    often, least, most = preset.jpeg
    if rng.random() < often:
        pixels = resave(pixels, int(rng.integers(least, most + 1)))
    top, left = (int(rng.integers(length - SIDE + 1)) for length in pixels.shape[:2])
    pixels = pixels[top : top + SIDE, left : left + SIDE]
    return np.ascontiguousarray(pixels[:, ::-1] if rng.random() < 0.5 else pixels)
