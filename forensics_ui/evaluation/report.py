"""The evaluation as a report: the same record, renderings and `verify` as a batch has, with the figures on top."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from forensics_ui.batch.output import report_rows
from forensics_ui.batch.rows import Rows
from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.cells import Measured
from forensics_ui.evaluation.evaluate import Evaluation, Request
from forensics_ui.evaluation.table import COLUMNS, figure_cells
from forensics_ui.evaluation.verdict_words import VERDICT_TITLE, verdict_columns, verdict_lines, verdict_parts, verdict_sentences
from forensics_ui.report.batch_report import batch_report
from forensics_ui.report.clean import one_line
from forensics_ui.report.model import Case, Report, Section
from forensics_ui.words.evaluation import FACTS

GRID = 100
# More lines than these cannot be told apart in one plot.
LINES = 5
ABOUT_THESE = "An evaluation speaks of the pictures that were evaluated and of the generators that made them, of no others."


def evaluation_report(evaluation: Evaluation, settings: Settings, case: Case | None = None) -> Report:
    """The report: every file with its scores, and the tables and curves that they make."""
    record, scored = evaluation.record, evaluation.scored
    refused = [(file.path, file.error or "") for file in scored.pictures.values() if file.error_code == "skipped"]
    made = batch_report(
        (row for journal, plan in scored.journals for row in report_rows(Rows(journal).each(), plan.as_dict())),
        [*scored.skipped.items(), *refused],
        settings=settings,
        case=case,
        title=f"Evaluation on {one_line(record['folder'])}",
        command=tuple(_command(evaluation.request, scored.own_reals)),
        weights={choice.detector: choice.asked for _, plan in scored.journals for choice in plan.choices},
    )
    sections = [_section(detector) for detector in record["detectors"]]
    return replace(
        made,
        kind="evaluation",
        answer=(*record["warnings"], *map(_answer, record["detectors"])),
        limits=(ABOUT_THESE, *made.limits),
        sections=(*sections, confounds_section(record["confounds"]), *made.sections),
    )


def _command(request: Request, own_reals: Mapping[str, set[str]]) -> Iterator[str]:
    yield from ("python", "-m", "forensics_ui", "evaluate", str(request.folder), "--out", "DIR", "--detector", ",".join(request.rules))
    rules = set(request.rules.values())
    if len(rules) == 1:
        yield from ("--input-rule", *rules)
    options = {
        "--preset": request.preset and request.preset.name,
        "--weights": request.weights,
        "--threshold": request.threshold,
        "--choose-on": request.choose_on,
        "--generator-depth": request.depth,
        "--resamples": request.resamples,
        "--seed": request.seed,
        # Named as in records: the set, and the beginning of its hash.
        "--own-reals": next((each.rsplit(" (", 1)[0] for found in own_reals.values() for each in found), None),
    }
    for name, value in options.items():
        if value is not None:
            yield from (name, str(value))


def _answer(detector: Mapping[str, Any]) -> str:
    figures = {name: _percent(detector["mean"]["figures"][name]) for name in ("acc", "ap", "auc", "real_acc", "fake_acc")}
    return (
        f"{detector['detector']} ({detector['input_rule']}), mean over {len(detector['generators'])} generators: Acc. {figures['acc']}, A.P. "
        f"{figures['ap']}, AUC {figures['auc']}; {figures['real_acc']} of reals and {figures['fake_acc']} of fakes called what they are.{_by_verdict(detector)}"
    )


def _by_verdict(detector: Mapping[str, Any]) -> str:
    if "by_verdict" not in detector:
        return ""
    fake, real = (_percent(detector["by_verdict"]["mean"]["figures"][f"{label}_evidence"]) for label in ("fake", "real"))
    return f" By the verdict, evidence of generation on {fake} of fakes and {real} of reals."


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f} %"


def _section(detector: Mapping[str, Any]) -> Section:
    name, line = detector["detector"], detector["threshold"]
    drawn = "" if line["value"] is None else f" {line['value']:+.4f}"
    rows = detector["generators"]
    overall = [("Mean", detector["mean"]), ("All together", detector["together"])]
    return Section(
        f"figures-{name}",
        f"Figures of {name}, input rule {detector['input_rule']}",
        sentences=(
            f"Fake from a logit of{drawn}: {line['origin']}.",
            *verdict_sentences(detector),
            "Percent, with 95 % bootstrap intervals where they were asked for.",
        ),
        tables=(
            _table("Over all generators", overall),
            _table("By generator", [(row["name"], row) for row in rows]),
            *([verdict_table(detector)] if "by_verdict" in detector else ()),
            confusion_table(rows),
            *(published_table(detector, published) for published in detector["published"]),
        ),
        curves=tuple(curve for kind in ("roc", "pr") if (curve := curve_of(detector, kind))),
    )


def _table(title: str, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    lines = [[one_line(name), row.get("n_real"), row.get("n_fake"), *map(str, figure_cells(row))] for name, row in rows]
    return _plain_table(title, ["generator", "real", "fake", *COLUMNS.values()], lines)


def verdict_table(detector: Mapping[str, Any]) -> dict[str, Any]:
    """What the app says of the same pictures, the mean and all together first."""
    generators, overall = verdict_parts(detector)
    lines = [[one_line(name), *map(_text, cells)] for name, *cells in verdict_lines([*overall, *generators])]
    return _plain_table(VERDICT_TITLE, verdict_columns(detector), lines)


def _text(cell: Any) -> Any:
    return str(cell) if isinstance(cell, Measured) else cell


def confusion_table(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many pictures of each class of each generator were called what."""
    columns = ["generator", "threshold", "real called real", "real called fake", "fake called real", "fake called fake", "without a score"]
    lines = [
        [one_line(row["name"]), row["threshold"], *row["confusion"].values(), sum(sum(each.values()) for each in row["not_scored"].values())]
        for row in rows
    ]
    return _plain_table("What was called what", columns, lines)


def published_table(detector: Mapping[str, Any], published: Mapping[str, Any]) -> dict[str, Any]:
    """Measured and printed figures side by side."""
    here = {row["name"]: row["figures"] for row in detector["generators"]}
    lines = [
        [name, *(each for key, figure in zip(("acc", "ap"), printed, strict=True) for each in (_here(here, name, key), figure))]
        for name, printed in published["rows"].items()
    ]
    return _plain_table(f"Beside {published['source']}", ["generator", "Acc.", "Acc. printed", "A.P.", "A.P. printed"], lines)


def _here(measured: Mapping[str, Mapping[str, float | None]], name: str, key: str) -> float | None:
    value = measured.get(name, {}).get(key)
    return None if value is None else round(100 * value, 1)


def _plain_table(title: str, columns: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    return {"title": title, "columns": columns, "rows": rows, "rows_in_all": len(rows)}


def curve_of(detector: Mapping[str, Any], kind: str) -> dict[str, Any] | None:
    """All pictures together, and the generators that are told apart worst; the values at equal distances."""
    if not detector["together"]["curves"]:
        return None
    having = sorted((row for row in detector["generators"] if row["curves"]), key=lambda row: row["figures"]["auc"])
    lines = {"all together": detector["together"]} | ({one_line(row["name"]): row for row in having[:LINES]} if len(having) > 1 else {})
    at = [step / GRID for step in range(GRID + 1)]
    value = {"roc": _found_at, "pr": _precision_at}[kind]
    left_out = f", and the {LINES} generators with the lowest AUC of {len(having)}" if len(having) > LINES else ""
    return {
        "title": {"roc": "ROC", "pr": "Precision and found share"}[kind] + left_out,
        "x_label": {"roc": "share of reals called fake", "pr": "share of fakes called fake"}[kind],
        "y_label": {"roc": "share of fakes called fake", "pr": "precision"}[kind],
        "x": at,
        "lines": {name: [value(row["curves"][kind], x) for x in at] for name, row in lines.items()},
        "thresholds": {},
        "logarithmic": False,
        "bars": False,
        "every": 1,
    }


def _found_at(points: Sequence[Sequence[float]], alarms: float) -> float:
    return max(found for share, found in points if share <= alarms + 1e-9)


def _precision_at(points: Sequence[Sequence[float]], wanted: float) -> float:
    return next((precision for found, precision in points if found >= wanted - 1e-9 and found > 0), points[-1][1])


def confounds_section(found: Mapping[str, Any]) -> Section:
    """How well facts of the files alone tell the classes apart."""
    rows = [[FACTS[name], each["auc"], *each["interval"], "yes" if each["alarm"] else "no"] for name, each in found["facts"].items()]
    table = _plain_table("AUC that facts of the files alone reach", ["fact", "AUC", "low", "high", "separates the labels"], rows)
    return Section("confounds", "What the files alone give away", sentences=(found["sentence"],), tables=(table,) if rows else ())
