"""A weights folder with two seeded networks and a small joint model of both, for tests of the joined answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.torch import save_file

from forensics_ui.train import joint
from tests.detectors.helpers_networks import seeded

CONDITIONS = ("as_they_come", "jpeg96", "jpeg80", "halved")


def install(folder: Path, detectors: tuple[str, ...] = ("lfm", "npr")) -> dict[str, str]:
    """Write everything; gives the hashes of the networks by detector."""
    joins = {name: _network(folder, name) for name in detectors}
    made = {name: table(len(detectors), seed) for seed, name in enumerate(CONDITIONS)}
    lines, of = {name: line for name, (line, _, _) in made.items()}, {name: row for name, (_, row, _) in made.items()}
    joint.write(folder, "joined_small", joins, lines, {"native": of, "crop": of}, {"note": "for tests"})
    return joins


def _network(folder: Path, name: str) -> str:
    file = folder / f"{name}_small.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in seeded(name).state_dict().items()}, file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_suffix(".json").write_text(json.dumps({"detector": name, "sha256": sha256, "size": file.stat().st_size}))
    return sha256


def rows(detectors: int, seed: int = 0, count: int = 1200) -> joint.Table:
    """Logits of two classes that every detector tells apart a little."""
    rng = np.random.default_rng(seed)
    label = (rng.random(count) < 0.4).astype(int)
    logits = rng.normal(size=(count, detectors)) * 2 + (label * 3.0 - 1.5)[:, None]
    names = np.arange(count)
    return joint.Table(logits, label, names % 80, names % 40, np.array([f"kind {n % 6}" for n in names]))


def table(detectors: int, seed: int):
    """The line of one condition, what the card says of it, and the scores behind that."""
    made = rows(detectors, seed)
    line, scores = joint.line_and_scores(made)
    return line, joint.condition_row(made, scores), scores
