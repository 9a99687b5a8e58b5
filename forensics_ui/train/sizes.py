"""How native scores grow with the size of a picture, measured on real photographs.

The same photographs are cut to centres of growing size, so that nothing but the size differs. What the highest twentieth
of their scores has grown by is taken off before a score is compared (`verdict/growth.py`). Generated pictures of every
size are not at hand, so this keeps false alarms where they are and says nothing about what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from forensics_ui.detectors import Detector
from forensics_ui.imaging.npr import whole_cells
from forensics_ui.imaging.rules import ALIGNMENT
from forensics_ui.train.figures import Scored
from forensics_ui.train.folders import Sample
from forensics_ui.train.measure import CONDITIONS
from forensics_ui.train.pictures import decode
from forensics_ui.verdict.growth import offset_at, side_of
from forensics_ui.weightstore.card import Growth

SIDES = (256, 384, 512, 768, 1024, 1536)
SEEN_AS = ("as_they_come", "jpeg80")
HIGH = 0.95  # of the real pictures' scores: where limits lie
FEWEST = 40  # real pictures, under which nothing is said of a size

Scores = dict[int, dict[str, dict[int, float]]]


def scores_by_side(detector: Detector, samples: Iterable[Sample], tell: Callable[[int], None] = lambda done: None) -> Scores:
    """Native logits `[side][condition][number of the picture]` of the aligned centres of the real pictures that are that large."""
    scores: Scores = {side: {c: {} for c in SEEN_AS} for side in SIDES}
    for number, sample in enumerate(s for s in samples if not s.label):
        rgb = decode(sample.path)
        for side in (s for s in SIDES if s <= side_of(rgb.shape[:2])):
            block = centre(rgb, side)
            for condition in SEEN_AS:
                changed = detector.prepare(CONDITIONS[condition](block), "native").block
                scores[side][condition][number] = detector.logit(np.ascontiguousarray(changed))
        tell(number + 1)
    return scores


def centre(rgb: np.ndarray, side: int) -> np.ndarray:
    """The aligned centre in the picture's own shape, of as many pixels as a square of this side has (or up to two rows and columns fewer)."""
    height, width = (int(length * side / side_of(rgb.shape[:2])) for length in rgb.shape[:2])
    top, left = ((whole - part) // 2 // ALIGNMENT * ALIGNMENT for whole, part in zip(rgb.shape[:2], (height, width), strict=True))
    return whole_cells(rgb[top : top + height, left : left + width])


def growth(scores: Scores) -> list[dict[str, Any]]:
    """Per side the growth since the smallest one, of the pictures that have both, in the condition where it is largest; it never falls."""
    first, *others = sorted(scores)
    rows = [{"side": first, "n_real": min(map(len, scores[first].values())), "offset": 0.0}]
    for side in others:
        both = {c: [(scores[first][c][number], logit) for number, logit in by_number.items()] for c, by_number in scores[side].items()}
        n_real = min(map(len, both.values()))
        if n_real < FEWEST:
            break
        grown = max(float(np.quantile([b for _, b in pairs], HIGH) - np.quantile([a for a, _ in pairs], HIGH)) for pairs in both.values())
        rows.append({"side": side, "n_real": n_real, "offset": round(max(grown, rows[-1]["offset"]), 4)})
    return rows


def without_growth(scored: list[Scored], rows: list[dict[str, Any]]) -> list[Scored]:
    """The same scores with what their native logits have grown by taken off: what a verdict compares."""
    return [replace(s, logits={c: _shorter(by_rule, rows, s.side / (2 if c == "halved" else 1)) for c, by_rule in s.logits.items()}) for s in scored]


def _shorter(by_rule: dict[str, float], rows: list[dict[str, Any]], side: float) -> dict[str, float]:
    return {**by_rule, "native": by_rule["native"] - offset_at([Growth(row["side"], row["offset"]) for row in rows], side)}
