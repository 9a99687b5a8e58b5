"""A reliability diagram as a small drawing: stated probability against the share that came true."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forensics_ui.ui.text import escape

SIDE, EDGE = 180, 26
LARGEST = 7.0  # radius of a point with all pictures


def diagram(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Points grow with the number of pictures behind them."""
    most = max((row["n_real"] + row["n_fake"] for row in rows), default=1)
    points = "".join(_point(row, most) for row in rows)
    low, high = EDGE, EDGE + SIDE
    whole = SIDE + 2 * EDGE
    return (
        f'<figure class="diagram"><svg viewBox="0 0 {whole} {whole}" width="{whole}" height="{whole}" role="img" aria-label="{escape(title)}">'
        f'<rect x="{low}" y="{low}" width="{SIDE}" height="{SIDE}" class="frame"/><line x1="{low}" y1="{high}" x2="{high}" y2="{low}" class="ideal"/>{points}'
        f'<text x="{low}" y="{high + 16}">0</text><text x="{high}" y="{high + 16}" text-anchor="end">stated 1</text>'
        f'<text x="{low}" y="{low - 8}">came true 1</text></svg><figcaption>{escape(title)}</figcaption></figure>'
    )


def _point(row: Mapping[str, Any], most: int) -> str:
    x, y = EDGE + SIDE * float(row["stated"]), EDGE + SIDE * (1 - float(row["came_true"]))
    radius = 2 + (LARGEST - 2) * ((row["n_real"] + row["n_fake"]) / most) ** 0.5
    words = f"stated {row['stated']:.0%}, came true {row['came_true']:.0%}: {row['n_real']} real, {row['n_fake']} generated"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"><title>{escape(words)}</title></circle>'
