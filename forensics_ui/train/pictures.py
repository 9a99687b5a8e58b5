"""Decoded pictures, held in memory as uint8 so that an epoch costs no decoding."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from forensics_ui.core.errors import BadImage
from forensics_ui.train.folders import Sample
from forensics_ui.train.history import KERNELS


def decode(path: Path) -> np.ndarray:
    """A file's pixels as they are stored, (height, width, 3) uint8."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError) as error:
        raise BadImage(f"{path.name} cannot be read as a picture ({str(error)[:80]}); take it out of the folder.") from None


class Pictures:
    """Samples and their pixels. What does not fit into `budget_bytes` is decoded again each time it is asked for.

    Of a picture larger than `cap` a few pieces are kept instead: native cut-outs, and one cut-out of a reduced copy,
    because a native piece of a 20-megapixel photograph often holds nothing but sky.
    """

    def __init__(self, samples: list[Sample], cap: int = 768, pieces: int = 3, budget_bytes: int = 6 * 1024**3, seed: int = 0) -> None:
        self.samples = samples
        self.cap, self.pieces, self.seed = cap, pieces, seed
        self._kept: dict[int, list[np.ndarray]] = {}
        left = budget_bytes
        for i in range(len(samples)):
            variants = self._load(i)
            left -= sum(v.nbytes for v in variants)
            if left < 0:
                break
            self._kept[i] = variants

    def variants(self, index: int) -> list[np.ndarray]:
        """The pixels of one sample: itself, or its pieces."""
        return self._kept.get(index) or self._load(index)

    def _load(self, index: int) -> list[np.ndarray]:
        rgb = decode(self.samples[index].path)
        height, width = rgb.shape[:2]
        if max(height, width) <= self.cap:
            return [rgb]
        rng = np.random.default_rng([self.seed, index])
        kept = [_piece(rgb, self.cap, rng) for _ in range(self.pieces - 1)]
        scale = self.cap / min(height, width)
        if scale < 0.9:
            size = max(self.cap, round(width * scale)), max(self.cap, round(height * scale))
            kept.append(_piece(np.asarray(Image.fromarray(rgb).resize(size, KERNELS[rng.integers(len(KERNELS))])), self.cap, rng))
        return kept


def _piece(rgb: np.ndarray, cap: int, rng: np.random.Generator) -> np.ndarray:
    height, width = rgb.shape[:2]
    top, left = rng.integers(max(0, height - cap) + 1), rng.integers(max(0, width - cap) + 1)
    return np.ascontiguousarray(rgb[top : top + cap, left : left + cap])
