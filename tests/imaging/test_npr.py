"""NPR in integers, against Eq. 4 written out as loops."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.imaging.npr import npr, npr_window, trimmed
from forensics_ui.words import say


def by_the_book(pixels: np.ndarray, cell: int, reference) -> np.ndarray:
    height, width = pixels.shape[0] // cell * cell, pixels.shape[1] // cell * cell
    out = np.zeros((height, width, pixels.shape[2]))
    for top in range(0, height, cell):
        for left in range(0, width, cell):
            for channel in range(pixels.shape[2]):
                w = [int(v) for v in pixels[top : top + cell, left : left + cell, channel].ravel()]
                other = {"average": sum(w) / len(w), "maximum": max(w)}.get(reference) if isinstance(reference, str) else w[reference - 1]
                for i, value in enumerate(w):
                    out[top + i // cell, left + i % cell, channel] = value - other
    return out


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (23, 19, 3), dtype=np.uint8)


@pytest.mark.parametrize("cell", [2, 3, 4, 7])
def test_every_reference_of_every_cell_size_follows_equation_4(pixels, cell):
    for reference in [*range(1, cell * cell + 1), "average", "maximum"]:
        assert np.allclose(npr(pixels, cell, reference), by_the_book(pixels, cell, reference), atol=1e-4), reference


def test_differences_are_whole_numbers_and_reach_both_ends():
    extreme = np.array([[[0], [255]], [[255], [0]]], np.uint8)
    assert npr(extreme).dtype == np.int16 and npr(extreme).max() == 255
    assert npr(extreme, reference=2).min() == -255


def test_the_default_is_the_top_left_pixel_of_2_x_2_cells(pixels):
    assert (npr(pixels)[::2, ::2] == 0).all()


def test_rows_and_columns_that_fill_no_cell_are_dropped_and_said(pixels):
    assert npr(pixels, 4).shape == (20, 16, 3)
    assert say(trimmed(19, 23, 4)) == "the last 3 columns and 3 rows of pixels do not fill a 4 x 4 cell and are left out"
    assert trimmed(20, 24, 4) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (0, 0)])
def test_pictures_smaller_than_a_cell_give_an_empty_map(size):
    assert npr(np.zeros((*size, 3), np.uint8)).shape == (size[0] // 2 * 2, size[1] // 2 * 2, 3)


@pytest.mark.parametrize("window", [(0, 0, 5, 5), (3, 1, 7, 9), (17, 21, 2, 2), (1, 1, 1, 1)])
@pytest.mark.parametrize("cell", [2, 3, 5])
def test_a_window_shows_what_the_whole_map_shows_there(pixels, window, cell):
    left, top, width, height = window
    whole = npr(pixels, cell, "maximum")[top : top + height, left : left + width]
    assert np.array_equal(npr_window(pixels, left, top, width, height, cell, "maximum"), whole)


@pytest.mark.parametrize(("cell", "reference"), [(1, 1), (2, 0), (2, 5), (2, "median")])
def test_impossible_cells_and_references_are_refused(pixels, cell, reference):
    with pytest.raises(ValueError):
        npr(pixels, cell, reference)
