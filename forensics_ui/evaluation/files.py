"""What `--out` leaves: the figures as JSON, tables and scores as CSV, curves as PNG, and the report. Each file whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any, Literal

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.evaluate import Evaluation
from forensics_ui.evaluation.folders import label_of
from forensics_ui.evaluation.metrics import FIGURES
from forensics_ui.evaluation.plots import curve_plot
from forensics_ui.evaluation.report import evaluation_report
from forensics_ui.evaluation.scoring import ScoredFolder
from forensics_ui.evaluation.verdicts import VERDICT_FIGURES
from forensics_ui.report import REPORTS, Case, Report, ReportFormat
from forensics_ui.report.clean import csv_cell
from forensics_ui.report.files import atomic

IDENTITY = ("detector", "weights", "weights_sha256", "input_rule", "device", "precision")
TABLES = ("results.json", "results.csv", "scores.csv")
CURVES: tuple[Literal["roc"], Literal["pr"]] = ("roc", "pr")
COUNTS = ("true real", "false alarm", "missed", "found")


def write_files(evaluation: Evaluation, folder: Path, settings: Settings, case: Case | None = None, names: Sequence[str] | None = None) -> list[str]:
    """Write everything, or only these `names`; gives their names. Files of an earlier evaluation under these names are replaced."""
    makers, kinds = _makers(evaluation), report_kinds()
    wanted = [name for name in (*makers, *kinds) if names is None or name in names]
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in wanted:
            if name in makers and (content := makers[name]()) is not None:
                with atomic(folder / name) as stream:
                    stream.write(content)
                written.append(name)
        if reports := [name for name in wanted if name in kinds]:
            _write_reports(evaluation_report(evaluation, settings, case), folder, {name: kinds[name] for name in reports})
    except OSError as error:
        raise ForensicsError(f"The results cannot be written to {folder.name!r}: {error.strerror}.") from error
    return [*written, *reports]


def file_names(record: Mapping[str, Any]) -> list[str]:
    """What can be written of an evaluation; a plot only where a generator has both classes."""
    plots = [f"{kind}-{each['detector']}.png" for each in record["detectors"] if any(row["curves"] for row in each["generators"]) for kind in CURVES]
    return [*TABLES, *plots, *report_kinds()]


def report_kinds() -> dict[str, type[ReportFormat]]:
    """The report in every format but tables, which are written with more columns beside it."""
    return {f"report{REPORTS.get(name)().suffix}": REPORTS.get(name) for name in REPORTS.names() if name != "csv"}


def _makers(evaluation: Evaluation) -> dict[str, Callable[[], bytes | None]]:
    record = evaluation.record
    tables = (
        lambda: json.dumps(record, ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace"),
        lambda: _csv(_table(record)),
        lambda: _csv(_scores(record, evaluation.scored)),
    )
    plots = {f"{kind}-{each['detector']}.png": partial(curve_plot, each, kind) for each in record["detectors"] for kind in CURVES}
    return {**dict(zip(TABLES, tables, strict=True)), **plots}


def _write_reports(report: Report, folder: Path, kinds: Mapping[str, type[ReportFormat]]) -> None:
    for name, kind in kinds.items():
        kind().write(report, folder / name)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    for row in rows:
        writer.writerow([each if isinstance(each, int | float) else csv_cell("" if each is None else each) for each in row])
    return text.getvalue().encode("utf-8-sig")


def _scores(record: Mapping[str, Any], scored: ScoredFolder) -> Iterator[list[Any]]:
    """One line per labelled file and detector, by path."""
    yield ["path", "sha256", "label", *IDENTITY, "logit", "no_score_because", "verdict"]
    for path, file in sorted(scored.pictures.items()):
        label = label_of(path)
        if label is None:
            continue
        for detector in record["detectors"]:
            name = detector["detector"]
            why = None if name in file.logits else file.error or file.reasons.get(name)
            yield [
                path,
                file.sha256,
                ("real", "fake")[label.label],
                *(detector[key] for key in IDENTITY),
                file.logits.get(name),
                why,
                file.bands.get(name),
            ]


def _table(record: Mapping[str, Any]) -> Iterator[list[Any]]:
    bounds = [f"{name} {side}" for name in FIGURES for side in ("low", "high")]
    # Last, so that a sheet made for the other columns finds them where they were.
    more = VERDICT_FIGURES if any("by_verdict" in detector for detector in record["detectors"]) else ()
    verdicts = [f"verdict {name}{side}" for name in more for side in ("", " low", " high")]
    yield [*IDENTITY, "generator", "real", "fake", "threshold", *FIGURES, *bounds, *COUNTS, "threshold_kind", *verdicts]
    for detector in record["detectors"]:
        for name, row, verdict in _named_rows(detector):
            intervals = [bound for key in FIGURES for bound in row["intervals"][key] or (None, None)]
            counts = list(row["confusion"].values()) if "confusion" in row else [None] * 4
            head = [row.get("n_real"), row.get("n_fake"), row.get("threshold")]
            figures = [row["figures"][key] for key in FIGURES]
            said = [each for key in more for each in (verdict["figures"][key], *(verdict["intervals"][key] or (None, None)))]
            yield [*(detector[key] for key in IDENTITY), name, *head, *figures, *intervals, *counts, detector["threshold"]["kind"], *said]


def _named_rows(detector: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """Each row with what the verdict makes of the same pictures, {} where that is not told."""
    verdict = detector.get("by_verdict") or {}
    for row, said in zip_longest(detector["generators"], verdict.get("generators") or ()):
        yield row["name"], row, said or {}
    yield "(mean)", detector["mean"], verdict.get("mean") or {}
    yield "(all together)", detector["together"], verdict.get("together") or {}
