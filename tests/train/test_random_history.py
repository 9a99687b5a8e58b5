from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from forensics_ui.train.history import NONE, History, at_least, live, resave


@pytest.fixture
def rgb() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (200, 170, 3), np.uint8)


def is_cut_out_of(block: np.ndarray, rgb: np.ndarray) -> bool:
    """Whether these pixels stand somewhere in the picture."""
    corner = (rgb[: rgb.shape[0] - block.shape[0] + 1, : rgb.shape[1] - block.shape[1] + 1] == block[0, 0]).all(-1)
    return any((rgb[y : y + block.shape[0], x : x + block.shape[1]] == block).all() for y, x in zip(*np.nonzero(corner), strict=True))


def test_without_a_history_a_crop_is_cut_out_at_any_phase_and_not_a_pixel_is_changed(rgb: np.ndarray):
    for seed in range(20):
        block = live(rgb, 0, 64, np.random.default_rng(seed), NONE)
        assert is_cut_out_of(block, rgb) or is_cut_out_of(block[:, ::-1], rgb)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("crop", [64, 128, 168])
def test_any_history_gives_a_crop_of_the_size_asked_for(rgb: np.ndarray, label: int, crop: int):
    always = History(shrink=(1, 1), first_jpeg=(1, 1), last_save=1, webp=0.5)
    for history in (History(), always, replace(always, shrink=(0, 0), enlarge=1)):
        for seed in range(10):
            block = live(rgb, label, crop, np.random.default_rng(seed), history)
            assert block.shape == (crop, crop, 3) and block.dtype == np.uint8 and block.flags.c_contiguous


def test_the_same_random_numbers_give_the_same_history(rgb: np.ndarray):
    one, two = (live(rgb, 1, 64, np.random.default_rng(7), History()) for _ in range(2))
    assert (one == two).all()


def test_both_classes_are_saved_last_equally_often(rgb: np.ndarray):
    only_last = History(shrink=(0, 0), enlarge=0, first_jpeg=(0, 0), turns=False)
    for label in (0, 1):
        blocks = [live(rgb, label, 64, np.random.default_rng(seed), only_last) for seed in range(60)]
        untouched = sum(is_cut_out_of(b, rgb) or is_cut_out_of(b[:, ::-1], rgb) for b in blocks)
        assert 18 <= untouched <= 42


def test_a_resave_is_what_a_file_of_that_quality_holds(rgb: np.ndarray):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=80)
    assert (resave(rgb, 80) == np.asarray(Image.open(buffer))).all()


def test_a_small_picture_is_mirrored_to_size_and_not_resampled(rgb: np.ndarray):
    grown = at_least(rgb[:50, :60], 100)
    assert grown.shape == (100, 100, 3)
    assert (grown[:50, :60] == rgb[:50, :60]).all() and (grown[50:100, :60] == rgb[49::-1, :60]).all()
