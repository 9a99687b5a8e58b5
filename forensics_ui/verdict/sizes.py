"""What a verdict must say where the picture is larger than those that errors were counted on."""

from __future__ import annotations

import math

from forensics_ui.core.types import Analysis
from forensics_ui.verdict.growth import side_of
from forensics_ui.verdict.limits import Limits


def larger_than_measured(analysis: Analysis, limits: Limits) -> str | None:
    """Scores of whole pictures can grow with their size, so error rates hold only up to the size they were measured at."""
    limit, (width, height) = (limits.row.largest_side if limits.row else None), analysis.seen.input_size
    if limits.own:  # the user's own photographs were measured as large as they are
        limit = max(limit, limits.own.largest_side) if limit else limits.own.largest_side or None
    # Where the growth was measured it goes by the number of pixels, whatever the shape.
    if limit is None or (math.ceil(side_of((width, height))) if limits.growth else max(width, height)) <= limit:
        return None
    if not limits.growth:
        return f"how often this score is wrong was counted on pictures of up to {limit} pixels a side, and this one has {max(width, height)}"
    counted = limits.row.counted_side or limit
    followed = f" and photographs' scores were followed up to {_megapixels(limit)}" if counted < limit else ""
    return f"how often this score is wrong was counted on pictures of up to {_megapixels(counted)} megapixels{followed}, and this one has {width * height / 1e6:.2f}"


def _megapixels(side: float) -> str:
    return f"{side**2 / 1e6:.2f}"


def followed(analysis: Analysis, limits: Limits, larger: str | None) -> list[str]:
    """Between the size that errors were counted up to and the one that photographs' scores were followed to."""
    counted, side = (limits.row.counted_side if limits.row else None), side_of(analysis.seen.input_size)
    if larger or not limits.growth or not counted or side <= counted:
        return []
    counted_up_to = f"how often this score is wrong was counted on pictures of up to {_megapixels(counted)} megapixels"
    return [f"{counted_up_to}; of larger ones, like this with {_megapixels(side)}, only photographs were measured"]


def beyond(larger: str | None) -> list[str]:
    """That limits are used for a picture larger than those measured, and why that is right."""
    return [f"{larger}; well below that size photographs' scores stop growing, so the same limits are used"] if larger else []


def grown(offset: float) -> list[str]:
    """How much of the score comes from the size alone."""
    if offset < 0.05:
        return []
    return [f"larger pictures score higher, photographs too: {offset:.1f} was taken off this score before it was compared"]
