"""One number for how close two pictures are: what the inverter is trained by is what the view prints."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.imaging.closeness import psnr


def test_one_level_of_difference_everywhere_is_48_decibels_and_the_order_does_not_matter():
    a = np.zeros((4, 4, 3), np.uint8)
    assert psnr(a, a + 1) == psnr(a + 1, a) == pytest.approx(20 * np.log10(255), abs=1e-9)


def test_black_against_white_is_nothing_and_does_not_wrap_around():
    a = np.zeros((4, 4, 3), np.uint8)
    assert psnr(a, ~a) == pytest.approx(0, abs=1e-9)


def test_equal_pictures_are_infinitely_close():
    a = np.full((4, 4, 3), 7, np.uint8)
    assert psnr(a, a.copy()) == float("inf")


def test_a_large_picture_loses_no_digits():
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 256, (600, 800, 3), dtype=np.uint8) for _ in range(2))
    exact = 10 * np.log10(255**2 / (np.subtract(a, b, dtype=np.int64) ** 2).mean())
    assert psnr(a, b) == pytest.approx(exact, abs=1e-12)
