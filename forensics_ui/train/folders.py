"""Labelled folders: `0_real`/`1_fake` or `real`/`fake` at any depth. What is left of the path names the source."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from forensics_ui.core.errors import ForensicsError

LABELS = {"0_real": 0, "real": 0, "1_fake": 1, "fake": 1}
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


@dataclass(frozen=True)
class Sample:
    """One labelled picture file; the source is a generator (fakes) or a collection of photographs (reals)."""

    path: Path
    label: int
    source: str


def labelled_files(folder: Path) -> list[Sample]:
    """All labelled pictures under a folder, in a fixed order; an error if a class is missing."""
    samples = [s for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES and (s := _sample(path, folder))]
    if {s.label for s in samples} != {0, 1}:
        raise ForensicsError("The folder needs pictures of both classes, under folders called 0_real and 1_fake (or real and fake).")
    return samples


def _sample(path: Path, folder: Path) -> Sample | None:
    parts = path.relative_to(folder).parts[:-1]
    for i, part in enumerate(parts):
        if part.lower() in LABELS:
            return Sample(path, LABELS[part.lower()], "/".join(parts[:i] + parts[i + 1 :]) or part)
    return None


def split_by_source(samples: list[Sample], share: float, seed: int) -> tuple[list[Sample], list[Sample]]:
    """Hold out whole sources of each class until `share` of its pictures is held out, so that validation sees unknown generators.

    A class that has a single source is split by picture, because nothing else is left.
    """
    rng = random.Random(seed)
    held: set[Path] = set()
    for label in (0, 1):
        groups = _by_source([s for s in samples if s.label == label])
        if len(groups) == 1:
            groups = [[s] for s in groups[0]]
        rng.shuffle(groups)
        wanted = share * sum(map(len, groups))
        for group in groups[:-1]:
            if wanted <= 0:
                break
            held.update(s.path for s in group)
            wanted -= len(group)
    return [s for s in samples if s.path not in held], [s for s in samples if s.path in held]


def _by_source(samples: list[Sample]) -> list[list[Sample]]:
    groups: dict[str, list[Sample]] = defaultdict(list)
    for s in samples:
        groups[s.source].append(s)
    return list(groups.values())


def counts_by_source(samples: list[Sample]) -> dict[str, dict[str, int]]:
    """How many pictures of each source, by class: for the card."""
    counts: dict[str, dict[str, int]] = {"real": {}, "fake": {}}
    for s in samples:
        of_class = counts["fake" if s.label else "real"]
        of_class[s.source] = of_class.get(s.source, 0) + 1
    return counts
