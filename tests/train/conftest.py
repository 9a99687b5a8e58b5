"""Small labelled folders: photographs stood in for by smooth noise, generator output by noise enlarged without a filter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter


def _real(rng: np.random.Generator, side: int) -> Image.Image:
    noise = Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8))
    return noise.filter(ImageFilter.GaussianBlur(1.2))


def _fake(rng: np.random.Generator, side: int) -> Image.Image:
    noise = Image.fromarray(rng.integers(0, 256, (side // 2, side // 2, 3), np.uint8))
    return noise.filter(ImageFilter.GaussianBlur(0.6)).resize((side, side), Image.Resampling.NEAREST)


def write_pictures(folder: Path, each: int = 4, side: int = 96, seed: int = 0) -> Path:
    """Two sources of each class, `each` pictures in a source."""
    rng = np.random.default_rng(seed)
    for label, make in (("0_real", _real), ("1_fake", _fake)):
        for source in ("one", "two"):
            where = folder / label / f"{label[2:]}-{source}-{seed}"
            where.mkdir(parents=True)
            for i in range(each):
                make(rng, side).save(where / f"{i}.png")
    return folder


@pytest.fixture
def make_pictures() -> Callable[..., Path]:
    """`write_pictures`, for tests that need several folders."""
    return write_pictures


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "pictures")
