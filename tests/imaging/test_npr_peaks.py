"""The quick way to a shrunk NPR map, against the plain one: the whole map, then its blocks. Equal to the last bit."""

from __future__ import annotations

import time

import numpy as np
import pytest

from forensics_ui.imaging.npr import npr, npr_of_average
from forensics_ui.imaging.npr_map import TILES, NprMap
from forensics_ui.imaging.npr_peaks import above_and_below, npr_peaks
from forensics_ui.imaging.pyramid import Peaks, reduced, tile_of

REFERENCES = [(2, 1), (2, 4), (3, 5), (3, "maximum"), (4, 2), (5, "maximum"), (16, 200), (2, "average"), (7, "average"), (16, "average")]
BLOCKS = [1, 2, 3, 7, 8, 13, 40]


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    made = np.random.default_rng(1).integers(0, 256, (83, 97, 3), dtype=np.uint8)
    made[:20] = made[:20] // 64 * 85  # the ends of the range, and many differences that are equally large
    return made


@pytest.mark.parametrize(("cell", "reference"), REFERENCES)
@pytest.mark.parametrize("block", BLOCKS)
def test_peaks_are_the_blocks_of_the_whole_map(pixels, cell, reference, block):
    values = npr(pixels, cell, reference)
    height, width = values.shape[:2]
    for left, top, w, h in [(0, 0, width, height), (1, 3, width - 1, height - 3), (17, 5, 31, 29), (width - 1, height - 1, 1, 1)]:
        part = values[top : top + h, left : left + w]
        for absolute in (False, True):
            found = npr_peaks(pixels, (left, top, w, h), block, cell, reference, absolute)
            expected = reduced(np.abs(part) if absolute else part, block, "max")
            assert found.dtype == expected.dtype and np.array_equal(found, expected), (left, top, w, h, absolute)


@pytest.mark.parametrize("cell", range(2, 17))
def test_every_cell_size_of_the_slider_gives_the_same_bits_against_every_reference(pixels, cell):
    for reference in (1, cell, cell * cell, "average", "maximum"):
        values = npr(pixels, cell, reference)
        for sign, absolute in ((values, False), (np.abs(values), True)):
            for block in (2, 14):
                found = npr_peaks(pixels, (0, 0, values.shape[1], values.shape[0]), block, cell, reference, absolute)
                assert found.tobytes() == np.ascontiguousarray(reduced(sign, block, "max")).tobytes(), (reference, block, absolute)


@pytest.mark.parametrize("cell", [2, 11, 12, 16])
def test_the_ends_of_the_range_fit_against_the_average(cell):
    board = np.zeros((cell * 2, cell * 2, 3), np.uint8)
    board[0, 0] = board[cell:] = 255
    board[cell, cell] = 0
    values = npr(board, cell, "average")
    assert np.array_equal(npr_peaks(board, (0, 0, 2 * cell, 2 * cell), cell, cell, "average"), reduced(values, cell, "max"))


def test_strips_do_not_show(pixels, monkeypatch):
    whole = npr_peaks(pixels, (0, 0, 96, 82), 7)
    monkeypatch.setattr("forensics_ui.imaging.npr_peaks.STRIP_BYTES", 1)
    assert np.array_equal(npr_peaks(pixels, (0, 0, 96, 82), 7), whole)


def test_of_two_equally_far_the_positive_one_counts():
    cell = np.array([[[100], [40]], [[160], [100]]], np.uint8)
    assert npr_peaks(cell, (0, 0, 2, 2), 2).tolist() == [[[60]]]


def test_a_difference_lies_above_or_below_and_never_both(pixels):
    whole = pixels[:82, :96]
    above, below = (one.reshape(whole.shape).astype(int) for one in above_and_below(whole, 2, 1))
    assert np.array_equal(above - below, npr(whole))
    assert not (above * below).any()


def test_differences_to_the_average_are_whole_numbers_when_multiplied(pixels):
    whole = pixels[:75, :90]
    above, below = (one.reshape(whole.shape).astype(int) for one in above_and_below(whole, 15, "average"))
    assert np.array_equal(above - below, npr_of_average(whole, 15))


@pytest.mark.parametrize("reference", [1, "maximum", "average"])
@pytest.mark.parametrize("absolute", [False, True])
def test_every_tile_of_a_lazy_map_is_that_of_the_whole_map(pixels, reference, absolute):
    lazy, values = NprMap(pixels, 3, reference, absolute), npr(pixels, 3, reference)
    values = np.abs(values) if absolute else values
    for channel in range(3):
        plane, expected = lazy.channel(channel), np.ascontiguousarray(values[..., channel])
        assert isinstance(plane, Peaks)
        assert np.array_equal(plane.values(), expected)
        for scale, column, row in [(1, 0, 0), (1, 2, 1), (2, 1, 1), (5, 0, 0)]:
            assert np.array_equal(tile_of(plane, scale, column, row, 16, "max"), tile_of(expected, scale, column, row, 16, "max"))
            assert np.allclose(tile_of(plane, scale, column, row, 16, "rms"), tile_of(expected, scale, column, row, 16, "rms"))


def test_what_one_channel_computes_the_others_find(pixels, monkeypatch):
    asked = []
    monkeypatch.setattr("forensics_ui.imaging.npr_map.npr_peaks", lambda *given: asked.append(given) or npr_peaks(*given))
    lazy = NprMap(pixels, 2, 1)
    for channel in range(3):
        tile_of(lazy.channel(channel), 4, 0, 0, reduce="max")
    assert len(asked) == 1
    for scale in range(2, 12):
        tile_of(lazy.channel(0), scale, 0, 0, reduce="max")
    assert len(lazy._kept) == TILES, "and they do not pile up"


@pytest.mark.parametrize("reference", [1, "average"])
def test_a_map_on_the_screen_costs_a_fraction_of_the_whole(reference):
    pixels = np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8)

    def cost(work) -> float:
        times = []
        for _ in range(3):
            began = time.process_time()
            work()
            times.append(time.process_time() - began)
        return min(times)

    plain = cost(lambda: reduced(npr(pixels, 2, reference), 11, "max"))
    assert cost(lambda: npr_peaks(pixels, (0, 0, 3000, 2000), 11, 2, reference)) < plain / 2  # six times less on a quiet machine
