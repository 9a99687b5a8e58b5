"""The drawings that a training can have beside photographs: every kind is drawn, and the same again for the same seed."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from forensics_ui.train.folders import SUFFIXES

SCRIPT = Path(__file__).resolve().parents[2] / "assets" / "make_drawings.py"
KINDS = {"plot", "page", "diagram", "poster", "ornament", "landscape", "render", "strokes", "fractal", "pixel-art"}


def drawn(folder: Path, seed: int) -> dict[str, str]:
    """The hash of every picture that the script writes, by its place."""
    subprocess.run([sys.executable, SCRIPT, folder, "--each", "1", "--seed", str(seed)], check=True, capture_output=True, timeout=120)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.suffix in SUFFIXES}


def test_every_kind_is_drawn_and_the_same_for_the_same_seed(tmp_path: Path):
    one = drawn(tmp_path / "one", 3)
    assert {Path(path).parent.as_posix() for path in one} == {f"0_real/own-{kind}" for kind in KINDS}
    assert drawn(tmp_path / "again", 3) == one and drawn(tmp_path / "other", 4) != one
    for path in one:
        pixels = np.asarray(Image.open(tmp_path / "one" / path).convert("RGB"))
        assert min(pixels.shape[:2]) >= 150 and pixels.std() > 3, f"{path} shows something"
