"""The report of many pictures, from the rows that a batch keeps: `Score.as_dict()` per file and detector."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from forensics_ui.core.settings import Settings
from forensics_ui.report.build import named, score_part, seconds_of
from forensics_ui.report.clean import one_line
from forensics_ui.report.model import Case, PictureEntry, Report, Section, Skipped
from forensics_ui.report.provenance import detector_entries, versions
from forensics_ui.report.words import batch_answer, limits, propositions

OF_ENTRY = (
    "sha256",
    "bytes",
    "format",
    "declared_type",
    "detected_type",
    "width",
    "height",
    "complete",
    "condition",
    "condition_note",
    "facts",
    "file_says",
)
BINS = 24


def batch_report(
    rows: Iterable[Mapping[str, Any]],
    skipped: Iterable[tuple[str, str]] = (),
    *,
    settings: Settings,
    title: str = "Report on a batch",
    case: Case | None = None,
    command: Sequence[str] = (),
    weights: Mapping[str, str] | None = None,
    thumbnails: Mapping[str, bytes] | None = None,
) -> Report:
    """The report of scored rows, in any order, and of (path, reason) pairs that were not scored.

    A row can carry more than a score: bytes, declared_type, detected_type, complete, condition, condition_note, facts. `weights` names what was
    chosen per detector; `thumbnails` are PNG bytes by the SHA-256 of the picture they show.
    """
    by_path: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_path.setdefault(str(row["path"]), []).append(row)
    images: dict[str, bytes] = {}
    # Sorted, so that the order in which workers finish does not show.
    files = tuple(_entry(path, _in_order(by_path[path]), thumbnails or {}, images) for path in sorted(by_path))
    scores = [row for path in sorted(by_path) for row in _in_order(by_path[path])]
    entries = detector_entries(scores, settings, weights)
    left = tuple(Skipped(one_line(path), one_line(reason)) for path, reason in sorted(skipped))
    return Report(
        kind="batch",
        title=title,
        answer=batch_answer(scores, {entry.name: entry.title for entry in entries}, len(files), len(left)),
        case=case or Case(),
        propositions=propositions(entries),
        limits=limits(entries),
        command=tuple(command),
        detectors=entries,
        files=files,
        skipped=left,
        sections=tuple(section for section in (histogram(scores),) if section),
        seconds=seconds_of(scores),
        images=images,
        **versions(settings),
    )


def _in_order(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: (str(row.get("detector")), str(row.get("input_rule"))))


def _entry(path: str, rows: Sequence[Mapping[str, Any]], thumbnails: Mapping[str, bytes], images: dict[str, bytes]) -> PictureEntry:
    known = {name: next((row[name] for row in rows if row.get(name) is not None), None) for name in OF_ENTRY}
    # A file that could not be opened has no score of any detector: its reason belongs to the file.
    refused = next((row for row in rows if row.get("error")), None) if all(row.get("error") for row in rows) else None
    parts = {score: value for score, value in known.items() if value is not None or score == "sha256"}
    shown = _thumbnail(known["sha256"], thumbnails, images)
    if refused:
        return PictureEntry(**named(path), **parts, error=refused["error"], error_code=refused.get("error_code"), preview=shown)
    return PictureEntry(**named(path), **parts, scores=tuple(_score(row) for row in rows), preview=shown)


def _score(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in score_part(row).items() if key not in OF_ENTRY}


def _thumbnail(sha256: str | None, thumbnails: Mapping[str, bytes], images: dict[str, bytes]) -> str | None:
    data = thumbnails.get(sha256 or "")
    if data is None:
        return None
    name = hashlib.sha256(data).hexdigest()
    images[name] = data
    return name


def histogram(scores: Iterable[Mapping[str, Any]]) -> Section | None:
    """How often each logit occurs, one set of bars a detector on a common axis; None where nothing was scored."""
    logits: dict[str, list[float]] = {}
    for score in scores:
        if score.get("logit") is not None:
            logits.setdefault(f"{score['detector']} ({score['input_rule']})", []).append(float(score["logit"]))
    if not logits:
        return None
    every = np.concatenate([np.asarray(values) for values in logits.values()])
    low, high = float(every.min()), float(every.max())
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    lines = {name: tuple(int(n) for n in np.histogram(values, edges)[0]) for name, values in sorted(logits.items())}
    curve = {
        "title": "Distribution of the scores",
        "x_label": "logit",
        "y_label": "pictures",
        "x": [float(x) for x in (edges[:-1] + edges[1:]) / 2],
        "lines": lines,
        "thresholds": {},
        "logarithmic": False,
        "bars": True,
        "every": 1,
    }
    return Section("histogram", "Scores", sentences=("How many pictures have which logit. Larger speaks for generation.",), curves=(curve,))
