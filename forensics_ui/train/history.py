"""What happens to pictures on their way to us, at random and to both classes alike.

Raw training data tell the classes apart by their history (fakes lossless, photographs JPEG). Here every picture gets a
random one: scaling with many kernels, a first JPEG, a cut at any grid phase, a mirroring, a last save. Photographs are
scaled down more often (that is how a lossless photograph comes about) and lossless fakes get a first JPEG more often
(most photographs have one already).
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

R = Image.Resampling
KERNELS = (R.BOX, R.BILINEAR, R.HAMMING, R.BICUBIC, R.LANCZOS)
SUBSAMPLING = ("4:4:4", "4:2:2", "4:2:0", "4:2:0")


@dataclass(frozen=True)
class History:
    """How often each thing happens. The pairs are (real, fake)."""

    shrink: tuple[float, float] = (0.5, 0.35)
    enlarge: float = 0.04
    first_jpeg: tuple[float, float] = (0.1, 0.25)
    last_save: float = 0.5
    webp: float = 0.2  # of the last saves
    quality: tuple[int, int] = (60, 100)
    skew: float = 1.0  # 1: all qualities alike; larger: more of the high ones, where traces are faint but not gone
    smallest: float = 0.4  # the strongest reduction
    turns: bool = True  # quarter turns besides the mirroring


NONE = History(shrink=(0, 0), enlarge=0, first_jpeg=(0, 0), last_save=0, turns=False)


def resave(rgb: np.ndarray, quality: int, kind: str = "JPEG", **options: object) -> np.ndarray:
    """The pixels after one save and load."""
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, kind, quality=quality, **options)
    return np.asarray(Image.open(buffer).convert("RGB"))


def live(rgb: np.ndarray, label: int, crop: int, rng: np.random.Generator, history: History) -> np.ndarray:
    """Give a picture a random past and cut a square of `crop` pixels out of it."""
    return live_twice(rgb, label, crop, rng, history)[0]


def live_twice(rgb: np.ndarray, label: int, crop: int, rng: np.random.Generator, history: History) -> tuple[np.ndarray, np.ndarray]:
    """The same square with its whole past, and as it was before the last save: what a teacher may look at."""
    rgb = at_least(rgb, crop)
    if rng.random() < history.shrink[label]:
        rgb = _shrink(rgb, crop, rng, history.smallest)
    elif rng.random() < history.enlarge:
        rgb = _scale(window(rgb, crop, rng), rng.uniform(1.05, 2.0), rng)
    if rng.random() < history.first_jpeg[label]:
        rgb = random_jpeg(window(rgb, crop + 48, rng), int(rng.integers(75, 99)), rng)
    before = rgb
    if rng.random() < history.last_save:
        # Saved before the cut or after it: the 8 x 8 grid of the save starts anywhere, or at the corner.
        before = window(rgb, crop + int(rng.choice((0, 24))), rng)
        rgb = _last_save(before, rng, history)
    both = window(np.concatenate((rgb, before), axis=2), crop, rng)
    both = mirror(both, rng, history.turns)
    return np.ascontiguousarray(both[..., :3]), np.ascontiguousarray(both[..., 3:])


def at_least(rgb: np.ndarray, side: int) -> np.ndarray:
    """Repeat a small picture mirrored until it fills the side: nothing is resampled."""
    height, width = rgb.shape[:2]
    if height >= side and width >= side:
        return rgb
    return np.pad(rgb, ((0, max(0, side - height)), (0, max(0, side - width)), (0, 0)), mode="symmetric")


def window(rgb: np.ndarray, side: int, rng: np.random.Generator) -> np.ndarray:
    """A square cut out anywhere."""
    height, width = rgb.shape[:2]
    top, left = rng.integers(max(0, height - side) + 1), rng.integers(max(0, width - side) + 1)
    return rgb[top : top + side, left : left + side]


def _shrink(rgb: np.ndarray, crop: int, rng: np.random.Generator, smallest: float) -> np.ndarray:
    least = max(smallest, crop / min(rgb.shape[:2]))
    if least > 0.97:
        return rgb
    # Even on the logarithmic scale: halving is as likely as any other step of that size.
    factor = float(np.exp(rng.uniform(np.log(least), np.log(0.97))))
    return _scale(window(rgb, int(np.ceil((crop + 32) / factor)), rng), factor, rng, crop)


def _scale(rgb: np.ndarray, factor: float, rng: np.random.Generator, floor: int = 1) -> np.ndarray:
    return scaled(rgb, factor, KERNELS[rng.integers(len(KERNELS))], floor)


def scaled(rgb: np.ndarray, factor: float, kernel: Image.Resampling, floor: int = 1) -> np.ndarray:
    """Larger or smaller by a factor, no side below the floor."""
    height, width = (max(floor, round(side * factor)) for side in rgb.shape[:2])
    return np.asarray(Image.fromarray(rgb).resize((width, height), kernel))


def random_jpeg(rgb: np.ndarray, quality: int, rng: np.random.Generator) -> np.ndarray:
    """Saved as JPEG with some chroma subsampling."""
    return resave(rgb, quality, subsampling=SUBSAMPLING[rng.integers(len(SUBSAMPLING))])


def _last_save(rgb: np.ndarray, rng: np.random.Generator, history: History) -> np.ndarray:
    least, most = history.quality
    quality = least + int((most - least + 1) * rng.random() ** (1 / history.skew))
    if rng.random() < history.webp:
        return resave(rgb, quality, "WEBP", method=2)
    return random_jpeg(rgb, quality, rng)


def mirror(rgb: np.ndarray, rng: np.random.Generator, turns: bool) -> np.ndarray:
    """Mirrored or not, and turned by quarters if wanted."""
    turned = np.rot90(rgb, int(rng.integers(4))) if turns else rgb
    return turned[:, ::-1] if rng.random() < 0.5 else turned
