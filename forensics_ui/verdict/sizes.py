"""What a verdict must say where the picture is larger than those that errors were counted on."""

from __future__ import annotations

import math

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import Analysis
from forensics_ui.verdict.growth import side_of
from forensics_ui.verdict.limits import Limits


def larger_than_measured(analysis: Analysis, limits: Limits) -> dict[str, float] | None:
    """Scores of whole pictures can grow with their size, so error rates hold only up to the size they were measured at.

    Gives the sizes of a picture that is larger: longest sides in pixels, or, where the growth was
    measured, sides of squares with as many pixels (`counted`, `followed`) and the `pixels`.
    """
    limit, (width, height) = (limits.row.largest_side if limits.row else None), analysis.seen.input_size
    if limits.own:  # the user's own photographs were measured as large as they are
        limit = max(limit, limits.own.largest_side) if limit else limits.own.largest_side or None
    # Where the growth was measured it goes by the number of pixels, whatever the shape.
    if limit is None or (math.ceil(side_of((width, height))) if limits.growth else max(width, height)) <= limit:
        return None
    if not limits.growth or limits.row is None:
        return {"longest_measured": limit, "longest": max(width, height)}
    return {"counted": limits.row.counted_side or limit, "followed": limit, "pixels": width * height}


def followed(analysis: Analysis, limits: Limits, larger: dict[str, float] | None) -> list[Reason]:
    """Between the size that errors were counted up to and the one that photographs' scores were followed to."""
    counted, side = (limits.row.counted_side if limits.row else None), side_of(analysis.seen.input_size)
    if larger or not limits.growth or not counted or side <= counted:
        return []
    return [Reason("larger_than_counted", "doubt", {"counted": counted, "side": side})]


def beyond(larger: dict[str, float] | None) -> list[Reason]:
    """That limits are used for a picture larger than those measured."""
    return [Reason("larger_levelled", "doubt", larger)] if larger else []


def grown(offset: float) -> list[Reason]:
    """How much of the score comes from the size alone."""
    return [] if offset < 0.05 else [Reason("growth_taken_off", "note", {"offset": offset})]
