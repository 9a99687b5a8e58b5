"""Tiles of a picture or map, reduced by any whole factor, each computed from its own window alone, when it is asked for.

At scale n blocks of n x n pixels become one, straight from the pixels and never from another reduced level, so that every
number on the screen can be checked against the pixels it stands for. Blocks at the right and lower edge that the picture
does not fill are reduced over the pixels they have.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal, Protocol, runtime_checkable

import cv2
import numpy as np

Reduce = Literal["mean", "max", "rms"]
# Wide enough for a pane on most screens: a map that fits the window is one request.
TILE = 512
# A block of rows is reduced at a time, so that the float copies that RMS needs stay in the cache of the processor.
_STRIP_BYTES = 1 << 20
_TYPE_CODES = {"|u1": 1, "<i2": 2, "<f4": 3}


class Lazy(Protocol):
    """A map that computes only the window it is asked for, such as the NPR map of a huge picture."""

    shape: tuple[int, ...]

    def window(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        """Compute one window of the map; it lies within the map."""
        ...


@runtime_checkable
class Peaks(Lazy, Protocol):
    """A map that knows a quicker way to the values farthest from zero than to compute them all and to compare."""

    def peaks(self, left: int, top: int, width: int, height: int, block: int) -> np.ndarray:
        """Compute one window of the map, reduced by "max": equal to `reduced(window(...), block, "max")`."""
        ...


def tile_of(source: np.ndarray | Lazy, scale: int, column: int, row: int, tile: int = TILE, reduce: Reduce = "mean") -> np.ndarray:
    """Compute one tile at one scale (1: the pixels themselves); IndexError if there is none.

    "mean" averages (pictures); "max" keeps the value of the largest magnitude with its sign (maps); "rms" is never negative.
    Integers stay integers, rounded to the nearest, except that "rms" gives float32. The last tiles can be smaller.
    """
    height, width = source.shape[:2]
    span = tile * scale
    left, top = column * span, row * span
    if scale < 1 or not (0 <= left < width and 0 <= top < height):
        raise IndexError(f"no tile {column}, {row} at scale {scale} of {width} x {height} pixels")
    part_width, part_height = min(span, width - left), min(span, height - top)
    if isinstance(source, np.ndarray):
        return reduced(source[top : top + part_height, left : left + part_width], scale, reduce)
    if reduce == "max" and isinstance(source, Peaks):
        return source.peaks(left, top, part_width, part_height, scale)
    return reduced_in_strips(source, (left, top, part_width, part_height), scale, reduce)


def reduced_in_strips(source: Lazy, window: tuple[int, int, int, int], block: int, reduce: Reduce) -> np.ndarray:
    """Reduce a window strip by strip: the map of a whole picture never exists at once."""
    left, top, width, height = window
    step = max(1, _STRIP_BYTES // (width * 4) // block) * block
    starts = range(top, top + height, step)
    parts = [reduced(source.window(left, y, width, min(step, top + height - y)), block, reduce) for y in starts]
    return np.concatenate(parts)


def reduced(pixels: np.ndarray, block: int, reduce: Reduce = "mean") -> np.ndarray:
    """Reduce blocks of block x block pixels to one; see `tile_of`."""
    if block == 1:
        return pixels
    height, width = pixels.shape[:2]
    rows, columns = height // block * block, width // block * block
    core = pixels[:rows, :columns]
    shape = (-(-height // block), -(-width // block), *pixels.shape[2:])
    result = np.empty(shape, np.float32 if reduce == "rms" else pixels.dtype)
    result[: rows // block, : columns // block] = _whole_blocks(core, block, reduce)
    if columns < width:
        result[: rows // block, -1:] = _edge(pixels[:rows, columns:], block, width - columns, reduce)
    if rows < height:
        result[-1:, : columns // block] = _edge(pixels[rows:, :columns], height - rows, block, reduce)
    if columns < width and rows < height:
        result[-1:, -1:] = _edge(pixels[rows:, columns:], height - rows, width - columns, reduce)
    return result


def _whole_blocks(core: np.ndarray, block: int, reduce: Reduce) -> np.ndarray:
    if 0 in core.shape:
        return core[::block, ::block]
    if reduce == "mean" and core.dtype == np.uint8:
        size = (core.shape[1] // block, core.shape[0] // block)
        return cv2.resize(core, size, interpolation=cv2.INTER_AREA)
    step = max(1, _STRIP_BYTES // (core[0].size * 4) // block) * block
    return np.concatenate([_edge(core[y : y + step], block, block, reduce) for y in range(0, core.shape[0], step)])


def _edge(pixels: np.ndarray, high: int, wide: int, reduce: Reduce) -> np.ndarray:
    """Reduce blocks of any two sides that divide the array. Rows first: they lie together in memory, the rest is small."""
    if 0 in pixels.shape:
        return pixels[::high, ::wide]
    height, width = pixels.shape[:2]
    stacked = pixels.reshape(height // high, high, *pixels.shape[1:])

    def across(array: np.ndarray, combine: np.ufunc) -> np.ndarray:
        return combine.reduce(array.reshape(array.shape[0], width // wide, wide, *array.shape[2:]), axis=2)

    if reduce == "max":
        return _largest_magnitude(stacked, across)
    power = 2 if reduce == "rms" else 1
    sums = across((stacked.astype(np.float32) ** power).sum(axis=1, dtype=np.float64), np.add) / (high * wide)
    if reduce == "rms":
        return np.sqrt(sums).astype(np.float32)
    return (np.floor(sums + 0.5) if pixels.dtype.kind in "ui" else sums).astype(pixels.dtype)


def _largest_magnitude(stacked: np.ndarray, across: Callable[[np.ndarray, np.ufunc], np.ndarray]) -> np.ndarray:
    """The value farthest from zero; of two equally far, the positive one. NaN counts only where there is nothing else."""
    floating = stacked.dtype.kind == "f"
    largest, smallest = (np.fmax, np.fmin) if floating else (np.maximum, np.minimum)
    high = across(largest.reduce(stacked, axis=1), largest)
    if stacked.dtype.kind == "u":
        return high
    low = across(smallest.reduce(stacked, axis=1), smallest)
    # Compared as sums in a wider type: -32768 has no positive twin in int16.
    sums = high.astype(np.float64) + low
    return np.where(sums < 0, low, high)


def pack(values: np.ndarray) -> bytes:
    """Write a tile of numbers as the viewer reads it: "FV", type, 0, width and height as 16 bits, then the numbers, little-endian.

    uint8, int16 and float32 travel as they are, so what the probe prints is the number itself.
    """
    array = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
    if array.ndim != 2 or array.dtype.str not in _TYPE_CODES:
        raise ValueError(f"a tile of numbers is a plane of uint8, int16 or float32, not {values.shape} {values.dtype}")
    return struct.pack("<2sBBHH", b"FV", _TYPE_CODES[array.dtype.str], 0, array.shape[1], array.shape[0]) + array.tobytes()
