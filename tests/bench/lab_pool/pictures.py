"""The pictures of a lab: rows of a manifest and of a pool, what they are called, and how they are opened."""

from __future__ import annotations

import csv
import hashlib
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from forensics_ui.core.errors import BadImage
from tests.bench.lab_pool.families import family_of, kind_of

NEWEST = 756  # the last rows of the manifest: what shipped weights had not met when they came
GROUNDS = ((255, 255, 255), (24, 24, 28), (120, 128, 140), (214, 200, 170))  # below what is transparent


@dataclass(frozen=True)
class Shot:
    """One picture. `group` is old, new (of the manifest) or pool; `key` names it on every machine."""

    key: str
    path: Path
    label: int
    source: str
    family: str
    kind: str
    group: str

    @property
    def draw(self) -> int:
        """A number that only the name decides."""
        return draw_of(self.key)


def draw_of(text: str) -> int:
    """A number of 64 bits for a text, the same everywhere."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:16], 16)


def manifest(path: Path | None, newest: int = NEWEST) -> list[Shot]:
    """The rows of a manifest, in its order."""
    rows = _rows(path)
    return [_shot(row, path, "new" if at >= len(rows) - newest else "old") for at, row in enumerate(rows)]


def pool(path: Path | None) -> list[Shot]:
    """The rows of a pool."""
    return [_shot(row, path, "pool") for row in _rows(path)]


def _rows(path: Path | None) -> list[dict[str, str]]:
    if path is None:
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _shot(row: dict[str, str], listed: Path | None, group: str) -> Shot:
    assert listed is not None, "rows come from a list"
    label, source = int(row["label"] == "fake"), row["source"]
    key = f"{'pool' if group == 'pool' else 'train'}/{row['file']}"
    return Shot(key, listed.parent / row["file"], label, source, family_of(label, source), row.get("kind") or kind_of(label, source), group)


def chosen(shots: Iterable[Shot], most: int) -> list[Shot]:
    """At most so many, always the same ones, in the order of their draws; sources and kinds come as often as they are there."""
    return sorted(shots, key=lambda shot: shot.draw)[:most]


def spread(shots: Iterable[Shot], most: int) -> list[Shot]:
    """At most so many, from every source in turn: small ones are whole before large ones get more."""
    turn: dict[str, int] = {}
    rank = {}
    for shot in chosen(shots, 10**9):
        turn[shot.source] = rank[shot] = turn.get(shot.source, 0) + 1
    return sorted(rank, key=lambda shot: (rank[shot], shot.draw))[:most]


def opened(shot: Shot) -> np.ndarray:
    """The pixels; what is transparent gets a plain ground, one of a few by the picture's draw."""
    try:
        with Image.open(shot.path) as image:
            if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
                ground = Image.new("RGBA", image.size, (*GROUNDS[shot.draw % len(GROUNDS)], 255))
                ground.alpha_composite(image.convert("RGBA"))
                return np.asarray(ground.convert("RGB"))
            return np.asarray(image.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise BadImage(f"{shot.key} cannot be read as a picture: {str(error)[:80]}") from None


def parsed(about: str | None, **more: dict[str, Any]) -> Namespace:
    """The arguments that all steps share, and those of one step (`name={"type": int}`)."""
    parser = ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--lab", type=Path, required=True, help="the folder of what is computed")
    parser.add_argument("--manifest", type=Path, help="a manifest.csv of real and generated pictures")
    parser.add_argument("--pool", type=Path, help="a pool.csv of real ones")
    for name, options in more.items():
        parser.add_argument(f"--{name}", **options)
    arguments = parser.parse_args()
    arguments.lab.mkdir(parents=True, exist_ok=True)
    return arguments
