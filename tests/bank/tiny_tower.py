"""A weights folder that holds a CLIP tower small enough to make here, listed as the backbone."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from safetensors.torch import save_file

from tests.detectors.test_univfd import tiny_clip

WIDTH = 48


def install_tower(folder: Path, name: str = "tiny_clip", layers: int = 2) -> Path:
    """The folder, made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text('{"weights": []}')
    file = folder / f"{name}.safetensors"
    save_file(tiny_clip(layers=layers, output=WIDTH), file)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"detector": "univfd", "role": "backbone", "sha256": sha256}))
    return folder
