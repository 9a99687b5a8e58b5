"""The rows of one detector's table: each generator, their mean as the papers print it, and all pictures together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forensics_ui.evaluation.folders import Group
from forensics_ui.evaluation.metrics import Figures, confusion, curves, mean_of, measure
from forensics_ui.evaluation.scoring import ScoredFolder
from forensics_ui.evaluation.thresholds import Threshold
from forensics_ui.evaluation.verdicts import verdict_rows

if TYPE_CHECKING:
    from forensics_ui.evaluation.evaluate import Request

DECIMALS = 6


def detector_rows(detector: str, line: Threshold, scored: ScoredFolder, groups: Sequence[Group], request: Request) -> dict[str, Any]:
    """Everything that is said of one detector."""
    measured = {group.name: _generator(detector, line, scored, group, request) for group in groups}
    return {
        "detector": detector,
        **scored.made_by[detector],
        "threshold": line.as_dict(),
        "generators": [row for row, _ in measured.values()],
        "mean": mean_of([figures for _, figures in measured.values()]),
        "together": _together(detector, line, scored, groups, request),
        "published": _published(detector, request),
        **({"by_verdict": verdict_rows(detector, scored, groups, request)} if request.by_card else {}),
    }


def _generator(detector: str, line: Threshold, scored: ScoredFolder, group: Group, request: Request) -> tuple[dict[str, Any], Figures]:
    real, real_paths = _logits(detector, scored, group.real)
    fake, fake_paths = _logits(detector, scored, group.fake)
    threshold = line.for_scores(real, fake)
    pools = ("\n".join(real_paths), "\n".join(fake_paths))
    figures = measure(real, fake, threshold, resamples=request.resamples, seed=request.seed, pools=pools)
    row = {
        "name": group.name,
        "n_real": len(real),
        "n_fake": len(fake),
        "reals_shared_by": group.shared_by,
        "threshold": threshold,
        "figures": figures.values,
        "intervals": figures.intervals(),
        "confusion": confusion(real, fake, threshold),
        "not_scored": _not_scored(detector, scored, group),
        "curves": curves(real, fake),
    }
    return row, figures


def _logits(detector: str, scored: ScoredFolder, paths: Sequence[str]) -> tuple[list[float], list[str]]:
    kept = [path for path in paths if detector in scored.pictures[path].logits]
    return [scored.pictures[path].logits[detector] for path in kept], kept


def _not_scored(detector: str, scored: ScoredFolder, group: Group) -> dict[str, dict[str, int]]:
    """How many of each class count in no figure, by reason."""
    told = {}
    for label, paths in (("real", group.real), ("fake", group.fake)):
        files = [scored.pictures[path] for path in paths if detector not in scored.pictures[path].logits]
        told[label] = dict(Counter(file.error or file.reasons.get(detector, "it was not scored") for file in files))
    return told


def _together(detector: str, line: Threshold, scored: ScoredFolder, groups: Sequence[Group], request: Request) -> dict[str, Any]:
    """All pictures in one heap, each content of a class once."""
    scores = []
    for paths in ([p for g in groups for p in g.real], [p for g in groups for p in g.fake]):
        files = {scored.pictures[path].sha256: scored.pictures[path] for path in paths if detector in scored.pictures[path].logits}
        scores.append([file.logits[detector] for file in files.values()])
    real, fake = scores
    threshold = line.for_scores(real, fake)
    figures = measure(real, fake, threshold, resamples=request.resamples, seed=request.seed)
    return {
        "n_real": len(real),
        "n_fake": len(fake),
        "threshold": threshold,
        "figures": figures.values,
        "intervals": figures.intervals(),
        "confusion": confusion(real, fake, threshold),
        "curves": curves(real, fake),
    }


def _published(detector: str, request: Request) -> list[dict[str, Any]]:
    if request.preset is None:
        return []
    rows = request.preset.published(detector)
    same_rule = request.rules[detector] == request.preset.rule_for(detector)
    return [{"source": row.source, "rows": dict(row.rows), "mean": row.mean, "same_input_rule": same_rule} for row in rows]


def rounded(value: Any) -> Any:
    """JSON-ready: what is not a number becomes null, all others are cut to what was measured."""
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value
