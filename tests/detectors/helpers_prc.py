"""PRC on random weights, and its patterns counted place by place in plain Python, straight from their definition."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

import numpy as np
import torch

from forensics_ui.detectors.patterns import AROUND, RELATIVE, TOTAL, Pattern
from forensics_ui.detectors.prc import HEADS, POWER

PLANES = {
    "r": lambda r, g, b: r,
    "g": lambda r, g, b: g,
    "b": lambda r, g, b: b,
    "r-g": lambda r, g, b: r - g,
    "b-g": lambda r, g, b: b - g,
    "2g-r-b": lambda r, g, b: 2 * g - r - b,
    "y": lambda r, g, b: (r + 2 * g + b + 2) // 4,
}
KERNELS = {1: [-1, 1], 2: [1, -2, 1], 3: [-1, 3, -3, 1]}


def seeded_prc(power: float | None = None) -> dict[str, torch.Tensor]:
    """Weights of the three lines; where no power is given, the counts of the saved one are taken as they are."""
    torch.manual_seed(4)
    lines = {f"{head}.weight": torch.randn(TOTAL) for head in HEADS} | {f"{head}.bias": torch.randn(1) for head in HEADS}
    return lines if power is None else lines | {POWER: torch.tensor([power])}


def step_of(value: int, step: int) -> int:
    """Python's own rounding of an exact fraction: halves go to the even step."""
    return max(-2, min(2, round(Fraction(value, step)))) + 2


def counted_plainly(rgb: np.ndarray, pattern: Pattern) -> Counter[tuple[int, ...]]:
    """How often each pattern occurs, alike ones apart."""
    pixels = rgb.astype(int)
    if pattern.scale == 2:
        pixels = (pixels[::2, ::2] + pixels[1::2, ::2] + pixels[::2, 1::2] + pixels[1::2, 1::2] + 2) // 4
    names = ("r", "g", "b") if pattern.plane == "rgb" else (pattern.plane,)
    planes = [PLANES[name](*np.moveaxis(pixels, 2, 0)) for name in names]
    counted: Counter[tuple[int, ...]] = Counter()
    if pattern.shape == "cell":
        (plane,) = planes
        for y in range(plane.shape[0] - 1):
            for x in range(plane.shape[1] - 1):
                others = plane[y, x + 1], plane[y + 1, x], plane[y + 1, x + 1]
                counted[tuple(step_of(int(other - plane[y, x]), pattern.step) for other in others)] += 1
        return counted
    # Columns are the rows of the turned picture.
    for turned in [False] if pattern.order == 4 and pattern.shape == "colours" else [False, True]:
        steps = [_steps(plane.T if turned else plane, pattern) for plane in planes]
        # The residual that is both directions at once is the same either way, seen from the other side.
        counted += _in_line(steps, pattern)
    return counted


def _steps(plane: np.ndarray, pattern: Pattern) -> np.ndarray:
    if pattern.order == 4:
        rows = [
            [int(sum(a * v for a, v in zip(KERNELS[2], plane[y, x : x + 3], strict=True))) for x in range(plane.shape[1] - 2)]
            for y in range(plane.shape[0])
        ]
        both = [[rows[y][x] - 2 * rows[y + 1][x] + rows[y + 2][x] for x in range(plane.shape[1] - 2)] for y in range(plane.shape[0] - 2)]
        return relative_steps(both) if pattern.step == RELATIVE else np.array([[step_of(v, 4 * pattern.step) for v in row] for row in both])
    kernel = KERNELS[pattern.order]
    width = plane.shape[1] - pattern.order
    values = [
        [int(sum(a * v for a, v in zip(kernel, plane[y, x : x + len(kernel)], strict=True))) for x in range(width)] for y in range(plane.shape[0])
    ]
    return (
        relative_steps(values) if pattern.step == RELATIVE else np.array([[step_of(v, pattern.order * pattern.step) for v in row] for row in values])
    )


def relative_steps(values: list[list[int]]) -> np.ndarray:
    """Each residual that has all its surroundings, by its share of their mean size and a third of a level (in whole numbers: 16 of 49)."""
    sizes, half = np.abs(np.array(values)), AROUND // 2
    steps = []
    for y in range(half, sizes.shape[0] - half):
        row = []
        for x in range(half, sizes.shape[1] - half):
            mean = Fraction(int(sizes[y - half : y + half + 1, x - half : x + half + 1].sum()) + 16, AROUND**2)
            beyond = (sizes[y, x] > mean * Fraction(2, 5)) + (sizes[y, x] > mean * Fraction(4, 3))
            row.append(2 + int(np.sign(values[y][x])) * int(beyond))
        steps.append(row)
    return np.array(steps)


def _in_line(steps: list[np.ndarray], pattern: Pattern) -> Counter[tuple[int, ...]]:
    counted: Counter[tuple[int, ...]] = Counter()
    height, width = steps[0].shape
    shifts = {"along": [(0, i) for i in range(4)], "across": [(i, 0) for i in range(4)], "apart": [(0, 0), (0, pattern.lag)], "colours": [(0, 0)]}
    reach = shifts[pattern.shape][-1]
    for y in range(height - reach[0]):
        for x in range(width - reach[1]):
            counted[tuple(int(plane[y + down, x + right]) for plane in steps for down, right in shifts[pattern.shape])] += 1
    return counted
