"""Which crop step s sees in slot i: a pure function of the seed, so that a resumed training sees what the uninterrupted one does."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset

from forensics_ui.train.history import live_twice
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.presets import Preset


class Draws(Dataset):
    """Index (step, slot, side of the crop) to (crop as uint8, the same before its last save, label)."""

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

    def crop_at(self, step: int, progress: float) -> int:
        """The side of all crops of a step."""
        sides = [sides for start, sides in self.preset.crops if start <= progress][-1]
        return int(np.random.default_rng([self.seed, step]).choice(sides))

    def __getitem__(self, index: tuple[int, int, int]) -> tuple[torch.Tensor, torch.Tensor, float]:
        step, slot, crop = index
        rng = np.random.default_rng([self.seed, step, slot])
        chosen = self._choose(slot, rng)
        label = self.pictures.samples[chosen].label
        variants = self.pictures.variants(chosen)
        rgb = variants[rng.integers(len(variants))]
        if self.preset.squash:
            rgb = np.asarray(Image.fromarray(rgb).resize((self.preset.squash,) * 2, Image.Resampling.BILINEAR))
        block, before = live_twice(rgb, label, crop, rng, self.preset.history)
        return torch.from_numpy(block), torch.from_numpy(before), float(label)

    def _choose(self, slot: int, rng: np.random.Generator) -> int:
        if not self.preset.balanced:
            return int(rng.integers(len(self.pictures.samples)))
        indices, cumulative = self._groups[slot % 2]
        return int(indices[min(np.searchsorted(cumulative, rng.random()), len(indices) - 1)])


class _Steps:
    """Batches of (step, slot, crop) from a step on, without end. Crops are chosen here, in the process that knows the progress."""

    def __init__(self, draws: Draws, first: int, progress_at: Callable[[int], float]) -> None:
        self.draws, self.first, self.progress_at = draws, first, progress_at

    def __iter__(self) -> Iterator[list[tuple[int, int, int]]]:
        for step in itertools.count(self.first):
            crop = self.draws.crop_at(step, self.progress_at(step))
            yield [(step, slot, crop) for slot in range(self.draws.preset.batch)]


def batches(draws: Draws, first: int, workers: int, progress_at: Callable[[int], float]) -> Iterator[tuple[torch.Tensor, ...]]:
    """Batches from step `first` on, made by worker processes ahead of time."""
    options = {"prefetch_factor": 4, "persistent_workers": True} if workers else {}
    loader = DataLoader(draws, batch_sampler=_Steps(draws, first, progress_at), num_workers=workers, collate_fn=_collate, **options)
    return iter(loader)


def _collate(items: list[tuple[torch.Tensor, torch.Tensor, float]]) -> tuple[torch.Tensor, ...]:
    blocks, before, labels = zip(*items, strict=True)
    return torch.stack(blocks), torch.stack(before), torch.tensor(labels)
