"""Joint models in the weights folder: what they join, and the lines of every condition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from forensics_ui.core.errors import WeightsError
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.manifest import read_card, usable

JOINED = "joined"
FIELDS = ("bias", "weight", "neutral", "low", "high")


@dataclass(frozen=True, eq=False)
class JointWeights:
    """What a file holds: `joins` are detectors and the hashes of their weights, `lines` numbers by condition and field."""

    card: Card
    joins: Mapping[str, str]
    lines: Mapping[str, Mapping[str, tuple[float, ...]]]


def joint_weights(weights_dir: Path) -> tuple[JointWeights, ...]:
    """All intact joint models in the folder."""
    files = [weights_dir / entry.file for entry in usable(JOINED, weights_dir)]
    return tuple(_read(file, file.stat().st_mtime_ns, read_card(file)) for file in files)


@lru_cache(maxsize=16)
def _read(file: Path, mtime_ns: int, card: Card) -> JointWeights:
    joins = {str(name): str(sha256) for name, sha256 in dict(card.fields.get("joins") or {}).items()}
    return JointWeights(card, joins, lines_of(load_file(file), len(joins), file.name))


def lines_of(tensors: Mapping[str, np.ndarray], detectors: int, name: str) -> dict[str, dict[str, tuple[float, ...]]]:
    """Tensors called `condition.field` as lines; a file of another form, or with a weight below zero, is refused."""
    lines: dict[str, dict[str, tuple[float, ...]]] = {}
    for key, tensor in tensors.items():
        condition, _, field = key.rpartition(".")
        lines.setdefault(condition, {})[field] = tuple(float(value) for value in tensor.ravel())
    for line in lines.values():
        sizes = {field: len(line.get(field, ())) for field in FIELDS}
        if sizes != {field: 1 if field == "bias" else detectors for field in FIELDS} or set(line) != set(FIELDS):
            raise WeightsError(f"{name} is not a joint model of {detectors} detectors.")
        if min(line["weight"]) < 0 or not np.isfinite([value for values in line.values() for value in values]).all():
            raise WeightsError(f"{name} has weights below zero, or numbers that are none.")
    return lines
