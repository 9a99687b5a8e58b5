"""What PRC counts: small patterns of neighbouring pixel differences, each a number below 25, 125 or 625 at every place.

A residual is what a pixel's neighbours do not explain: first, second and third differences along a row or a column, and
the second difference in both directions at once. In steps of a few levels it takes five values; several of them
side by side, in three colours, or some pixels apart are one pattern. Those of the brightness are taken in shares of the residuals
around them too: with them, generators that a fit had not met were ranked better after JPEG saves. NPR's own relationships (right, below and diagonal less
the top left pixel) are one of the arrangements, taken at every place of the picture and not only on the 2 x 2 grid.

Nothing here is learnt, and everything is integer arithmetic: counts are the same on every machine.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

VALUES = 5  # a residual in steps: -2, -1, 0, 1, 2, and all beyond
RELATIVE = 0
AROUND = 7  # pixels a side of the square whose residuals a relative one is held against
LAGS = (4, 5, 6, 7, 8, 9, 12, 16)
SCALES = (1, 2)
SMALLEST = 64  # the widest pattern takes 19 pixels of the half-size picture
PIECE = 512  # pixels a side that are counted at once; even, because the half-size picture is cut with the whole
BEYOND = 38  # the pixels that the widest pattern takes beyond its first, at half size
REACH = 20  # no pattern reaches further than this from its middle, in pixels of the whole picture
CPU = torch.device("cpu")

Each = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]  # like map
Codes = tuple[Tensor, ...]  # patterns at every place: rows and columns are two arrays of one kind


@dataclass(frozen=True)
class Pattern:
    """One kind of pattern. `order` is that of the residual, 4 for both directions at once, 0 for NPR's relationships."""

    scale: int  # 2: of the picture at half size, each pixel the mean of four
    plane: str
    order: int
    step: int  # levels, times the residual's order; RELATIVE: shares of the mean size of the residuals around it
    shape: str  # along, across, colours, apart or cell
    lag: int = 0

    @property
    def length(self) -> int:
        """How many residuals make one pattern."""
        return {"along": 4, "across": 4, "apart": 2}.get(self.shape, 3)


def _listed() -> Iterator[Pattern]:
    lines = [(order, shape) for order in (1, 2, 3, 4) for shape in ("along", "across") if (order, shape) != (4, "across")]
    for scale in SCALES:
        for step in (1, 2, 4) if scale == 1 else (1, 2):
            yield from (Pattern(scale, "g", order, step, shape) for order, shape in lines)
        for step in (1, 2):
            yield from (Pattern(scale, "rgb", order, step, "colours") for order in (1, 2, 3, 4))
            yield Pattern(scale, "g", 0, step, "cell")
        yield from (Pattern(scale, "g", 4, step, "apart", lag) for step in (1, 3) for lag in LAGS)
    for plane, step in itertools.product(("r-g", "b-g", "2g-r-b"), (1, 2)):
        yield from (Pattern(1, plane, order, step, shape) for order, shape in lines)
    for plane, step in itertools.product(("r-g", "b-g"), (1, 2)):
        yield Pattern(2, plane, 2, step, "along")
    for scale in SCALES:
        yield from (Pattern(scale, "y", order, RELATIVE, shape) for order, shape in lines)


PATTERNS = tuple(_listed())


@functools.cache
def folding(length: int, shape: str) -> np.ndarray:
    """Which patterns are counted together: one and its negative, and, where it has an order, the same read backwards."""
    classes = np.full((VALUES,) * length, -1, np.int64)
    count = 0
    for pattern in itertools.product(range(VALUES), repeat=length):
        if classes[pattern] < 0:
            negative = tuple(VALUES - 1 - v for v in pattern)
            alike = {pattern, negative} if shape in ("colours", "cell") else {pattern, negative, pattern[::-1], negative[::-1]}
            for each in alike:
                classes[each] = count
            count += 1
    return classes.ravel()


def class_count(pattern: Pattern) -> int:
    """How many counts of it there are once alike ones are taken together."""
    return int(folding(pattern.length, pattern.shape).max()) + 1


CLASSES = tuple(class_count(p) for p in PATTERNS)
TOTAL = sum(CLASSES)
# How much each number weighs before a fit. Relative patterns are few: so they have six tenths of the say of all others together; between
# two tenths and as much, unseen generators were ranked about alike.
LOUDNESS = np.repeat([2.0 if pattern.step == RELATIVE else 1.0 for pattern in PATTERNS], CLASSES)


def places(pattern: Pattern, height: int, width: int) -> int:
    """In how many places of such a picture it is counted."""
    height, width = height // pattern.scale, width // pattern.scale
    return sum(max(0, height - down) * max(0, width - right) for down, right in _extents(pattern))


def _extents(pattern: Pattern) -> list[tuple[int, int]]:
    """Rows and columns that one pattern takes beyond its first, for each array of `codes`."""
    if pattern.shape == "cell":
        return [(1, 1)]
    around = AROUND - 1 if pattern.step == RELATIVE else 0
    return [(down + around, right + around) for down, right in _absolute_extents(pattern)]


def _absolute_extents(pattern: Pattern) -> list[tuple[int, int]]:
    order, line = pattern.order, 3
    if order == 4:
        more = {"along": line, "apart": pattern.lag}.get(pattern.shape)
        return [(2, 2)] if more is None else [(2, 2 + more), (2 + more, 2)]
    if pattern.shape == "along":
        return [(0, order + line), (order + line, 0)]
    if pattern.shape == "across":
        return [(line, order), (order, line)]
    return [(0, order), (order, 0)]


def planes_of(block: Tensor) -> dict[int, dict[str, Tensor]]:
    """The colour planes that patterns are taken from, by scale: (batch, height, width) int16."""
    whole = block.to(torch.int16)
    height, width = (side // 2 * 2 for side in whole.shape[1:3])
    even = whole[:, :height, :width]
    half = (even[:, ::2, ::2] + even[:, 1::2, ::2] + even[:, ::2, 1::2] + even[:, 1::2, 1::2] + 2) >> 2
    return {scale: _colours(pixels) for scale, pixels in ((1, whole), (2, half))}


def _colours(pixels: Tensor) -> dict[str, Tensor]:
    r, g, b = (pixels[..., i].contiguous() for i in range(3))
    return {"r": r, "g": g, "b": b, "r-g": r - g, "b-g": b - g, "2g-r-b": 2 * g - r - b, "y": (r + 2 * g + b + 2) >> 2}


def each_code(block: Tensor) -> Iterator[tuple[int, Codes]]:
    """For every pattern of PATTERNS its index and its codes over (batch, height, width, 3) uint8 pixels."""
    planes = planes_of(block)
    last: tuple[int, str, int, int] | None = None
    steps: list[Codes] = []
    for index, pattern in enumerate(PATTERNS):
        key = pattern.scale, pattern.plane, pattern.order, pattern.step
        if key != last:
            names = ("r", "g", "b") if pattern.plane == "rgb" else (pattern.plane,)
            last, steps = key, [_steps(planes[pattern.scale][name], pattern) for name in names]
        yield index, _codes(steps, pattern)


def _steps(plane: Tensor, pattern: Pattern) -> Codes:
    """The residuals of a plane in steps, 0..4: along rows and along columns, or the one that is both."""
    if pattern.order == 0:
        first = plane[:, :-1, :-1]
        return tuple(in_steps(other - first, pattern.step) for other in (plane[:, :-1, 1:], plane[:, 1:, :-1], plane[:, 1:, 1:]))
    if pattern.order == 4:
        residuals: Codes = (_differences(_differences(plane, 2, 2), 1, 2),)
    else:
        residuals = tuple(_differences(plane, direction, pattern.order) for direction in (2, 1))
    return tuple(relative(r) if pattern.step == RELATIVE else in_steps(r, pattern.order * pattern.step) for r in residuals)


def _differences(plane: Tensor, direction: int, order: int) -> Tensor:
    for _ in range(order):
        length = plane.shape[direction] - 1
        plane = plane.narrow(direction, 1, length) - plane.narrow(direction, 0, length)
    return plane


def in_steps(residual: Tensor, step: int) -> Tensor:
    """Rounded to whole steps, halves to the even one, and cut at two: as integers, 0..4."""
    one, two = step // 2, (3 * step + 1) // 2  # beyond the one it is a step, from the other on it is two
    steps = (residual > one).to(torch.int16)
    return steps.add_(residual >= two).sub_((residual < -one).to(torch.int16)).sub_((residual <= -two).to(torch.int16)).add_(2)


def relative(residual: Tensor) -> Tensor:
    """In shares of the mean size in the square around it: beyond two fifths it is a step, beyond four thirds it is two; integers, 0..4.

    More contrast makes all residuals of a place larger alike; their shares stay, but for rounding.
    """
    size = residual.abs().to(torch.int32)
    # A third of a level is added to the mean, so that nothing stands out where nothing varies.
    around = _window_sums(size) + AROUND**2 // 3
    inner = [slice(AROUND // 2, length - AROUND // 2) for length in residual.shape[1:]]
    total = size[:, *inner] * AROUND**2
    steps = (5 * total > 2 * around).to(torch.int16).add_(3 * total > 4 * around)
    return steps.mul_(torch.sign(residual[:, *inner])).add_(2)


def _window_sums(values: Tensor) -> Tensor:
    for direction in (1, 2):
        length = values.shape[direction] - AROUND + 1
        values = torch.stack([values.narrow(direction, first, length) for first in range(AROUND)]).sum(0, dtype=torch.int32)
    return values


def _codes(steps: list[Codes], pattern: Pattern) -> Codes:
    if pattern.shape == "cell":
        return (_three(steps[0]),)
    if pattern.shape == "colours":
        return tuple(_three(colours) for colours in zip(*steps, strict=True))
    if pattern.shape == "apart":
        return tuple(_two(steps[0][0], direction, pattern.lag) for direction in (2, 1))
    rows, columns = steps[0][0], steps[0][-1]
    directions = (1, 2) if pattern.shape == "across" else (2, 1)
    return tuple(_four(values, direction) for values, direction in zip((rows, columns), directions, strict=True))


def _two(values: Tensor, direction: int, lag: int) -> Tensor:
    """Each value and the one `lag` further on, as one number."""
    length = values.shape[direction] - lag
    return torch.add(values.narrow(direction, lag, length), values.narrow(direction, 0, length), alpha=VALUES)


def _three(digits: Codes) -> Tensor:
    return torch.add(digits[2], torch.add(digits[1], digits[0], alpha=VALUES), alpha=VALUES)


def _four(values: Tensor, direction: int) -> Tensor:
    """Each value and the next three: a pair, and the pair that follows it."""
    pairs = _two(values, direction, 1)
    length = pairs.shape[direction] - 2
    return torch.add(pairs.narrow(direction, 2, length), pairs.narrow(direction, 0, length), alpha=VALUES**2)


def frequencies(
    rgb: np.ndarray, between: Callable[[int, int], None] = lambda done, total: None, each: Each = map, device: torch.device = CPU
) -> np.ndarray:
    """How often every pattern occurs in (height, width, 3) pixels, as shares of its places, alike ones together: (TOTAL,) float32.

    Counted in pieces, so that memory does not grow with the picture; `between` is called after each with (done, total), and `each`
    counts them all (in other threads, say). Counts are whole numbers: they are the same in any order.
    """
    height, width, _ = rgb.shape
    pieces = list(itertools.product(_pieces(height), _pieces(width)))
    counts = [np.zeros(count, np.int64) for count in _code_counts()]
    for done, of_piece in enumerate(each(lambda piece: _count_piece(rgb, piece[0], piece[1], device), pieces), 1):
        for whole, part in zip(counts, of_piece, strict=True):
            whole += part
        between(done, len(pieces))
    return np.concatenate([_shares(pattern, counted, height, width) for pattern, counted in zip(PATTERNS, counts, strict=True)])


def _code_counts() -> list[int]:
    return [len(folding(pattern.length, pattern.shape)) for pattern in PATTERNS]


def _count_piece(rgb: np.ndarray, rows: range, columns: range, device: torch.device = CPU) -> list[np.ndarray]:
    """Of every pattern, how often each of its codes begins in a piece: it may end in the next."""
    part = torch.from_numpy(rgb[rows.start : rows.stop + BEYOND, columns.start : columns.stop + BEYOND].copy())[None].to(device)
    counts = []
    for (index, codes), possible in zip(each_code(part), _code_counts(), strict=True):
        own = [len(side) // PATTERNS[index].scale for side in (rows, columns)]
        counts.append(sum(torch.bincount(code[:, : own[0], : own[1]].reshape(-1), minlength=possible).cpu().numpy() for code in codes))
    return counts


def _pieces(side: int) -> list[range]:
    """Pixels in equal steps; what is left over at the end belongs to the last, if no pattern would fit in there."""
    starts = range(0, max(1, side - SMALLEST), PIECE)
    return [range(start, stop) for start, stop in itertools.pairwise([*starts, side])]


def _shares(pattern: Pattern, counted: np.ndarray, height: int, width: int) -> np.ndarray:
    fold = folding(pattern.length, pattern.shape)
    together = np.bincount(fold, weights=counted, minlength=class_count(pattern))
    return (together / places(pattern, height, width)).astype(np.float32)
