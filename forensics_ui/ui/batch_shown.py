"""A batch as the page gets it: plain JSON, no path but those that name a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from forensics_ui.batch.manager import BatchInfo
from forensics_ui.batch.rows import Rows
from forensics_ui.batch.scan import Preview
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import BANDS, INPUT_RULES
from forensics_ui.detectors import DETECTORS
from forensics_ui.evaluation.presets import PRESETS
from forensics_ui.evaluation.table import COLUMNS
from forensics_ui.report import REPORTS
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.ui.batch_places import allowed, outside, roots
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.text import sentence
from forensics_ui.ui.words import RULES, TONES
from forensics_ui.verdict.several import disagreement
from forensics_ui.weightstore.manifest import card_of

BINS = 40
EXAMPLES = 40


def choices(desk: BatchDesk) -> dict[str, Any]:
    """What can be chosen for a new batch."""
    folders = allowed(desk.settings)
    return {
        "detectors": [_detector(one) for one in describe(desk.bench)],
        "rules": [{"name": name, "title": RULES[name][0], "words": RULES[name][1]} for name in INPUT_RULES],
        "bands": [{"name": band, "tone": TONES[band]} for band in BANDS],
        "formats": REPORTS.names(),
        "figures": list(COLUMNS.values()),
        "presets": [{"name": preset.name, "title": preset.title, "rule": preset.rule} for preset in PRESETS.values()],
        "folders": folders,
        "roots": [str(root) for root in roots(desk.settings)],
        "no_folders": "" if folders else outside(desk.settings),
        "limit": desk.settings.limits.file_bytes,
    }


def _detector(one: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: one[name] for name in ("name", "title", "looks_at", "usable", "rules")}
    return {**kept, "why_not": "" if one["usable"] else sentence(one["sentence"]), "slow": DETECTORS.get(one["name"]).spec.slow_on_cpu}


def brief(desk: BatchDesk, info: BatchInfo) -> dict[str, Any]:
    """One batch as the list shows it."""
    progress = asdict(info.progress)
    del progress["last"]
    dropped = desk.drops.of(info.plan.get("folder"))
    return {
        "id": info.id,
        "title": info.title,
        "where": "dropped on this page" if dropped else str(info.plan.get("folder") or "files picked one by one"),
        "dropped": bool(dropped),
        "started": info.started,
        "ended": info.ended,
        "rule": info.plan.get("input_rule", ""),
        "detectors": [
            {"name": choice["detector"], "title": title_of(choice["detector"]), "weights": choice["weights"]} for choice in info.plan["detectors"]
        ],
        "progress": {**progress, "over": info.progress.over or info.progress.state == "interrupted"},
    }


def title_of(detector: str) -> str:
    """How a detector is called on the screen."""
    return DETECTORS.get(detector).spec.title if detector in DETECTORS else detector


def whole(desk: BatchDesk, info: BatchInfo) -> dict[str, Any]:
    """One batch with what stands over its table."""
    rows = desk.manager.rows(info.id)
    return {
        **brief(desk, info),
        "verdicts": rows.verdicts(),
        "histograms": [_histogram(desk, rows, choice, info.plan["input_rule"]) for choice in info.plan["detectors"]],
    }


def _histogram(desk: BatchDesk, rows: Rows, choice: Mapping[str, Any], rule: str) -> dict[str, Any]:
    found = rows.histogram(choice["detector"], BINS)
    # Limits that were measured for other bytes say nothing about these.
    of = choice["weights"], choice["weights_sha256"], choice["detector"]
    calibration = card_of(*of, desk.settings.weights_dir, choice["asked"]).calibration.get(rule)
    limits = {name: getattr(calibration.pooled, name) for name in ("low", "some", "strong")} if calibration else {}
    return {**found, "title": title_of(choice["detector"]), "limits": limits}


def row(found: Mapping[str, Any]) -> dict[str, Any]:
    """One line of the table."""
    facts = found["facts"]
    kept = {name: found[name] for name in ("path", "state", "bytes", "sha256", "format", "width", "height", "error")}
    jpeg = facts.get("jpeg") or {}
    scores = {
        name: {key: score.get(key) for key in ("logit", "probability", "verdict", "error", "reasons")} for name, score in found["scores"].items()
    }
    return {
        **kept,
        "quality": jpeg.get("quality"),
        "standard": jpeg.get("tables") == "standard",
        "mismatch": bool(facts.get("type_mismatch")),
        "generators": len(facts.get("generators") or ()),
        "incomplete": facts.get("complete", 1) < 1,
        "disagreement": disagreement({title_of(name): score["verdict"] for name, score in scores.items() if score["verdict"]}),
        "scores": scores,
    }


def previewed(found: Preview) -> dict[str, Any]:
    """What would be scored, and what not."""
    told = asdict(found)
    told["examples"] = [{"path": one.path, "reason": one.reason} for one in found.examples[:EXAMPLES]]
    return told


def checked_formats(name: str) -> str:
    """The suffix of a report format; ForensicsError where there is none of that name."""
    if name not in REPORTS:
        raise ForensicsError("There is no such report.")
    return REPORTS.get(name)().suffix
