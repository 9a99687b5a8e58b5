"""The record as text, in percent and with the columns of the papers' tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics_ui.evaluation.cells import Measured, measured, percent
from forensics_ui.evaluation.plain import plain_words
from forensics_ui.evaluation.presets import PRESETS
from forensics_ui.evaluation.verdict_words import VERDICT_TITLE, verdict_columns, verdict_lines, verdict_parts, verdict_sentences
from forensics_ui.report.clean import one_line

COLUMNS = {
    "acc": "Acc.",
    "ap": "A.P.",
    "auc": "AUC",
    "real_acc": "real acc.",
    "fake_acc": "fake acc.",
    "tpr_at_1pct_fpr": "found@1%",
    "tpr_at_5pct_fpr": "found@5%",
}
WITH_INTERVAL = ("acc", "ap", "auc")
LONGEST_NAME = 40


def as_text(record: Mapping[str, Any]) -> str:
    """The whole evaluation: warnings, plain words, tables."""
    parts = ["\n".join(f"! {one_line(each)}" for each in record["warnings"])]
    for detector in record["detectors"]:
        parts += [_head(detector, record), "\n".join(plain_words(detector)), _table(detector), *_by_verdict(detector), *_beside_published(detector)]
    parts.append(_foot(record))
    return "\n\n".join(part for part in parts if part)


def _head(detector: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    line = detector["threshold"]
    where = f"{record['preset']['title']} ({record['preset']['table']})" if record["preset"] else one_line(record["folder"])
    drawn = "one for each generator" if line["value"] is None else f"{line['value']:+.4f}"
    return (
        f"{where}\n{detector['detector']}, weights {detector['weights']} (SHA-256 {detector['weights_sha256'][:12]}), input rule "
        f"{detector['input_rule']}, {detector['precision']} on {detector['device']}\nfake from a logit of: {drawn} ({line['origin']})"
    )


def _table(detector: Mapping[str, Any]) -> str:
    rows = [_line(row["name"], row["n_real"], row["n_fake"], row) for row in detector["generators"]]
    together = detector["together"]
    return _aligned(
        [
            ["generator", "real", "fake", *COLUMNS.values()],
            *rows,
            _line("Mean", "", "", detector["mean"]),
            _line("all together", together["n_real"], together["n_fake"], together),
        ]
    )


def _by_verdict(detector: Mapping[str, Any]) -> Iterator[str]:
    """What the app says of the same pictures, where that is told."""
    if sentences := verdict_sentences(detector):
        generators, overall = verdict_parts(detector)
        lines = [
            [one_line(name, LONGEST_NAME), *("" if cell is None else str(cell) for cell in cells)]
            for name, *cells in verdict_lines([*generators, *overall])
        ]
        yield f"{VERDICT_TITLE}\n{_aligned([verdict_columns(detector), *lines])}"
        yield "\n".join(sentences)


def _line(name: str, real: Any, fake: Any, row: Mapping[str, Any]) -> list[str]:
    return [one_line(name, LONGEST_NAME), str(real), str(fake), *map(str, figure_cells(row))]


def figure_cells(row: Mapping[str, Any]) -> list[str | Measured]:
    """The cells under `COLUMNS`; the intervals of all figures stand in the record, those of the main ones here."""
    return [measured(row["figures"][key], row["intervals"][key] if key in WITH_INTERVAL else None) for key in COLUMNS]


def _beside_published(detector: Mapping[str, Any]) -> Iterator[str]:
    """Measured and printed figures side by side; a dash where a figure is missing on either side."""
    here = {row["name"]: row["figures"] for row in detector["generators"]}
    for published in detector["published"]:
        lines = [["beside " + published["source"], "Acc.", "printed", "A.P.", "printed"]]
        lines += [[name, *_pairs(here.get(name, {}), printed)] for name, printed in published["rows"].items()]
        whole = len(here) == len(published["rows"])
        lines.append(["Mean", *_pairs(detector["mean"]["figures"] if whole else {}, published["mean"])])
        yield _aligned(lines)


def _pairs(here: Mapping[str, float | None], printed: Sequence[float | None]) -> Iterator[str]:
    for key, figure in zip(("acc", "ap"), printed, strict=True):
        yield percent(here.get(key))
        yield "-" if figure is None else f"{figure:.1f}"


def _foot(record: Mapping[str, Any]) -> str:
    files, failed = record["files"], record["failed"]
    lines = [f"{files['real']} real and {files['fake']} fake files, {files['contents']} different contents, each scored once."]
    left = {"skipped": "skipped", "unlabelled": "under no label", "outside_the_preset": "in no sub-folder of the preset"}
    lines += [f"{files[key]} files {words}." for key, words in left.items() if files[key]]
    lines += [f"failed: {one_line(each['path'])}: {one_line(each['reason'])}" for each in failed]
    if record["resamples"]:
        lines.append(f"In brackets: 95 % of {record['resamples']} bootstrap resamples, reals and fakes apart, seed {record['seed']}.")
    lines.append("found@1%, found@5%: the share of fakes found with at most so many false alarms on these reals.")
    if record["confounds"]["sentence"] not in record["warnings"]:
        lines.append(record["confounds"]["sentence"])
    return "\n".join(lines)


def preset_list() -> str:
    """All presets with their sub-folders and rules."""
    return "\n\n".join(
        f"{preset.name}: {preset.title} ({preset.table})\n  NPR and LFM: {preset.rule} ({preset.rule_words}); UnivFD: paper (224 px centre crop)\n"
        f"  {' '.join(preset.folders)}"
        for preset in PRESETS.values()
    )


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) if column == 0 else cell.rjust(width) for column, (cell, width) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    )
