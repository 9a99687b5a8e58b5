"""`verify REPORT.json`: whether the record is as written, the files are the same, and the scores come out again."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_place_arguments
from forensics_ui.core.settings import Settings

if TYPE_CHECKING:
    from forensics_ui.report.recheck import Finding

WIDTH = 10


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("report", type=Path, metavar="REPORT.json", help="the JSON file of a report")
    parser.add_argument(
        "--files", type=Path, action="append", default=[], metavar="DIR", help="search this folder for the files, by their hash (can be repeated)"
    )
    parser.add_argument(
        "--weights",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="weights that are not installed, found by their hash (can be repeated)",
    )
    add_place_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check everything; exit code 0 only if all agrees."""
    from forensics_ui.report.clean import one_line
    from forensics_ui.report.recheck import Given, read_record, verify
    from forensics_ui.workbench import Workbench

    record = read_record(arguments.report)
    given = Given(tuple(arguments.files), tuple(arguments.weights))
    found, last = [], ""
    with Workbench(Settings.load(device=arguments.device, data_dir=arguments.data_dir)) as workbench:
        for finding in verify(record, workbench, given, _progress):
            found.append(finding)
            if not arguments.json:
                if finding.path and finding.path != last:
                    print(f"\n{one_line(finding.path)}")
                last = finding.path
                print(_line(finding), flush=True)
    counts: Counter[str] = Counter(finding.state for finding in found)
    if arguments.json:
        print(json.dumps({"counts": dict(counts), "findings": [asdict(finding) for finding in found]}, ensure_ascii=False))
    else:
        print(f"\n{_sum(counts)}")
    return DONE if set(counts) == {"agrees"} else SOME_FAILED


def _line(finding: Finding) -> str:
    from forensics_ui.report.clean import one_line

    name = f"{finding.detector} {finding.input_rule}".strip() or finding.what
    # A report may come from anybody: nothing in it may steer the terminal.
    return one_line(f"  {finding.state:<{WIDTH}}{name}: {finding.words}")


def _sum(counts: Counter[str]) -> str:
    parts = ", ".join(f"{counts[state]} {words}" for state, words in (("agrees", "agree"), ("differs", "differ"), ("missing", "missing")))
    if set(counts) == {"agrees"}:
        return f"Everything agrees ({counts['agrees']} checks)."
    return f"Not everything agrees: {parts}."


def _progress(done: int, total: int) -> None:
    if total > 1 and sys.stderr.isatty():
        print(f"\r{done} of {total} files", end="" if done < total else "\n", file=sys.stderr, flush=True)


COMMANDS.register("verify")(
    Command(
        help="check a report: is the record as written, are the files the same, do the scores come out again",
        example="forensics_ui verify reports/report-photo-1f2e3d4c5b6a.json --files evidence",
        add_arguments=_arguments,
        run=run,
    )
)
