"""`report FILE`: one picture's report, with its views, as HTML, PDF, CSV and the JSON that all of them show."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_common_arguments, add_own_reals_argument
from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.words import sentence_of

FORMATS = "html,json,pdf,csv"


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the picture")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to write the report (made if need be)")
    parser.add_argument("--format", default=FORMATS, metavar="NAME[,NAME...]", help=f"which formats (default: {FORMATS})")
    parser.add_argument("--views", default="all", metavar="all|quick|none|NAME[,NAME...]", help="which views; quick leaves out the slow ones")
    parser.add_argument("--second", type=Path, metavar="FILE", help="a second picture, for the views that compare")
    parser.add_argument("--case", default="", metavar="NAME", help="name of the case")
    parser.add_argument("--examiner", default="", metavar="NAME", help="who examines")
    parser.add_argument("--notes", default="", metavar="TEXT", help="notes to print at the top")
    parser.add_argument("--with-metadata", action="store_true", help="print EXIF, the place (GPS) and embedded text in full")
    parser.add_argument("--force", action="store_true", help="replace an earlier report of this picture instead of writing beside it")
    add_common_arguments(parser)
    add_own_reals_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the report; a picture that cannot be opened is told, and counts as failed."""
    from forensics_ui.cli.score import chosen_detectors
    from forensics_ui.report.build import write_picture_report
    from forensics_ui.report.model import Case
    from forensics_ui.verdict import own_reals
    from forensics_ui.workbench import Workbench

    with Workbench(Settings.load(device=arguments.device, data_dir=arguments.data_dir, own_reals=arguments.own_reals)) as workbench:
        detectors = chosen_detectors(arguments.detector, workbench, arguments.weights)
        try:
            written = write_picture_report(
                workbench,
                workbench.open(arguments.file, str(arguments.file)),
                arguments.file,
                _names(arguments.format),
                arguments.out,
                views=_views(arguments.views),
                case=Case(arguments.case, arguments.examiner, arguments.notes),
                on_progress=_progress,
                detectors=detectors,
                weights={detectors[0]: arguments.weights} if arguments.weights else {},
                rules=(arguments.input_rule,),
                reference_set=own_reals.named(workbench.settings.own_reals, workbench.settings.data_dir),
                second=workbench.open(arguments.second, str(arguments.second)) if arguments.second else None,
                metadata=arguments.with_metadata,
                force=arguments.force,
                command=_command(arguments, detectors),
            )
        except BadImage as error:
            print(f"{arguments.file.name}: {sentence_of(error)}", file=sys.stderr)
            if arguments.json:
                print(json.dumps({"path": str(arguments.file), "error": sentence_of(error), "error_code": error.code}, ensure_ascii=False))
            return SOME_FAILED
    files = {name: str(path) for name, path in written.items()}
    print(json.dumps({"path": str(arguments.file), "files": files}, ensure_ascii=False) if arguments.json else "\n".join(files.values()))
    return DONE


def _names(given: str) -> list[str]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    if not names:
        raise ForensicsError("Name at least one format with --format.")
    return names


def _views(given: str) -> list[str] | None:
    from forensics_ui.report.sections import in_order

    if given == "none":
        return None
    if given == "quick":
        return [view.name for view in in_order() if not view.slow]
    return [] if given == "all" else _names(given)


def _command(arguments: argparse.Namespace, detectors: list[str]) -> list[str]:
    """What to type to have the report again: the choices that change what it says, none that says where it goes."""
    words = ["python", "-m", "forensics_ui", "report", str(arguments.file), "--out", "DIR", "--detector", ",".join(detectors)]
    words += ["--input-rule", arguments.input_rule, "--views", arguments.views, "--format", arguments.format]
    given = {
        "second": arguments.second,
        "weights": arguments.weights,
        "device": arguments.device,
        "own-reals": arguments.own_reals,
        "case": arguments.case,
        "examiner": arguments.examiner,
        "notes": arguments.notes,
    }
    for name, value in given.items():
        words += [f"--{name}", str(value)] if value else []
    return words + (["--with-metadata"] if arguments.with_metadata else [])


def _progress(done: int, total: int, what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{done} of {total}: {what}", end="" if done < total else "\n", file=sys.stderr, flush=True)


COMMANDS.register("report")(
    Command(
        help="write the report of one picture: its answer, error rates, limits and views",
        example=f"forensics_ui report photo.jpg --out reports --case {shlex.quote('Harbour fire')} --views quick",
        add_arguments=_arguments,
        run=run,
    )
)
