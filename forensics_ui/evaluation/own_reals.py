"""Score a folder of trusted photographs once, and store what the verdicts can be judged by: their logits, by condition."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from forensics_ui.batch import BatchRun, Plan, Progress, Source, make_plan
from forensics_ui.batch.run import now
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.workbench import Workbench

RULES: tuple[InputRule, ...] = ("native", "crop")
RUNS = "own_reals_runs"
Tell = Callable[[Progress], None]
Rows = list[dict[str, Any]]


def measure_own_reals(
    workbench: Workbench,
    folder: Path,
    name: str,
    detectors: Sequence[str],
    rules: Sequence[InputRule] = RULES,
    weights: str | None = None,
    *,
    tell: Tell | None = None,
    stopped: Callable[[BatchRun], None] = lambda run: None,
) -> ReferenceSet:
    """Score every picture of the folder and store the set under the name; gives it. A run that was cut off goes on where it was.

    `stopped` is given each run before it begins, so that whoever started it can cancel it.
    """
    own_reals.checked_name(name)
    source = Source.of(folder)
    if source.folder is None:
        raise ForensicsError(f"{folder.name!r} is a file; name a folder of photographs.")
    parts: list[dict[str, Any]] = []
    seen: set[str] = set()
    failed: Counter[str] = Counter()
    for rule in rules:
        plan, rows = _scored(workbench, source, detectors, rule, weights, tell, stopped)
        unique = list({row["sha256"]: row for row in rows if row["sha256"]}.values())
        seen |= {row["sha256"] for row in unique if not row["error"]}
        failed = Counter(row["error"] for row in rows if row["error"])
        parts += [_part(choice, rule, unique) for choice in plan.choices]
    if not any(part["logits"] for part in parts):
        raise ForensicsError(f"No photograph in {source.folder.name!r} could be scored.")
    own = {
        "name": name,
        "folder": source.folder.name,
        "made": now(),
        "pictures": len(seen),
        "pictures_sha256": hashlib.sha256("\n".join(sorted(seen)).encode()).hexdigest(),
        "failed": dict(failed),
        "parts": parts,
    }
    return own_reals.save(own, workbench.settings.data_dir)


def _scored(
    workbench: Workbench,
    source: Source,
    detectors: Sequence[str],
    rule: InputRule,
    weights: str | None,
    tell: Tell | None,
    stopped: Callable[[BatchRun], None],
) -> tuple[Plan, Rows]:
    plan = make_plan(workbench, source, detectors, rule, {detectors[0]: weights} if weights else None)
    runs = workbench.settings.data_dir / RUNS
    run = BatchRun(workbench, plan, runs / f"{plan.identity()}.journal", tell, exclude=(workbench.settings.data_dir,))
    stopped(run)
    ended = run.run()
    if ended.state != "finished":
        raise ForensicsError(ended.reason or "Stopped. Started again, it goes on from there.")
    return plan, list(run.rows.each())


def _part(choice: Any, rule: InputRule, rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """One detector, its weights and one rule."""
    logits: dict[str, list[float]] = {}
    left_out: Counter[str] = Counter()
    longest = 0
    for row in rows:
        logit, why = _logit(row, choice.detector)
        if logit is None:
            left_out[why] += 1
            continue
        logits.setdefault(row["facts"]["condition"], []).append(round(logit, 6))
        longest = max(longest, row["width"], row["height"])
    return {
        "detector": choice.detector,
        "weights": choice.weights,
        "weights_sha256": choice.weights_sha256,
        "rule": rule,
        "precision": choice.precision,
        "largest_side": longest,
        "logits": {condition: sorted(values) for condition, values in sorted(logits.items())},
        "left_out": dict(left_out),
    }


def _logit(row: Mapping[str, Any], detector: str) -> tuple[float | None, str]:
    """The logit of a row that can count, or why it cannot."""
    if row["error"]:
        return None, row["error"]
    score = row["scores"].get(detector) or {}
    logit = score.get("logit")
    if logit is None or not math.isfinite(logit):
        return None, score.get("error") or "; ".join(score.get("reasons") or ["it was not scored"])
    if row["facts"].get("complete", 1) < 1:
        return None, "the picture is incomplete"
    if row["facts"]["condition"].startswith("jpeg") and (row["facts"].get("jpeg") or {}).get("quality") is None:
        return None, "saved with loss in a way that is not measured (only JPEG is)"
    return float(logit), ""
