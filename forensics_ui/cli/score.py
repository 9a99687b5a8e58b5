"""`score FILE...`: one line per file and detector."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_common_arguments, add_own_reals_argument
from forensics_ui.cli.choice import chosen_detectors
from forensics_ui.core.errors import BadImage
from forensics_ui.core.settings import Settings
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.verdict.several import disagreement
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Score, Workbench


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="picture files")
    parser.add_argument("--partial", action="store_true", help="open truncated files as far as they go; they get no verdict")
    add_common_arguments(parser)
    add_own_reals_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score every file; a bad one is one line with its reason and changes nothing for the others."""
    failed = 0
    with Workbench(Settings.load(device=arguments.device, data_dir=arguments.data_dir, own_reals=arguments.own_reals)) as workbench:
        detectors = chosen_detectors(arguments.detector, workbench, arguments.weights)
        own = own_reals.named(workbench.settings.own_reals, workbench.settings.data_dir)
        for file in arguments.files:
            records = _records(workbench, file, detectors, arguments, own)
            if not arguments.json:
                _tell_file(file, records)
                records = sorted(records, key=lambda record: record.detector != JOINED)  # the headline first
            for record in records:
                failed += record.error is not None
                print(json.dumps(record.as_dict(), ensure_ascii=False) if arguments.json else _words(record), flush=True)
            if not arguments.json and (
                different := disagreement(
                    {str(record.detector): str(record.verdict) for record in records if record.verdict and record.detector != JOINED}
                )
            ):
                print(f"{file}: {different}", flush=True)
    return SOME_FAILED if failed else DONE


def _records(workbench: Workbench, file: Path, detectors: list[str], arguments: argparse.Namespace, own: ReferenceSet | None) -> list[Score]:
    try:
        picture = workbench.open(file, partial=arguments.partial)
    except BadImage as error:
        return [Score(str(file), detector=name, error=sentence_of(error), error_code=error.code) for name in detectors]
    how = {"rule": arguments.input_rule, "weights": arguments.weights, "on_progress": _progress, "evidence": False}
    how["reference_set"] = own
    scored = [workbench.score(picture, name, **how) for name in detectors if name != JOINED]
    records = [one.record for one in scored]
    if JOINED in detectors and (joined := workbench.joined(picture, scored, own)):
        records.append(joined)
    return [replace(record, path=str(file)) for record in records]


def _progress(done: int, total: int) -> None:
    if total > 1 and sys.stderr.isatty():
        print(f"\r{done} of {total} tiles", end="" if done < total else "\n", file=sys.stderr, flush=True)


def _tell_file(file: Path, records: list[Score]) -> None:
    """What the file says of itself: once, whatever the number of detectors."""
    for claim in next((record.file_says for record in records if record.file_says), ()):
        print(f"{file}: {claim['sentence']}", flush=True)


def _words(record: Score) -> str:
    if record.error is not None:
        return f"{record.path}: could not be scored: {record.error}"
    head = f"{record.path}: {record.verdict}"
    if record.logit is not None:
        head += (
            f" (logit {record.logit:+.3f}; {record.detector}, weights {record.weights}, {record.input_rule}, {record.precision} on {record.device})"
        )
    return "\n".join([head, *(f"  - {reason}" for reason in record.reasons)])


COMMANDS.register("score")(
    Command(
        help="score picture files: one line per file and detector",
        example="forensics_ui score photo.jpg drawing.png --detector lfm --json",
        add_arguments=_arguments,
        run=run,
    )
)
__all__ = ["chosen_detectors", "run"]
