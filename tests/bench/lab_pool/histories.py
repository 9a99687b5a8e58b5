"""What happens to pictures on their way to us: the copies that heads learn from and are judged by.

asis j96 j80 halved grey: the aligned middle of at most 1,024 px, as it is, saved, halved by Lanczos, or its brightness alone.
web hard: reduced to at most 768 and 512 px (crops of 256 px by three quarters and a half), then saved at 60 and 40.
J1 S1, J2 S2: a random save as JPEG 30-100 or WebP; a random reduction first; each drawn from the picture's name.

    rgb, condition = copy_of(shot, "web")
"""

from __future__ import annotations

import random

import numpy as np
from PIL import Image

from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.history import KERNELS, resave, scaled
from forensics_ui.train.measure import halved
from forensics_ui.verdict.conditions import HIGH_QUALITY
from tests.bench.lab_pool.pictures import Shot, draw_of, opened

MIDDLE = 1024
CROP = 320  # up to here a picture is a crop: its reduction goes by a factor
REDUCED = {"web": (768, 0.75, 60), "hard": (512, 0.5, 40)}
SAVED = {"j96": 96, "j80": 80}
RANDOM = ("J1", "S1", "J2", "S2")
HISTORIES = ("asis", *SAVED, "halved", *REDUCED, *RANDOM, "grey")
OF_FILE = ""  # the condition is that of the file
OTHER = "other"  # none of those that cards speak of
LEAST_REDUCED = 112
WEBP = 0.15
SUBSAMPLING = (0, 1, 2, 2)  # Pillow's numbers: 4:4:4, 4:2:2, 4:2:0


def copy_of(shot: Shot, history: str) -> tuple[np.ndarray, str]:
    """The copy's pixels, and the condition that it is in."""
    rgb = opened(shot)
    if history in REDUCED:
        longest, factor, quality = REDUCED[history]
        side = max(rgb.shape[:2])
        factor = factor if side <= CROP else min(1.0, longest / side)
        rgb = scaled(rgb, factor, Image.Resampling.LANCZOS) if factor < 1 else rgb
        return resave(rgb, quality), "jpeg80"
    middle = np.ascontiguousarray(aligned_crop(rgb, MIDDLE).block)
    if history in SAVED:
        return resave(middle, SAVED[history]), f"jpeg{SAVED[history]}"
    if history == "halved":
        return halved(middle), "halved"
    if history == "grey":
        return np.asarray(Image.fromarray(middle).convert("L").convert("RGB")), OTHER
    if history in RANDOM:
        return _at_random(middle, random.Random(draw_of(f"{shot.key}|{history}")), reduce=history[0] == "S")
    if history != "asis":
        raise ValueError(history)
    return middle, OF_FILE


def _at_random(rgb: np.ndarray, draws: random.Random, reduce: bool) -> tuple[np.ndarray, str]:
    """Perhaps reduced, then saved."""
    if reduce:
        factor, kernel = draws.uniform(0.4, 1.0), draws.choice(KERNELS)
        if min(rgb.shape[:2]) * factor >= LEAST_REDUCED:
            rgb = scaled(rgb, factor, kernel)
    if draws.random() < WEBP:
        return resave(rgb, draws.randint(40, 95), "WEBP"), OTHER
    quality = draws.randint(30, 100)
    return resave(rgb, quality, subsampling=draws.choice(SUBSAMPLING)), "jpeg96" if quality >= HIGH_QUALITY else "jpeg80"
