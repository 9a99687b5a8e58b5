"""Which crop step s sees in slot i: a pure function of the seed, so that a resumed training sees what the uninterrupted one does."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from forensics_ui.train.history import live
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.presets import Preset


class Draws(Dataset):
    """Index (step, slot) to (crop as uint8, label)."""

    def __init__(self, pictures: Pictures, preset: Preset, seed: int) -> None:
        self.pictures, self.preset, self.seed = pictures, preset, seed
        self._groups = [self._weighted(label) for label in (0, 1)]

    def _weighted(self, label: int) -> tuple[np.ndarray, np.ndarray]:
        """Indices of one class and how likely each is: a source counts by the root of its size, so that no source drowns the others."""
        samples = self.pictures.samples
        indices = np.array([i for i, s in enumerate(samples) if s.label == label])
        sizes: dict[str, int] = {}
        for i in indices:
            sizes[samples[i].source] = sizes.get(samples[i].source, 0) + 1
        weights = np.array([sizes[samples[i].source] ** -0.5 for i in indices])
        return indices, np.cumsum(weights / weights.sum())

    def crop_of(self, step: int) -> int:
        """The side of all crops of a step."""
        return int(np.random.default_rng([self.seed, step]).choice(self.preset.crops))

    def __getitem__(self, index: tuple[int, int]) -> tuple[torch.Tensor, float]:
        step, slot = index
        rng = np.random.default_rng([self.seed, step, slot])
        chosen = self._choose(slot, rng)
        label = self.pictures.samples[chosen].label
        variants = self.pictures.variants(chosen)
        rgb = variants[rng.integers(len(variants))]
        if self.preset.squash:
            rgb = np.asarray(Image.fromarray(rgb).resize((self.preset.squash,) * 2, Image.Resampling.BILINEAR))
        block = live(rgb, label, self.crop_of(step), rng, self.preset.history)
        return torch.from_numpy(block.copy()), float(label)

    def _choose(self, slot: int, rng: np.random.Generator) -> int:
        if not self.preset.balanced:
            return int(rng.integers(len(self.pictures.samples)))
        indices, cumulative = self._groups[slot % 2]
        return int(indices[min(np.searchsorted(cumulative, rng.random()), len(indices) - 1)])


class _Steps:
    """Batches of (step, slot) from a step on, without end."""

    def __init__(self, first: int, batch: int) -> None:
        self.first, self.batch = first, batch

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        step = self.first
        while True:
            yield [(step, slot) for slot in range(self.batch)]
            step += 1


def batches(draws: Draws, first: int, workers: int) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Batches from step `first` on, made by worker processes ahead of time."""
    options = {"prefetch_factor": 4, "persistent_workers": True} if workers else {}
    loader = DataLoader(draws, batch_sampler=_Steps(first, draws.preset.batch), num_workers=workers, collate_fn=_collate, **options)
    return iter(loader)


def _collate(items: list[tuple[torch.Tensor, float]]) -> tuple[torch.Tensor, torch.Tensor]:
    blocks, labels = zip(*items, strict=True)
    return torch.stack(blocks), torch.tensor(labels)
