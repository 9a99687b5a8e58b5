"""Training pictures for PRC: random histories of two families, and what is counted in them.

The *clean* family is what lossless files hold: pixels that were never lossily compressed at their present size. The *saved*
family was compressed last, as JPEG or WebP. A photograph that came as a JPEG enters the first only reduced. Both classes go through
the same steps, at rates of their own where they come different: most generated pictures that are reduced are saved as JPEG
before, as the photographs were, so that the remains of the older JPEG do not give the photographs away. Of the saved copies a
part has the short past that most published pictures have: one save, rather good. Fits to both parts rank unseen generators
better than fits to the longer pasts alone. Some copies of both families were edited on their way (train/edits.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from forensics_ui.detectors.patterns import frequencies
from forensics_ui.train.edits import edited
from forensics_ui.train.folders import Sample
from forensics_ui.train.history import KERNELS, at_least, mirror, random_jpeg, resave, scaled, window

CLEAN, SAVED = 0, 1
Late = Callable[[np.ndarray, np.random.Generator], np.ndarray]  # what is done to a picture after it was reduced
EDITED_SIDE = 768  # pixels: what is edited of a large picture, before it is reduced
SHRUNK_LEAST = 0.95  # a reduction by less leaves too much of an older JPEG to be called clean


@dataclass(frozen=True)
class Past:
    """How often each thing happens; pairs are (real, fake)."""

    crop: int = 256
    least_crop: int = 128  # what a reduction may leave
    clean: int = 3  # copies of each picture
    saved: int = 2
    saved_once: int = 3
    edited: int = 1  # more copies of each of the three, edited before they are reduced and saved or in between
    shrink_lossless: float = 0.5
    jpeg_before: tuple[float, float] = (0.0, 0.6)  # of what is reduced
    shrink_saved: tuple[float, float] = (0.4, 0.4)
    twice: tuple[float, float] = (0.15, 0.4)  # of what is saved: a JPEG already
    untouched: float = 0.15  # of saved copies of files that are lossy as they are
    webp: float = 0.15
    quality: tuple[int, int] = (60, 100)
    skew: float = 1.4
    smallest: float = 0.4
    # Sources, by the beginning of their name, without saved copies: reconstructions of photographs keep few traces through a
    # save, and fits with them ranked unseen generators no better.
    only_clean: tuple[str, ...] = ("recon",)

    def once(self) -> Past:
        """The short past: photographs, which are large as they come, are often reduced first, generated pictures never."""
        return replace(self, shrink_saved=(0.6, 0.0), twice=(0.1, 0.1), webp=0.1, quality=(70, 100))

    def as_dict(self) -> dict[str, Any]:
        """For the card: JSON-ready."""
        return asdict(self)


def copies_of(variants: Sequence[np.ndarray], sample: Sample, past: Past, seed: Sequence[int]) -> Iterator[tuple[int, bool, np.ndarray]]:
    """The family of every copy of one picture, whether it was edited, and what was counted in it."""
    lossy, erased = is_lossy(sample.path), sample.source.startswith(past.only_clean)
    saved = [(SAVED, past, False)] * past.saved + [(SAVED, past.once(), False)] * past.saved_once
    kinds = [(CLEAN, past, False)] * past.clean + saved * (not erased)
    edited_too = [(SAVED, past, True), (SAVED, past.once(), True)] * (not erased)
    kinds += [(CLEAN, past, True), *edited_too] * past.edited
    for copy, (family, its, edits) in enumerate(kinds):
        rng = np.random.default_rng([*seed, copy])
        made = copy_of(variants[rng.integers(len(variants))], sample.label, lossy, family, rng, its, edits)
        if made is not None:
            yield family, edits, frequencies(made)


def copy_of(
    rgb: np.ndarray, label: int, lossy_file: bool, family: int, rng: np.random.Generator, past: Past, edits: bool = False
) -> np.ndarray | None:
    """A square of the picture with a random past of that family; None if this picture cannot have one."""
    rgb, late = at_least(rgb, past.least_crop), _as_it_is
    if edits:
        lossy_file = lossy_file and family == CLEAN  # an edited picture has to be saved anew
        # Before it is reduced or afterwards. Were it always before, an edit would be the last step of lossless pictures only, which are most
        # of the generated ones.
        rgb, late = (_edited(rgb, rng), _as_it_is) if rng.random() < 0.5 else (rgb, _edited)
    made = _clean(rgb, label, lossy_file, rng, past, late) if family == CLEAN else _saved(rgb, label, lossy_file, rng, past, late)
    return None if made is None else np.ascontiguousarray(mirror(window(made, past.crop, rng), rng, turns=True))


def _as_it_is(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return rgb


def _edited(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return edited(window(rgb, EDITED_SIDE, rng), rng)


def _clean(rgb: np.ndarray, label: int, lossy_file: bool, rng: np.random.Generator, past: Past, late: Late) -> np.ndarray | None:
    if not lossy_file and rng.random() >= past.shrink_lossless:
        return late(rgb, rng)
    least = _least(rgb, past)
    if least > SHRUNK_LEAST:
        return None if lossy_file else rgb
    if rng.random() < past.jpeg_before[label]:
        rgb = random_jpeg(rgb, int(rng.integers(75, 99)), rng)
    return late(_reduced(rgb, least, rng, past), rng)


def _saved(rgb: np.ndarray, label: int, lossy_file: bool, rng: np.random.Generator, past: Past, late: Late) -> np.ndarray:
    if lossy_file and rng.random() < past.untouched:
        return rgb
    least = _least(rgb, past)
    if least <= SHRUNK_LEAST and rng.random() < past.shrink_saved[label]:
        rgb = _reduced(rgb, least, rng, past)
    if rng.random() < past.twice[label]:
        rgb = random_jpeg(window(rgb, past.crop + 48, rng), int(rng.integers(75, 99)), rng)
    # Saved before the cut or after it: the 8 x 8 grid of the save starts anywhere, or at the corner.
    rgb = late(window(rgb, past.crop + int(rng.choice((0, 24))), rng), rng)
    least_quality, most = past.quality
    quality = least_quality + int((most - least_quality + 1) * rng.random() ** (1 / past.skew))
    return resave(rgb, quality, "WEBP", method=2) if rng.random() < past.webp else random_jpeg(rgb, quality, rng)


def _reduced(rgb: np.ndarray, least: float, rng: np.random.Generator, past: Past) -> np.ndarray:
    # Even on the logarithmic scale: halving is as likely as any other step of that size.
    factor = float(np.exp(rng.uniform(np.log(least), np.log(SHRUNK_LEAST))))
    return scaled(window(rgb, int(np.ceil((past.crop + 32) / factor)), rng), factor, KERNELS[rng.integers(len(KERNELS))], past.least_crop)


def _least(rgb: np.ndarray, past: Past) -> float:
    return max(past.smallest, past.least_crop / min(rgb.shape[:2]))


def is_lossy(path: Path) -> bool:
    """Whether a file's own format has thrown something away."""
    with Image.open(path) as image:
        return image.format in ("JPEG", "MPO") or (image.format == "WEBP" and b"VP8 " in path.read_bytes()[:64])
