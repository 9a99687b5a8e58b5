"""What else tells the classes apart: format, size and compression alone, without a look at a single pixel.

If PNG means fake in a test set, a detector that recognises PNG looks perfect on it. So the same figure, AUC, is given
for every fact of the files and for all of them together; where it is high, the detector's figures prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from forensics_ui.core.reasons import Reason, doubt, fact
from forensics_ui.evaluation.metrics import measure
from forensics_ui.words.evaluation import FACTS, line_of

ALARM_AUC, ALARM_BOUND = 0.65, 0.55
FEWEST = 5  # of each class; with fewer, everything separates something
MOST = 2000  # of each class are looked at
FOLDS = 5
LOSSLESS = {"PNG": True, "BMP": True, "GIF": True, "JPEG": False}
CATEGORIES = ("format", "chroma_subsampling", "pixel_mode")


def file_facts(format: str, width: int, height: int, byte_count: int, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts of one file that could give its label away; None where a fact does not exist."""
    jpeg = facts.get("jpeg") or {}
    return {
        "format": format,
        "lossless": LOSSLESS.get(format, facts.get("lossless")),
        "width": width,
        "height": height,
        "pixels": width * height,
        "shape": round(width / height, 4),
        "sides_of_64": width % 64 == 0 and height % 64 == 0,
        "bytes": byte_count,
        "bytes_per_pixel": round(byte_count / (width * height), 5),
        "jpeg_quality": jpeg.get("quality"),
        "chroma_subsampling": jpeg.get("subsampling"),
        "progressive": jpeg.get("progressive"),
        "pixel_mode": facts.get("mode"),
        "metadata": _has_metadata(facts, jpeg),
    }


def _has_metadata(facts: Mapping[str, Any], jpeg: Mapping[str, Any]) -> bool:
    """Anything written beside the pixels: EXIF or XMP segments, an orientation, a profile, a program's name, a C2PA manifest."""
    segments = any(str(each).startswith("APP1 ") for each in jpeg.get("applications") or ())
    c2pa = (facts.get("c2pa") or {}).get("state", "absent") != "absent"
    return bool(segments or c2pa or facts.get("orientation") or facts.get("icc") or facts.get("software") or facts.get("generators"))


def confounds(facts: Sequence[Mapping[str, Any]], labels: Sequence[int], *, resamples: int = 1000, seed: int = 0) -> dict[str, Any]:
    """The AUC that each fact alone reaches, and all together; `alarm` names those that separate the classes."""
    chosen = _some_of_each(np.asarray(labels), seed)
    y = np.asarray(labels)[chosen]
    n_real, n_fake = int((y == 0).sum()), int((y == 1).sum())
    result: dict[str, Any] = {"n_real": n_real, "n_fake": n_fake, "facts": {}, "alarm": []}
    if min(n_real, n_fake) < FEWEST:
        return result | _told(fact("too_few_files", n_real=n_real, n_fake=n_fake))
    rows = [facts[i] for i in chosen]
    names = [name for name in FACTS if name != "all" and len({row.get(name) for row in rows}) > 1]
    # Each of so many looks may be fooled by chance, so each gets its share of the 5 %.
    level = 1 - 0.05 / (len(names) + 1)
    for name in names:
        if (score := _scores_of(name, rows, y, seed)) is not None:
            result["facts"][name] = _separation(score, y, resamples, seed, level, fitted=name in CATEGORIES)
    if names:
        result["facts"]["all"] = _separation(_together(names, rows, y, seed), y, resamples, seed, level, fitted=True)
    result["facts"] = dict(sorted(result["facts"].items(), key=lambda item: -item[1]["auc"]))
    result["alarm"] = [name for name, found in result["facts"].items() if found["alarm"]]
    return result | _told(_reason(result))


def _reason(result: dict[str, Any]) -> Reason:
    if not result["alarm"]:
        return fact("no_fact_separates")
    return doubt("facts_separate", found=[[name, result["facts"][name]["auc"]] for name in result["alarm"]])


def _told(reason: Reason) -> dict[str, Any]:
    return {"sentence": line_of(reason), "reason": reason.as_dict()}


def _some_of_each(labels: np.ndarray, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    parts = [np.flatnonzero(labels == label) for label in (0, 1)]
    return np.sort(np.concatenate([part if len(part) <= MOST else rng.choice(part, MOST, replace=False) for part in parts]))


def _separation(score: np.ndarray, y: np.ndarray, resamples: int, seed: int, level: float, fitted: bool) -> dict[str, Any]:
    """AUC with its interval; a fact may point either way, a fitted score only up. Files that lack the fact are left out."""
    known = ~np.isnan(score)
    figures = measure(score[known & (y == 0)], score[known & (y == 1)], 0.0, resamples=resamples, seed=seed)
    auc, bounds = figures.values["auc"], figures.intervals(level)["auc"] or [0.0, 1.0]
    if auc < 0.5 and not fitted:
        auc, bounds = 1 - auc, [1 - bounds[1], 1 - bounds[0]]
    return {"auc": round(auc, 4), "interval": [round(each, 4) for each in bounds], "alarm": bool(auc >= ALARM_AUC and bounds[0] > ALARM_BOUND)}


def _scores_of(name: str, rows: Sequence[Mapping[str, Any]], y: np.ndarray, seed: int) -> np.ndarray | None:
    """One number per file; None if too few files of a class have the fact."""
    if name in CATEGORIES:
        return _share_of_fakes([str(row.get(name)) for row in rows], y, seed)
    score = np.array([np.nan if row.get(name) is None else float(row[name]) for row in rows])
    known = ~np.isnan(score)
    return score if min((known & (y == label)).sum() for label in (0, 1)) >= FEWEST else None


def _share_of_fakes(values: list[str], y: np.ndarray, seed: int) -> np.ndarray:
    """How fake a value is in the other folds, so that a value that occurs once tells nothing about itself."""
    _, code = np.unique(values, return_inverse=True)
    score, total = np.zeros(len(y)), np.bincount(code)
    for train, test in _folds(y, seed):
        of_value = np.bincount(code[train], minlength=len(total))
        fakes = np.bincount(code[train], weights=y[train], minlength=len(total))
        share = (fakes + y[train].mean()) / (of_value + 1)
        score[test] = share[code[test]]
    return score


def _together(names: Sequence[str], rows: Sequence[Mapping[str, Any]], y: np.ndarray, seed: int) -> np.ndarray:
    """What boosted trees make of all facts, each file judged by trees that never saw it."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    table = np.empty((len(rows), len(names)))
    for column, name in enumerate(names):
        values = [row.get(name) for row in rows]
        if name in CATEGORIES:
            # More values than the trees take as categories do not occur; the rest would share the last code.
            table[:, column] = np.minimum(np.unique([str(v) for v in values], return_inverse=True)[1], 200)
        else:
            table[:, column] = [np.nan if v is None else float(v) for v in values]
    score = np.zeros(len(y))
    for train, test in _folds(y, seed):
        trees = HistGradientBoostingClassifier(
            max_iter=50,
            max_leaf_nodes=8,
            min_samples_leaf=min(20, max(2, len(train) // 10)),
            early_stopping=False,
            categorical_features=[name in CATEGORIES for name in names],
            random_state=seed,
        )
        # Tables this small gain nothing from threads that wait for each other.
        with threadpool_limits(1):
            score[test] = trees.fit(table[train], y[train]).decision_function(table[test])
    return score


def _folds(y: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    from sklearn.model_selection import StratifiedKFold

    splitter = StratifiedKFold(min(FOLDS, int(np.bincount(y).min())), shuffle=True, random_state=seed)
    return list(splitter.split(y[:, None], y))
