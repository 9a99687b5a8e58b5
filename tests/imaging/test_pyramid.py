from __future__ import annotations

import time

import numpy as np
import pytest

from forensics_ui.imaging.npr import npr, npr_window
from forensics_ui.imaging.pyramid import pack, tile_of

RNG = np.random.default_rng(7)
SIZES = [(1, 1), (1, 9), (7, 5), (64, 64), (131, 257), (300, 517)]


def arrays(shape: tuple[int, int]) -> list[np.ndarray]:
    """The kinds of data there are: picture, grey map, signed map, map of fractions."""
    signed = RNG.integers(-255, 256, shape).astype(np.int16)
    return [RNG.integers(0, 256, (*shape, 3), dtype=np.uint8), RNG.integers(0, 256, shape, dtype=np.uint8), signed, (signed / 7).astype(np.float32)]


def blocks(array: np.ndarray, scale: int):
    """Every block, the plain way: (row, column, its pixels as one list per channel)."""
    for top in range(0, array.shape[0], scale):
        for left in range(0, array.shape[1], scale):
            part = array[top : top + scale, left : left + scale].astype(np.float64)
            yield top // scale, left // scale, part.reshape(-1, *part.shape[2:])


def whole(array: np.ndarray, scale: int, reduce: str, tile: int) -> np.ndarray:
    """All tiles of one scale, put together."""
    rows, columns = (-(-length // (tile * scale)) for length in array.shape[:2])
    return np.concatenate([np.concatenate([tile_of(array, scale, c, r, tile, reduce) for c in range(columns)], axis=1) for r in range(rows)])


@pytest.mark.parametrize("shape", SIZES)
def test_scale_one_is_the_pixels_themselves(shape):
    for array in arrays(shape):
        for reduce in ("mean", "max", "rms"):
            assert np.array_equal(whole(array, 1, reduce, 32), array)


@pytest.mark.parametrize("scale", [2, 3, 8, 12])
@pytest.mark.parametrize("shape", SIZES)
def test_a_reduced_picture_is_the_average_of_each_block_to_the_nearest_integer(shape, scale):
    for array in arrays(shape):
        reduced = whole(array, scale, "mean", 32)
        assert reduced.dtype == array.dtype
        room = 0.5 + 1e-6 if array.dtype.kind in "ui" else 1e-4
        for row, column, pixels in blocks(array, scale):
            assert np.all(np.abs(reduced[row, column] - pixels.mean(axis=0)) <= room)


@pytest.mark.parametrize("scale", [2, 5, 16])
@pytest.mark.parametrize("shape", SIZES)
def test_a_reduced_map_keeps_the_value_farthest_from_zero_with_its_sign(shape, scale):
    for array in arrays(shape):
        reduced = whole(array, scale, "max", 32)
        for row, column, pixels in blocks(array, scale):
            high, low = pixels.max(axis=0), pixels.min(axis=0)
            assert np.array_equal(reduced[row, column], np.where(-low > high, low, high))


@pytest.mark.parametrize("scale", [2, 5, 16])
def test_rms_is_the_root_of_the_mean_square(scale):
    for array in arrays((131, 257)):
        reduced = whole(array, scale, "rms", 32)
        for row, column, pixels in blocks(array, scale):
            assert np.allclose(reduced[row, column], np.sqrt((pixels**2).mean(axis=0)), rtol=1e-5)


def test_the_npr_map_of_a_fine_lattice_does_not_vanish_when_it_is_halved():
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[1::2, 1::2] = 200
    plane = npr(pixels)[:, :, 0]
    assert not plane[::2, ::2].any(), "every second pixel is the reference itself: that is what nearest would show"
    assert (tile_of(plane, 2, 0, 0, reduce="max") == 200).all()


def test_the_lowest_number_of_int16_is_farther_than_the_highest():
    assert tile_of(np.array([[-32768, 32767]], np.int16), 2, 0, 0, reduce="max") == -32768


def test_missing_values_give_way_to_numbers():
    plane = np.array([[np.nan, -2.0], [np.nan, np.nan]], np.float32)
    assert tile_of(plane, 2, 0, 0, reduce="max").tolist() == [[-2.0]]
    assert np.isnan(tile_of(plane[:, :1], 2, 0, 0, reduce="max")).all()


class NprPlane:
    """An NPR map that is computed only where it is looked at."""

    def __init__(self, pixels: np.ndarray) -> None:
        self.pixels, self.shape, self.most = pixels, (pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2), 0

    def window(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        self.most = max(self.most, width * height)
        return npr_window(self.pixels, left, top, width, height)[:, :, 1]


@pytest.mark.parametrize("scale", [1, 3, 4, 11])
def test_a_lazy_map_gives_the_same_tiles_as_the_whole_map(scale):
    pixels = RNG.integers(0, 256, (1501, 903, 3), dtype=np.uint8)
    plane, lazy = npr(pixels)[:, :, 1], NprPlane(pixels)
    for column, row in [(0, 0), (903 // (64 * scale), 1501 // (64 * scale) - 1)]:
        assert np.array_equal(tile_of(lazy, scale, column, row, 64, "max"), tile_of(plane, scale, column, row, 64, "max"))


def test_a_huge_lazy_map_never_exists_at_once():
    lazy = NprPlane(np.zeros((4000, 3000, 3), np.uint8))
    tile_of(lazy, 16, 0, 0, reduce="max")
    assert lazy.most <= 300_000


@pytest.mark.parametrize("place", [(0, 2, 0), (1, 9, 0), (1, 0, -1), (0, 0, 0), (-1, 0, 0)])
def test_a_tile_that_is_not_there_is_an_error(place):
    with pytest.raises(IndexError):
        tile_of(np.zeros((300, 300), np.uint8), *place)


def test_packed_numbers_are_read_back_as_they_are():
    for values in (np.arange(6, dtype=np.uint8), np.arange(-3, 3, dtype=np.int16), np.array([0, 1, -2.5, np.nan, 9, 1e-9], np.float32)):
        data = pack(values.reshape(2, 3))
        assert data[:2] == b"FV" and data[3:8] == bytes([0, 3, 0, 2, 0])
        assert data[2] == {"u1": 1, "i2": 2, "f4": 3}[values.dtype.str[1:]]
        assert np.array_equal(np.frombuffer(data, values.dtype.newbyteorder("<"), offset=8), values, equal_nan=values.dtype.kind == "f")


def test_numbers_that_the_viewer_cannot_read_are_refused():
    for values in (np.zeros((2, 2), np.float64), np.zeros((2, 2, 3), np.uint8)):
        with pytest.raises(ValueError, match="a tile of numbers"):
            pack(values)


def test_the_whole_of_a_12_megapixel_map_on_one_screen_is_quick():
    plane = RNG.integers(0, 256, (3000, 4000), dtype=np.uint8)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        tile_of(plane, 16, 0, 0, reduce="max")
        seconds.append(time.perf_counter() - started)
    print(f"12 MP uint8 map at fit: best {min(seconds) * 1e3:.1f} ms")
    # Ten times what it takes on a quiet machine, so that only a change of method fails here.
    assert min(seconds) < 0.08
