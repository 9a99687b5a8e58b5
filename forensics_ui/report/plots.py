"""Curves and histograms as lines, bars and texts in a box of given size: HTML draws them as SVG, PDF with its own pen."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# Told apart by people who do not see all colours (after Okabe and Ito).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6a00", "#56b4e9")
TICKS = 5


@dataclass
class Plot:
    """Everything in units of the box, from its top left corner."""

    width: float
    height: float
    frame: tuple[float, float, float, float]  # left, top, right, bottom
    lines: list[tuple[str, list[tuple[float, float]]]] = field(default_factory=list)  # colour, points
    bars: list[tuple[str, float, float, float, float]] = field(default_factory=list)  # colour, x, y, width, height
    levels: list[tuple[str, float]] = field(default_factory=list)  # colour, y of a threshold
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    legend: list[tuple[str, str]] = field(default_factory=list)  # colour, words


def plot_of(curve: Mapping[str, Any], width: float = 640, height: float = 240) -> Plot:
    """Lay out one curve of a record. Where x is words, its values stand at equal distances."""
    frame = (52.0, 10.0, width - 12, height - 40)
    plot = Plot(width, height, frame)
    xs, labels = _places(curve["x"])
    logarithmic = bool(curve["logarithmic"])
    levels = [float(value) for value in curve["thresholds"].values()]
    numbers = [value for line in curve["lines"].values() for value in line if value is not None] + levels
    low, high = _ends(numbers, curve["bars"], logarithmic)
    left, top, right, bottom = frame
    ends = (min(xs, default=0.0), max(xs, default=1.0))
    margin = (ends[1] - ends[0]) / (2 * max(1, len(xs))) if curve["bars"] else 0.0
    across = _axis(ends[0] - margin, ends[1] + margin, left, right)
    up = _axis(_scaled(low, logarithmic), _scaled(high, logarithmic), bottom, top)

    def height_of(value: float) -> float:
        return up(_scaled(value, logarithmic))

    names = list(curve["lines"])
    for at, name in enumerate(names):
        colour = COLOURS[at % len(COLOURS)]
        plot.legend.append((colour, name))
        points = [(across(x), height_of(y)) for x, y in zip(xs, curve["lines"][name], strict=False) if y is not None]
        if curve["bars"]:
            wide = (right - left) / max(1, len(xs)) / len(names)
            foot = bottom if logarithmic else height_of(0.0)
            plot.bars += [(colour, x + (at - len(names) / 2) * wide, min(y, foot), wide, abs(foot - y)) for x, y in points if y != foot]
        else:
            plot.lines.append((colour, points))
    for name, value in curve["thresholds"].items():
        colour = COLOURS[names.index(name) % len(COLOURS)] if name in names else "#555555"
        plot.levels.append((colour, height_of(float(value))))
        plot.legend.append((colour, f"{name}: {value:+.3g} (dashed)"))
    plot.x_ticks = [(across(x), label) for x, label in (_spread(xs, labels) if labels else [(t, _label(t)) for t in ticks(*ends)])]
    plot.y_ticks = [(height_of(t), _label(t)) for t in (_decades(low, high) if logarithmic else ticks(low, high))]
    return plot


def _places(x: Sequence[Any]) -> tuple[list[float], list[str]]:
    if all(isinstance(value, int | float) for value in x):
        return [float(value) for value in x], []
    return [float(at) for at in range(len(x))], [str(value) for value in x]


def _spread(xs: Sequence[float], labels: Sequence[str]) -> list[tuple[float, str]]:
    """Not more labels than have room."""
    step = -(-len(xs) // 8)
    return list(zip(xs, labels, strict=True))[::step]


def _ends(numbers: Sequence[float], bars: bool, logarithmic: bool) -> tuple[float, float]:
    """The lowest and highest number on the axis. Bars stand on zero; on a logarithmic axis on less than one."""
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    if logarithmic:
        return 0.5, max(1.0, high)
    low, high = (min(0.0, low), max(0.0, high)) if bars else (low, high)
    room = (high - low) * 0.05 or 0.5
    return (low if bars and not low else low - room), high + room


def _scaled(value: float, logarithmic: bool) -> float:
    return math.log10(max(value, 0.5)) if logarithmic else value


def _axis(low: float, high: float, first: float, last: float) -> Any:
    span = (high - low) or 1.0
    return lambda value: round(first + (value - low) / span * (last - first), 2)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between two ends."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / TICKS
    unit = 10 ** math.floor(math.log10(rough))
    step = next((unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough), unit * 10)
    first = math.ceil(low / step - 1e-9)
    return [round(step * n, 10) for n in range(first, first + 2 * TICKS) if step * n <= high + 1e-9 * span]


def _label(number: float) -> str:
    """Short enough for the margin."""
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= 10 * unit or (abs(number) >= unit and number % unit == 0):
            return f"{number / unit:g} {letter}"
    return f"{number:g}"


def _decades(low: float, high: float) -> list[float]:
    last = math.floor(math.log10(high))
    return [float(10**power) for power in range(0, last + 1, max(1, last // TICKS))]
