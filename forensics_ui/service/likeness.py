"""Do two files of one network see alike? Features of a few drawn squares, those of one file kept in the manifest.

A head's limits were measured on one file; on another they hold only where the features hardly differ.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from forensics_ui.detectors.clip_heads import SIDE, embedding
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.weightstore import alike
from forensics_ui.weightstore.load import LoadedWeights
from forensics_ui.weightstore.manifest import WeightsEntry, find


def measure(head: WeightsEntry | None, below: LoadedWeights, weights_dir: Path) -> None:
    """If these stand in for the network that the head was measured on, find out once whether they see alike."""
    expected = find(head.backbone, weights_dir) if head and head.backbone else None
    entry = below.entry
    if not (entry and expected and expected.features and expected.sha256 and entry.instead_of == expected.name):
        return
    file = weights_dir / entry.file
    if alike.cosine_to(file, below.sha256, expected.sha256) is None:
        alike.remember(file, below.sha256, expected.sha256, lowest_cosine(unpacked(expected.features), features(below.state)))


def lowest_cosine(known: np.ndarray, found: np.ndarray) -> float:
    """Of the square that is seen least alike; -1 where the features cannot be compared at all."""
    if known.shape != found.shape:
        return -1.0
    lengths = np.linalg.norm(known, axis=1) * np.linalg.norm(found, axis=1)
    return round(float(((known * found).sum(1) / lengths).min()), 6)


@torch.inference_mode()
def features(state: Mapping[str, Tensor]) -> np.ndarray:
    """The tower's embeddings of the drawn squares."""
    x = torch.from_numpy(squares()).permute(0, 3, 1, 2).float() / 255
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (CLIP_MEAN, CLIP_STD))
    return embedding(build_tower(state), (x - mean) / std).double().numpy()


def packed(values: np.ndarray) -> str:
    """As the manifest keeps them: half precision, a hundredth of what is asked."""
    return base64.b64encode(values.astype("<f2").tobytes()).decode()


def unpacked(text: str) -> np.ndarray:
    """Back from the manifest."""
    return np.frombuffer(base64.b64decode(text), "<f2").astype(float).reshape(len(squares()), -1)


def squares() -> np.ndarray:
    """Clouds, clouds with grain, flat shapes, and clouds at half the size, enlarged."""
    rng = np.random.default_rng(5)
    clouds, grainy, small = _clouds(rng, SIDE), _clouds(rng, SIDE) + rng.normal(0, 0.05, (SIDE, SIDE, 3)), _clouds(rng, SIDE // 2)
    y, x = np.mgrid[:SIDE, :SIDE][..., None]
    shapes = np.where((x - 80) ** 2 + (y - 90) ** 2 < 2500, [0.8, 0.2, 0.1], np.where(y > 150, [0.1, 0.3, 0.6], [0.95, 0.9, 0.8]))
    drawn = np.stack([clouds, grainy, shapes, small.repeat(2, 0).repeat(2, 1)])
    return np.rint(255 * drawn.clip(0, 1)).astype(np.uint8)


def _clouds(rng: np.random.Generator, side: int) -> np.ndarray:
    """Noise whose power falls with frequency, in three colours that go together, 0..1."""
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None])
    frequency[0, 0] = np.inf
    waves = rng.normal(size=(4, *frequency.shape)) + 1j * rng.normal(size=(4, *frequency.shape))
    fields = np.fft.irfft2(waves / frequency**1.3, (side, side))
    scene = np.moveaxis(fields[:1] + 0.3 * fields[1:], 0, 2)
    return (scene - scene.min()) / (scene.max() - scene.min())
