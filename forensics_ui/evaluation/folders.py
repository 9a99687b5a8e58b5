"""Labelled folders as the papers lay them out: which file is real, which is fake, and which generator it belongs to.

Either every generator has reals of its own (`progan/0_real`, `progan/1_fake`), or all share some (`real/`, `fake/progan`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from forensics_ui.train.folders import LABELS

REAL, FAKE = 0, 1
MOST_NAMES = 1000  # of generators that are counted
Place = tuple[str, ...]


@dataclass(frozen=True)
class Labelled:
    """One file: `above` and `below` are the folders on both sides of the one that gives the label."""

    path: str
    label: int
    above: Place
    below: Place


@dataclass(frozen=True)
class Group:
    """One generator with the reals it is compared with; `shared_by` counts the generators that use exactly these reals."""

    name: str
    real: tuple[str, ...]
    fake: tuple[str, ...]
    shared_by: int = 1


def label_of(path: str) -> Labelled | None:
    """The label that the folders of a relative path give; None outside labelled folders."""
    parts = tuple(path.split("/")[:-1])
    for i, part in enumerate(parts):
        if part.lower() in LABELS:
            return Labelled(path, LABELS[part.lower()], parts[:i], parts[i + 1 :])
    return None


class LabelCount:
    """What the labels of a folder are, counted while it is walked."""

    def __init__(self) -> None:
        self.files = {REAL: 0, FAKE: 0}
        self.unlabelled = 0
        self.generators: dict[str, None] = {}

    def add(self, path: str) -> None:
        """One more picture."""
        label = label_of(path)
        if label is None:
            self.unlabelled += 1
            return
        self.files[label.label] += 1
        if label.label == FAKE and len(self.generators) < MOST_NAMES and (name := by_depth(None, "")(label)):
            self.generators[name] = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        counts = {"real": self.files[REAL], "fake": self.files[FAKE], "unlabelled": self.unlabelled}
        return {**counts, "generators": sorted(self.generators)}


def by_depth(depth: int | None = None, whole: str = "all") -> Callable[[Labelled], str | None]:
    """Name generators by the first `depth` folders of their path, by all of them without a depth."""
    return lambda file: "/".join((*file.above, *file.below)[:depth]) or whole


def groups_of(files: Iterable[Labelled], name_of: Callable[[Labelled], str | None]) -> list[Group]:
    """Pair every generator's fakes with its own reals, or else with the nearest ones further up; reals that nobody uses stand alone."""
    fakes: dict[tuple[Place, Place], list[Labelled]] = defaultdict(list)
    reals: dict[tuple[Place, Place], list[Labelled]] = defaultdict(list)
    for file in files:
        (fakes if file.label else reals)[file.above, file.below].append(file)
    pairs: dict[str, tuple[dict[str, None], dict[str, None]]] = defaultdict(lambda: ({}, {}))
    used: set[str] = set()
    for (above, below), members in fakes.items():
        name = name_of(members[0])
        if name is not None:
            real = dict.fromkeys(file.path for file in _reals_for(above, below, reals))
            pairs[name][0].update(real)
            pairs[name][1].update(dict.fromkeys(file.path for file in members))
            used.update(real)
    for members in reals.values():
        name = name_of(members[0])
        if name is not None:
            pairs[name][0].update(dict.fromkeys(file.path for file in members if file.path not in used))
    groups = [Group(name, tuple(sorted(real)), tuple(sorted(fake))) for name, (real, fake) in sorted(pairs.items()) if real or fake]
    return _say_sharing(groups)


def _reals_for(above: Place, below: Place, reals: dict[tuple[Place, Place], list[Labelled]]) -> list[Labelled]:
    if own := reals.get((above, below)):
        return own
    for length in range(len(above), -1, -1):
        if found := [file for (base, _), members in reals.items() if base == above[:length] for file in members]:
            return found
    return []


def _say_sharing(groups: list[Group]) -> list[Group]:
    users: dict[tuple[str, ...], int] = defaultdict(int)
    for group in groups:
        users[group.real] += bool(group.real and group.fake)
    return [Group(g.name, g.real, g.fake, max(1, users[g.real])) for g in groups]
