"""An evaluation as the page gets it: warnings and plain words first, then the papers' table, then everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.evaluation.cells import Measured
from forensics_ui.evaluation.files import file_names
from forensics_ui.evaluation.plain import GLOSSARY, alarm_words, plain_words
from forensics_ui.evaluation.report import confounds_section, confusion_table, curve_of, published_table
from forensics_ui.evaluation.table import COLUMNS, figure_cells
from forensics_ui.evaluation.verdict_words import VERDICT_TITLE, verdict_columns, verdict_lines, verdict_parts, verdict_sentences
from forensics_ui.ui.batch_shown import title_of
from forensics_ui.ui.text import sentence
from forensics_ui.words import say
from forensics_ui.words.evaluation import is_loud

FAILED = 40
RANGES = " The small range under a figure is where 95 % of {} bootstrap resamples fell, reals and fakes drawn apart (seed {})."
CURVES = ("roc", "pr")


def judged(record: Mapping[str, Any]) -> dict[str, Any]:
    """The whole record in the order in which it is read."""
    said = [(Reason.from_dict(told), line) for told, line in zip(record["warning_codes"], record["warnings"], strict=True)]
    return {
        "alarm": alarm_words(record["confounds"]),
        "alarms": [sentence(say(reason)) for reason, _ in said if is_loud(reason)],
        "notes": [line for reason, line in said if not is_loud(reason)],
        "detectors": [_detector(each) for each in record["detectors"]],
        "files_alone": _section(record["confounds"]),
        "glossary": GLOSSARY + (RANGES.format(record["resamples"], record["seed"]) if record["resamples"] else ""),
        "preset": record["preset"] and record["preset"]["title"],
        "counts": record["files"],
        "failed": record["failed"][:FAILED],
        "files": file_names(record),
    }


def _detector(detector: Mapping[str, Any]) -> dict[str, Any]:
    title, line = title_of(detector["detector"]), detector["threshold"]
    drawn = "one line for each generator" if line["value"] is None else f"a logit of {line['value']:+.4f}"
    return {
        "name": detector["detector"],
        "title": title,
        "words": plain_words(detector, title),
        "line": f"Flagged from {drawn} on: {line['origin']}.",
        "cheating": line["cheating"],
        "table": _table(detector),
        "by_verdict": _by_verdict(detector),
        "more": [confusion_table(detector["generators"]), *(published_table(detector, each) for each in detector["published"])],
        "curves": [_with_guessing(curve, kind) for kind in CURVES if (curve := curve_of(detector, kind))],
    }


def _with_guessing(curve: dict[str, Any], kind: str) -> dict[str, Any]:
    return {**curve, "lines": {**curve["lines"], "guessing": curve["x"]}} if kind == "roc" else curve


def _table(detector: Mapping[str, Any]) -> dict[str, Any]:
    """As the papers print it: a line for each generator, the mean last."""
    rows = [(row["name"], row) for row in detector["generators"]]
    foot = [("Mean", detector["mean"]), ("All together", detector["together"])]
    return {"columns": ["Generator", "real", "fake", *COLUMNS.values()], "rows": _lines(rows), "foot": _lines(foot)}


def _by_verdict(detector: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the app says of the same pictures, where the line is the card's."""
    if "by_verdict" not in detector:
        return None
    rows, foot = ([_plain(row) for row in verdict_lines(part)] for part in verdict_parts(detector))
    table = {"title": VERDICT_TITLE, "columns": ["Generator", *verdict_columns(detector)[1:]], "rows": rows, "foot": foot}
    return {**table, "words": verdict_sentences(detector)}


def _lines(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[Any]]:
    return [_plain([name, row.get("n_real"), row.get("n_fake"), *figure_cells(row)]) for name, row in rows]


def _plain(cells: Sequence[Any]) -> list[Any]:
    """Cells as JSON: a figure with its interval in its parts."""
    return [asdict(cell) if isinstance(cell, Measured) else cell for cell in cells]


def _section(found: Mapping[str, Any]) -> dict[str, Any]:
    section = asdict(confounds_section(found))
    return {"sentence": sentence(say(Reason.from_dict(found["reason"]))), "tables": section["tables"], "alarm": bool(found["alarm"])}
