"""What a UnivFD head is worth, in the same table as the other detectors.

CLIP needs 224 pixels each way. Under `crop` all pictures are cut to 256 first, of both classes alike, and what a condition
makes smaller than 224 is mirrored to that size; under `native` only pictures that are large enough when halved are measured.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from forensics_ui.detectors.univfd import SIDE
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.features import CachedUnivFD
from forensics_ui.train.figures import CROP_SIDE, NATIVE_SIDE, RULES, Scored, by_source, calibration, figures
from forensics_ui.train.folders import Sample
from forensics_ui.train.history import at_least
from forensics_ui.train.measure import CONDITIONS, area_under_curve
from forensics_ui.train.pictures import decode

FEWEST_NATIVE = 20  # of each class; fewer give no threshold worth writing down
MEASURED_HOW = (
    f"Under crop, halved pictures of less than {SIDE} px are mirrored to that size; under native, only pictures of at least {2 * SIDE} px "
    f"each way were measured (at no more than their {NATIVE_SIDE} px centre)."
)


def blocks_of(rgb: np.ndarray) -> dict[str, dict[str, np.ndarray]]:
    """What CLIP sees of a picture, `[condition][rule]`; {} for one that is too small, and no native for one that halving makes so."""
    if min(rgb.shape[:2]) < SIDE:
        return {}
    whole = aligned_crop(rgb, NATIVE_SIDE).block
    crop = aligned_crop(whole, CROP_SIDE).block
    made: dict[str, dict[str, np.ndarray]] = {}
    for name, change in CONDITIONS.items():
        made[name] = {"crop": CachedUnivFD.prepare(at_least(change(crop), SIDE), "crop").block}
        if min(whole.shape[:2]) >= 2 * SIDE:
            made[name]["native"] = CachedUnivFD.prepare(change(whole), "native").block
    return made


def crops_of(detector: CachedUnivFD, samples: Iterable[Sample]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Features and labels of validation pictures under every condition, for choosing between heads."""
    kept: dict[str, list[np.ndarray]] = {name: [] for name in CONDITIONS}
    labels = []
    for sample in samples:
        if blocks := blocks_of(decode(sample.path)):
            labels.append(sample.label)
            for name, of_rule in blocks.items():
                kept[name].append(detector.picture_feature(of_rule["crop"]))
    return {name: (np.array(rows), np.array(labels)) for name, rows in kept.items()}


def judged(crops: dict[str, tuple[np.ndarray, np.ndarray]], weight: np.ndarray, bias: float) -> dict[str, float]:
    """AUC under every condition, their mean, and the accuracy at logit 0 as the pictures come."""
    logits = {name: rows @ weight + bias for name, (rows, _) in crops.items()}
    found = {name: round(area_under_curve(z[crops[name][1] == 0], z[crops[name][1] == 1]), 4) for name, z in logits.items()}
    right = (logits["as_they_come"] > 0) == (crops["as_they_come"][1] == 1)
    return {**found, "mean": round(float(np.mean(list(found.values()))), 4), "accuracy": round(float(right.mean()), 4)}


def score_pictures(detector: CachedUnivFD, samples: Iterable[Sample], tell: Callable[[int], None] = lambda done: None) -> list[Scored]:
    """Every picture that is large enough under all conditions and the rules it is large enough for."""
    scored = []
    for done, sample in enumerate(samples, 1):
        rgb = decode(sample.path)
        logits = {c: {rule: detector.findings([np.ascontiguousarray(b)])[0].logit for rule, b in of.items()} for c, of in blocks_of(rgb).items()}
        if logits:
            scored.append(Scored(sample.label, sample.source, float(np.sqrt(np.prod([min(side, NATIVE_SIDE) for side in rgb.shape[:2]]))), logits))
        tell(done)
    return scored


def head_worth(detector: CachedUnivFD, validation: list[Sample], test: list[Sample] | None) -> dict[str, Any]:
    """Calibrate on the one group, state error rates on the other, rule by rule where there are pictures enough."""
    scored = score_pictures(detector, validation)
    measured = score_pictures(detector, test) if test else scored
    calibrated: dict[str, Any] = dict.fromkeys((*RULES, "paper"))
    table: dict[str, dict[str, Any]] = {condition: {} for condition in CONDITIONS}
    sources: dict[str, Any] = {}
    for rule in RULES:
        mine, theirs = (_under(rule, group) for group in (scored, measured))
        if not _enough(rule, mine) or not _enough(rule, theirs):
            continue
        calibrated[rule] = calibration(mine, rule, "validation group")
        # `figures` makes all columns; both rules hold this one's logits here, and this one's column is taken.
        for condition, row in figures(theirs, dict.fromkeys(RULES, calibrated[rule])).items():
            table[condition][rule] = row[rule]
        sources[rule] = by_source(theirs, rule, calibrated[rule])
    return {
        "figures_set": "test" if test else "validation (also used for the thresholds, so these are optimistic)",
        "measured_how": MEASURED_HOW,
        "figures": table,
        "by_source": sources,
        "calibration": calibrated,
        "known_failures": [],
    }


def _under(rule: str, scored: list[Scored]) -> list[Scored]:
    """Those that were scored under the rule, with its logits in every column."""
    return [replace(s, logits={c: dict.fromkeys(RULES, of[rule]) for c, of in s.logits.items()}) for s in scored if rule in s.logits["as_they_come"]]


def _enough(rule: str, scored: list[Scored]) -> bool:
    counts = Counter(s.label for s in scored)
    return min(counts[0], counts[1]) >= (FEWEST_NATIVE if rule == "native" else 1)
