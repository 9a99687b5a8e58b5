"""The files that a batch leaves behind: made from its journal whenever they are asked for, each written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from forensics_ui.batch.manager import BatchManager
from forensics_ui.core.errors import ForensicsError
from forensics_ui.report import REPORTS
from forensics_ui.report.batch_report import batch_report
from forensics_ui.report.model import Case, Report
from forensics_ui.verdict.own_reals import name_in
from forensics_ui.weightstore.joint import JOINED

# Tables are called results, what is read by people is called report.
TABLES = ("csv", "json")


def check_formats(wanted: str | Sequence[str]) -> list[str]:
    """The report formats of that name; `all` is all there are."""
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else list(wanted)
    names = REPORTS.names() if names == ["all"] else list(dict.fromkeys(name for name in names if name))
    if unknown := [name for name in names if name not in REPORTS]:
        raise ForensicsError(f"There is no report format called {unknown[0]!r}; there are {', '.join(REPORTS.names())}.")
    return names


def report_rows(rows: Iterator[Mapping[str, Any]], plan: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One row per file and detector, as reports want them. A file that waits has none."""
    for row in rows:
        if row["state"] == "waiting":
            continue
        facts = dict(row["facts"])
        row = {**row, "path": exact_path(row, plan)}
        about = {name: row[name] for name in ("path", "sha256", "bytes", "format", "width", "height", "declared_type")}
        about.update(detected_type=row["format"], complete=facts.pop("complete", None), condition=facts.pop("condition", ""))
        about.update(condition_note=facts.pop("condition_note", None), facts=facts, file_says=row.get("file_says") or [])
        for choice in sorted(plan["detectors"], key=lambda each: each["detector"] != JOINED):
            score = row["scores"].get(choice["detector"])
            made = {"detector": choice["detector"], "input_rule": plan["input_rule"], **(score or {})}
            if score is None:
                made.update(error=row["error"], error_code=row["error_code"])
            yield {**made, **{name: value for name, value in about.items() if value is not None}}


def exact_path(row: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """The path below the folder as the system has it, which the report prints cleanly and keeps exactly."""
    if not plan["folder"] or (row["path"].isascii() and "\\" not in row["path"]):
        return row["path"]
    return os.path.relpath(row["location"], plan["folder"]).replace(os.sep, "/")


def make_report(manager: BatchManager, batch: str, case: Case | None = None) -> Report:
    """The report of what is finished in a batch."""
    info, rows = manager.get(batch), manager.rows(batch)
    weights = {choice["detector"]: choice["asked"] for choice in info.plan["detectors"]}
    return batch_report(
        report_rows(rows.each(), info.plan),
        [(entry["path"], entry["reason"]) for entry in rows.skipped()],
        settings=replace(manager.workbench.settings, own_reals=name_in(info.plan.get("own_reals"))),
        title=f"Report on {info.title}",
        case=case,
        command=command_of(info.plan),
        weights=weights,
    )


def command_of(plan: Mapping[str, Any]) -> tuple[str, ...]:
    """What to type to have the same again. Files that were picked one by one have no such line."""
    if not plan["folder"]:
        return ()
    words = ["python", "-m", "forensics_ui", "batch", plan["folder"], "--out", "DIR", "--input-rule", plan["input_rule"]]
    words += ["--detector", ",".join(choice["detector"] for choice in plan["detectors"])]
    return (*words, *(["--weights", plan["detectors"][0]["asked"]] if len(plan["detectors"]) == 1 else []))


def write_outputs(manager: BatchManager, batch: str, out: Path, formats: Sequence[str] = ("all",), case: Case | None = None) -> dict[str, Path]:
    """Write the report in each format into a folder; earlier ones of the same names are replaced. Gives the files."""
    names = check_formats(formats)
    report = make_report(manager, batch, case)
    written: dict[str, Path] = {}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in names:
            kind = REPORTS.get(name)()
            path = out / f"{'results' if name in TABLES else 'report'}{kind.suffix}"
            kind.write(report, path)
            written[name] = path
    except OSError as error:
        raise ForensicsError(
            f"The results could not be written to {out.name or 'that folder'}: {error.strerror or error}. Nothing is lost: start the same batch again."
        ) from None
    return written
