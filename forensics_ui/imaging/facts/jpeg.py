"""What the tables of a JPEG say of how it was saved: quality on the scale of the IJG library, sampling, order of the scans."""

from __future__ import annotations

from functools import cache
from typing import Any

from forensics_ui.imaging.facts.jpeg_markers import ARITHMETIC, PROGRESSIVE, Markers

# ITU-T T.81, Annex K: the tables that the IJG library scales by its quality setting.
LUMINANCE = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62),
    *(18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
CHROMINANCE = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)
SAMPLING = {(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0", (1, 2): "4:4:0", (4, 1): "4:1:1", (4, 2): "4:1:0"}


@cache
def standard_table(quality: int, chroma: bool) -> tuple[int, ...]:
    """The table that the IJG library writes at a quality of 1..100."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return tuple(min(max((entry * scale + 50) // 100, 1), 255) for entry in (CHROMINANCE if chroma else LUMINANCE))


def fit(table: tuple[int, ...], chroma: bool) -> tuple[int, float]:
    """The quality whose standard table is nearest, and the mean absolute difference of the entries."""
    distances = {quality: sum(abs(a - b) for a, b in zip(table, standard_table(quality, chroma), strict=True)) / 64 for quality in range(1, 101)}
    quality = min(distances, key=lambda each: (distances[each], -each))
    return quality, distances[quality]


def quality(markers: Markers) -> dict[str, Any]:
    """The quality estimate: exact where the tables are the standard ones, the nearest otherwise, and said which."""
    used = [tuple(markers.tables[number]) for number in sorted({part[3] for part in markers.components}) if number in markers.tables]
    if not used:
        return {"quality": None, "tables": "missing", "table_distance": None}
    luma, distance = fit(used[0], chroma=False)
    if distance == 0 and all(table in (standard_table(luma, True), standard_table(luma, False)) for table in used[1:]):
        return {"quality": luma, "tables": "standard", "table_distance": 0.0}
    # A second table of another quality is as much a sign of another program as entries of its own.
    distance = max([distance, *(sum(abs(a - b) for a, b in zip(table, standard_table(luma, True), strict=True)) / 64 for table in used[1:])])
    return {"quality": luma, "tables": "non-standard", "table_distance": round(distance, 3)}


def subsampling(markers: Markers) -> str | None:
    """The chroma subsampling in the usual notation; None for one channel."""
    if len(markers.components) < 3:
        return None
    (_, wide, high, _), *rest = markers.components
    if any(part[1:3] != rest[0][1:3] for part in rest[:2]) or not rest[0][1] or not rest[0][2]:
        return "unusual"
    return SAMPLING.get((wide // rest[0][1], high // rest[0][2]), f"{wide}x{high} to {rest[0][1]}x{rest[0][2]}")


def describe(markers: Markers) -> dict[str, Any]:
    """Everything the markers tell, JSON-ready."""
    return {
        **quality(markers),
        "subsampling": subsampling(markers),
        "progressive": markers.frame in PROGRESSIVE,
        "arithmetic": markers.frame in ARITHMETIC,
        "components": len(markers.components),
        "scans": markers.scans,
        "restart_interval": markers.restart_interval,
        "adobe_transform": markers.adobe_transform,
        "applications": [" ".join(part).strip() for part in markers.applications],
        "quantisation": {str(number): table for number, table in sorted(markers.tables.items())},
    }
