"""Thresholds of the native rule by the size of the picture.

Top-K takes the largest values of the whole picture: the more places, the larger they are, also in photographs. So the
same photographs are cut to centres of growing size, and each size gets the thresholds that its own scores ask for.
Generated pictures of every size are not at hand, so what is *found* at a size is not known from this, only what is
falsely marked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.detectors import Detector
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.figures import ALARMS_SOME, ALARMS_STRONG, threshold_at
from forensics_ui.train.folders import Sample
from forensics_ui.train.measure import CONDITIONS
from forensics_ui.train.pictures import decode

SIDES = (256, 384, 512, 768, 1024, 1536)
SEEN_AS = ("as_they_come", "jpeg80")
FEWEST = 40  # real pictures, under which a size gets no thresholds


def scores_by_side(detector: Detector, samples: Iterable[Sample], tell: Callable[[int], None] = lambda done: None) -> dict[int, dict[str, list[float]]]:
    """Native logits of the real pictures that are at least that large, per side of their aligned centre and condition."""
    scores: dict[int, dict[str, list[float]]] = {side: {c: [] for c in SEEN_AS} for side in SIDES}
    for done, sample in enumerate((s for s in samples if not s.label), 1):
        rgb = decode(sample.path)
        for side in (s for s in SIDES if s <= min(rgb.shape[:2])):
            block = aligned_crop(rgb, side).block
            for condition in SEEN_AS:
                try:
                    changed = detector.prepare(CONDITIONS[condition](block), "native").block
                except NotApplicable:
                    continue
                scores[side][condition].append(float(detector.findings([np.ascontiguousarray(changed)])[0].logit))
        tell(done)
    return scores


def thresholds_by_side(scores: dict[int, dict[str, list[float]]]) -> list[dict[str, Any]]:
    """Per side the thresholds that hold under every condition seen, growing with the side: a larger picture never needs less."""
    rows: list[dict[str, Any]] = []
    for side, by_condition in sorted(scores.items()):
        columns = [np.array(values) for values in by_condition.values()]
        if min(map(len, columns)) < FEWEST:
            break
        row = {
            "side": side,
            "n_real": min(map(len, columns)),
            "threshold_some": max(threshold_at(c, ALARMS_SOME) for c in columns),
            "threshold_strong": max(threshold_at(c, ALARMS_STRONG) for c in columns),
            "threshold_low": float(np.median(np.concatenate(columns))),
        }
        for name in ("some", "strong", "low"):
            before = rows[-1][f"threshold_{name}"] if rows else -np.inf
            row[f"threshold_{name}"] = round(max(row[f"threshold_{name}"], before), 4)
        row["threshold_strong"] = max(row["threshold_strong"], row["threshold_some"])
        rows.append(row)
    return rows
