"""What edits do to verdicts: pictures edited by other means than those of training, judged at the weights' own limits.

    python -m tests.bench.edited FOLDER --weights prc_joined --weights published.pth [--reals N]

FOLDER is labelled (0_real/1_fake); none of the weights should have met its sources. Every picture gets two to four random edits of
PIL's and OpenCV's (training has its own, train/edits.py); photographs, nearly all of which were JPEGs, are reduced before or after, so
that what is left without a last save holds no older one. Each is judged without a save and as a JPEG of quality 80 to 92, under `native`.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from forensics_ui.core.errors import NotApplicable
from forensics_ui.detectors import DETECTORS
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.figures import NATIVE_SIDE, limits_in, threshold_at
from forensics_ui.train.folders import Sample, labelled_files
from forensics_ui.train.history import resave
from forensics_ui.train.measure import area_under_curve
from forensics_ui.train.pictures import decode
from forensics_ui.weightstore.load import load_weights
from tests.bench.lab import sampled
from tests.bench.machine import describe_machine

SEED = 8
LEAST_SIDE = 128
CONDITIONS = {"without a save": ("as_they_come",), "saved as JPEG": ("jpeg96", "jpeg80")}  # and the limits that hold there: the stricter one

Rng = np.random.Generator
Edit = Callable[[np.ndarray, Rng], np.ndarray]


def enhanced(name: str, least: float, most: float) -> Edit:
    """One of PIL's enhancers by a random factor."""
    return lambda rgb, rng: np.asarray(getattr(ImageEnhance, name)(Image.fromarray(rgb)).enhance(rng.uniform(least, most)))


def local_contrast(rgb: np.ndarray, rng: Rng) -> np.ndarray:
    """Histograms of the brightness equalised tile by tile, up to a limit."""
    lab = cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(rng.uniform(1, 2.5), (8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)


def split_tones(rgb: np.ndarray, rng: Rng) -> np.ndarray:
    """One tint for the shadows, another for the lights."""
    light = rgb.mean(2, keepdims=True) / 255
    return np.clip(rgb + (1 - light) * rng.normal(0, 14, 3) + light * rng.normal(0, 14, 3), 0, 255).astype(np.uint8)


def faded(rgb: np.ndarray, rng: Rng) -> np.ndarray:
    """Black becomes grey, white a little darker."""
    black = rng.uniform(10, 45)
    return (black + rgb * (255 - black - rng.uniform(0, 25)) / 255).round().astype(np.uint8)


def by_filter(rgb: np.ndarray, rng: Rng) -> np.ndarray:
    """PIL's median, smoothing or unsharp mask."""
    unsharp = ImageFilter.UnsharpMask(rng.uniform(0.6, 3), int(rng.uniform(40, 180)), int(rng.integers(0, 4)))
    chosen = (unsharp, unsharp, ImageFilter.MedianFilter(3), ImageFilter.SMOOTH)[rng.integers(4)]
    return np.asarray(Image.fromarray(rgb).filter(chosen))


EDITS: tuple[Edit, ...] = (
    enhanced("Contrast", 0.7, 1.5),
    enhanced("Color", 0, 1.8),
    enhanced("Brightness", 0.75, 1.3),
    enhanced("Sharpness", 0, 3),
    lambda rgb, rng: np.asarray(ImageOps.autocontrast(Image.fromarray(rgb), cutoff=rng.uniform(0, 2))),
    lambda rgb, rng: cv2.bilateralFilter(rgb, 5, rng.uniform(10, 40), rng.uniform(2, 5)),
    lambda rgb, rng: cv2.fastNlMeansDenoisingColored(rgb, None, rng.uniform(2, 6), rng.uniform(2, 8), 5, 11),
    local_contrast,
    split_tones,
    faded,
    by_filter,
    lambda rgb, rng: cv2.detailEnhance(rgb, sigma_s=rng.uniform(3, 12), sigma_r=rng.uniform(0.05, 0.15)),
)


def edited_by_others(rgb: np.ndarray, rng: Rng) -> np.ndarray:
    """The picture after two to four of them."""
    for index in rng.choice(len(EDITS), int(rng.integers(2, 5)), replace=False):
        rgb = np.ascontiguousarray(EDITS[index](rgb, rng))
    return rgb


def versions(sample: Sample) -> dict[str, np.ndarray]:
    """One picture edited, without a save and with one; always the same for the same file name."""
    rng = np.random.default_rng([SEED, zlib.crc32(sample.path.name.encode())])
    rgb = np.ascontiguousarray(aligned_crop(decode(sample.path), NATIVE_SIDE).block)
    if sample.label:
        made = edited_by_others(rgb, rng)
    else:
        factor = max(rng.uniform(0.5, 0.9), min(1, LEAST_SIDE / min(rgb.shape[:2])))
        size = [round(side * factor) for side in rgb.shape[1::-1]]
        reduce = lambda pixels: np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS))  # noqa: E731
        made = edited_by_others(reduce(rgb), rng) if rng.random() < 0.5 else reduce(edited_by_others(rgb, rng))
    return dict(zip(CONDITIONS, (made, resave(made, int(rng.integers(80, 93)))), strict=True))


def main() -> None:
    """Print AUC, what is found and what is marked, for every set of weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", action="append", required=True)
    parser.add_argument("--reals", type=int, help="at most this many real pictures, chosen by the hash of their names")
    arguments = parser.parse_args()
    print(describe_machine())
    samples = sampled(labelled_files(arguments.folder), arguments.reals)
    for wanted in arguments.weights:
        weights = load_weights(wanted)
        detector = DETECTORS.get(weights.detector)(weights.state, torch.device("cpu"))
        calibrated = (weights.card.fields.get("calibration") or {}).get("native")
        scores: dict[tuple[str, int], list[float]] = {}
        for sample in samples:
            for condition, rgb in versions(sample).items():
                try:
                    scores.setdefault((condition, sample.label), []).append(
                        detector.logit(np.ascontiguousarray(detector.prepare(rgb, "native").block))
                    )
                except NotApplicable:
                    continue
        for line in _lines(scores, calibrated):
            print(f"{weights.name}, {line}")


def _lines(scores: dict[tuple[str, int], list[float]], calibrated: dict | None) -> Iterator[str]:
    for condition, alike in CONDITIONS.items():
        real, fake = (np.array(scores[condition, label]) for label in (0, 1))
        limit = max(limits_in(calibrated, name)["threshold_some"] for name in alike) if calibrated else 0.0
        found = float((fake >= threshold_at(real, 0.05)).mean())
        yield (
            f"{condition}: AUC {area_under_curve(real, fake):.3f}, found at 5 % {found:.0%}; at its limit {limit:+.2f} "
            f"found {(fake >= limit).sum()} of {len(fake)}, marked {(real >= limit).sum()} of {len(real)}"
        )


if __name__ == "__main__":
    main()
