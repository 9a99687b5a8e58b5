"""What a trained detector is worth: its scores under every condition and input rule, error rates, and thresholds.

Thresholds and the probability come from validation pictures; error rates are stated on others (`test`), with those
thresholds. Both rules are scored through the fast path that serves people, not through the network that was trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.detectors import Detector
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.folders import Sample
from forensics_ui.train.measure import CONDITIONS, area_under_curve
from forensics_ui.train.pictures import decode

RULES = ("native", "crop")
# native looks at the whole picture; here at no more than this centre, because a table of large photographs takes hours.
NATIVE_SIDE = 768
CROP_SIDE = 256
SIZES = ((0, 300), (300, 600), (600, 769))
# Shares of the calibration's real pictures that may reach *some* and *strong*: less than the 2 % that are promised of others, because a limit from a
# few hundred pictures misses its aim by some. The card states them, and the verdict's words follow the card.
ALARMS_SOME, ALARMS_STRONG = 0.015, 0.01
ALARMS_TABLE = 0.05  # of the column by which detectors are compared


@dataclass(frozen=True)
class Scored:
    """One picture's logits, `logits[condition][rule]`, and its side (root of the pixels that native looked at)."""

    label: int
    source: str
    side: float
    logits: dict[str, dict[str, float]]


def score_samples(detector: Detector, samples: Iterable[Sample], tell: Callable[[int], None] = lambda done: None) -> list[Scored]:
    """Score every picture under all conditions and rules; one that is too small under any of them is left out."""
    scored = []
    for done, sample in enumerate(samples, 1):
        whole = aligned_crop(decode(sample.path), NATIVE_SIDE).block
        # crop: cut to the crop first and changed afterwards, so that after halving both classes still have one size.
        views = {"native": whole, "crop": aligned_crop(whole, CROP_SIDE).block}
        try:
            logits = {name: {rule: _logit(detector, change(views[rule]), rule) for rule in RULES} for name, change in CONDITIONS.items()}
        except NotApplicable:
            continue
        scored.append(Scored(sample.label, sample.source, float(np.sqrt(whole.shape[0] * whole.shape[1])), logits))
        tell(done)
    return scored


def _logit(detector: Detector, rgb: np.ndarray, rule: str) -> float:
    return detector.logit(np.ascontiguousarray(detector.prepare(rgb, rule).block))


def of_class(scored: list[Scored], label: int, condition: str, rule: str) -> np.ndarray:
    """The logits of one class under one condition and rule."""
    return np.array([s.logits[condition][rule] for s in scored if s.label == label])


def threshold_at(real: np.ndarray, alarms: float) -> float:
    """The lowest logit that at most `alarms` of these real pictures reach."""
    allowed = int(alarms * len(real))
    # Four decimals are printed; rounding upwards keeps the promise.
    return float(np.ceil(np.nextafter(np.float64(np.sort(real)[::-1][allowed]), np.inf) * 1e4) / 1e4)


def calibration(scored: list[Scored], rule: str, name: str, growth: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """Limits and a probability for each condition alone, and for all together: the strictest limits, one sigmoid over all.

    The pooled values serve pictures whose condition is not known. A `threshold_low` is the median of the real pictures: what
    scores below it scores as low as the lower half of them, and `fakes_below_low` says how many generated pictures do so too.
    With `growth` (of train/sizes.py) the scores come without it.
    """
    real = {c: of_class(scored, 0, c, rule) for c in CONDITIONS}
    fake = {c: of_class(scored, 1, c, rule) for c in CONDITIONS}
    # A lossless file does not tell whether it was reduced before, so its limits hold for reduced pictures too.
    rows = {c: _calibrated([real[c], real["halved"]] if c == "as_they_come" else [real[c]], fake[c]) for c in CONDITIONS}
    some = max(row["threshold_some"] for row in rows.values())
    strong = max(some, *(row["threshold_strong"] for row in rows.values()))
    all_real, all_fake = (np.concatenate(list(d.values())) for d in (real, fake))
    low = round(min(float(np.median(all_real)), some), 4)
    # The same pictures stand under every condition: they are counted once.
    n_real, n_fake = len(real["as_they_come"]), len(fake["as_they_come"])
    return {
        "set": f"{name}, {n_real} real and {n_fake} generated pictures under {len(CONDITIONS)} conditions",
        "n_real": n_real,
        "n_fake": n_fake,
        # Whole pictures larger than those measured get no verdict: their scores grow with their size.
        **({"largest_side": NATIVE_SIDE, "counted_side": NATIVE_SIDE} if rule == "native" else {}),
        **({"largest_side": max(NATIVE_SIDE, growth[-1]["side"]), "growth": list(growth)} if growth and rule == "native" else {}),
        "alarms": {"some": ALARMS_SOME, "strong": ALARMS_STRONG},
        "threshold_some": some,
        "threshold_strong": strong,
        "threshold_low": low,
        "fakes_below_low": {c: _share(f < low) for c, f in fake.items()},
        **_sigmoid(all_real, all_fake, n_real, n_fake),
        "conditions": rows,
    }


def _calibrated(reals: list[np.ndarray], fake: np.ndarray) -> dict[str, Any]:
    """One condition, the first of `reals`: limits that hold in all of them, what is found and marked at them on these same pictures, and the sigmoid."""
    real = reals[0]
    some = max(threshold_at(r, ALARMS_SOME) for r in reals)
    strong = max(some, *(threshold_at(r, ALARMS_STRONG) for r in reals))
    low = round(min(float(np.median(real)), some), 4)
    limits = {"threshold_some": some, "threshold_strong": strong, "threshold_low": low}
    return {**_row(real, fake, limits), **limits, "fakes_below_low": _share(fake < low), **_sigmoid(real, fake, len(real), len(fake))}


def _sigmoid(real: np.ndarray, fake: np.ndarray, n_real: int, n_fake: int) -> dict[str, Any]:
    """Platt's sigmoid, and how far it may be believed.

    No probability can be surer than the number of pictures behind it: of n real pictures that all score lower, Laplace's rule of
    succession expects the next one to score so high with 1 / (n + 2). As odds that is n + 1 to 1, so the likelihood ratio is
    capped at about the number of real pictures, and below at one over the number of generated ones. Validation likelihood ratios
    beyond what the data can show are extrapolations of the sigmoid's tails, in which nothing was observed.
    """
    a, b = platt(real, fake)
    return {"platt": {"a": round(a, 5), "b": round(b, 5)}, "range": [round(1 / (n_fake + 2), 4), round(1 - 1 / (n_real + 2), 4)]}


def _share(holds: np.ndarray) -> float:
    return round(float(holds.mean()), 4)


def reliability(scored: list[Scored], rule: str, calibrated: dict[str, Any], bins: int = 10) -> dict[str, list[dict[str, Any]]]:
    """The reliability diagram: per condition and range of probabilities, the mean one that was stated and the share that came true.

    Both classes count the same, as in the fit. To mean anything the pictures must not be those that the sigmoid was fitted to.
    """
    table = {}
    for condition in CONDITIONS:
        fitted = calibrated["conditions"][condition]
        real, fake = (_probabilities(of_class(scored, label, condition, rule), fitted) for label in (0, 1))
        table[condition] = [row for i in range(bins) if (row := _bin(real, fake, i / bins, (i + 1) / bins))]
    return table


def _probabilities(logits: np.ndarray, fitted: dict[str, Any]) -> np.ndarray:
    exponent = np.clip(fitted["platt"]["a"] * logits + fitted["platt"]["b"], -700, 700)
    return np.clip(1 / (1 + np.exp(-exponent)), *fitted["range"])


def _bin(real: np.ndarray, fake: np.ndarray, low: float, high: float) -> dict[str, Any] | None:
    r, f = (p[(p >= low) & ((p < high) | (high == 1))] for p in (real, fake))
    if not len(r) + len(f):
        return None
    weights = len(r) / max(1, len(real)), len(f) / max(1, len(fake))
    stated = (r.mean() * weights[0] if len(r) else 0.0) + (f.mean() * weights[1] if len(f) else 0.0)
    total = sum(weights)
    return {
        "from": low,
        "to": high,
        "n_real": len(r),
        "n_fake": len(f),
        "stated": round(float(stated / total), 4),
        "came_true": round(weights[1] / total, 4),
    }


def platt(real: np.ndarray, fake: np.ndarray, steps: int = 50) -> tuple[float, float]:
    """Fit `1 / (1 + exp(-(a * logit + b)))` by Newton's method, both classes counting the same, a never negative."""
    x = np.concatenate([real, fake]).astype(np.float64)
    centre, spread = x.mean(), x.std() or 1.0
    design = np.stack([(x - centre) / spread, np.ones_like(x)], 1)
    # Platt's smoothed targets keep the fit finite when the classes separate.
    target = np.concatenate([np.full(len(real), 1 / (len(real) + 2)), np.full(len(fake), (len(fake) + 1) / (len(fake) + 2))])
    weight = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))])
    theta = np.zeros(2)
    for _ in range(steps):
        p = 1 / (1 + np.exp(-np.clip(design @ theta, -30, 30)))
        gradient = design.T @ (weight * (p - target))
        curvature = (design * (weight * p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        theta -= np.clip(np.linalg.solve(curvature, gradient), -2, 2)
    a = max(0.0, theta[0] / spread)
    return float(a), float(theta[1] - theta[0] * centre / spread) if a else 0.0


def figures(scored: list[Scored], calibrated: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Per condition and rule: counts, AUC, and what is found at which false alarms, at the limits of the condition."""
    return {
        c: {rule: _row(of_class(scored, 0, c, rule), of_class(scored, 1, c, rule), limits_in(calibrated[rule], c)) for rule in RULES}
        for c in CONDITIONS
    }


def limits_in(calibrated: dict[str, Any], condition: str) -> dict[str, Any]:
    """The limits that a verdict holds a score of this condition against."""
    return calibrated.get("conditions", {}).get(condition, calibrated)


def _row(real: np.ndarray, fake: np.ndarray, thresholds: dict[str, Any]) -> dict[str, Any]:
    row = {"n_real": len(real), "n_fake": len(fake), "auc": area_under_curve(real, fake)}
    row["tpr_at_5pct_fpr"] = (fake >= threshold_at(real, ALARMS_TABLE)).mean()
    for name in ("some", "strong"):
        threshold = thresholds[f"threshold_{name}"]
        row[f"tpr_at_{name}"], row[f"fpr_at_{name}"] = (fake >= threshold).mean(), (real >= threshold).mean()
    return {key: value if isinstance(value, int) else round(float(value), 4) for key, value in row.items()}


def by_size(scored: list[Scored], calibrated: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """native only: its logits grow with the number of places, so false alarms depend on the size of the picture."""
    table: dict[str, dict[str, Any]] = {}
    for low, high in SIZES:
        group = [s for s in scored if low <= s.side < high]
        table[f"{low}-{high - 1} px"] = {c: _size_row(group, c, limits_in(calibrated["native"], c)["threshold_some"]) for c in CONDITIONS}
    return table


def _size_row(group: list[Scored], condition: str, threshold: float) -> dict[str, Any]:
    real, fake = (of_class(group, label, condition, "native") for label in (0, 1))
    return {
        "n_real": len(real),
        "n_fake": len(fake),
        "median_real": round(float(np.median(real)), 3) if len(real) else None,
        "fpr_at_some": round(float((real >= threshold).mean()), 4) if len(real) else None,
        "tpr_at_some": round(float((fake >= threshold).mean()), 4) if len(fake) else None,
    }


def by_source(scored: list[Scored], rule: str, calibrated: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Per generator and collection: how many pictures, and the share at or above the limit under each condition."""
    limits = {c: limits_in(calibrated, c)["threshold_some"] for c in CONDITIONS}
    table: dict[str, dict[str, Any]] = {}
    for label, name in ((0, "real"), (1, "fake")):
        for source in sorted({s.source for s in scored if s.label == label}):
            rows = [s for s in scored if s.label == label and s.source == source]
            shares = {c: round(float(np.mean([s.logits[c][rule] >= limits[c] for s in rows])), 3) for c in CONDITIONS}
            table[f"{name}/{source}"] = {"n": len(rows), **shares}
    return table
