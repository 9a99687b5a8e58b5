"""`reals`: sets of the user's own trusted photographs, scored once, by which verdicts can be judged.

A command of its own and not a switch of `evaluate`: there are no generated pictures to compare with, no table comes out, and what
comes out is kept under a name for `score`, `batch`, `report` and the screen.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.cli.base import COMMANDS, DETECTOR_HELP, DONE, SOME_FAILED, Command, add_place_arguments
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import INPUT_RULES

if TYPE_CHECKING:
    from forensics_ui.verdict.reference_set import ReferenceSet


def _arguments(parser: argparse.ArgumentParser) -> None:
    parts = parser.add_subparsers(dest="part", metavar="make|list|show|forget", required=True)
    make = parts.add_parser("make", help="score a folder of photographs that you trust, and store what comes out")
    make.add_argument("folder", type=Path, metavar="FOLDER", help="photographs that no generator touched, of the kind that you examine")
    make.add_argument("--name", help="how the set is called (default: the name of the folder)")
    make.add_argument("--detector", default="best", metavar="NAME[,NAME...]|all", help=DETECTOR_HELP)
    make.add_argument("--weights", metavar="NAME|FILE", help="installed weights by name, or a file (with one detector)")
    make.add_argument("--rules", default="native,crop", metavar="RULE[,RULE...]", help="input rules (default: native,crop)")
    listed = parts.add_parser("list", help="the stored sets")
    show = parts.add_parser("show", help="what a set says: counts, limits, false alarms")
    forget = parts.add_parser("forget", help="delete a stored set; the photographs stay where they are")
    for part in (show, forget):
        part.add_argument("name", metavar="NAME")
    for part in (make, listed, show, forget):
        part.add_argument("--json", action="store_true", help="print JSON")
        add_place_arguments(part)


def run(arguments: argparse.Namespace) -> int:
    """Make, list, show or forget."""
    settings = Settings.load(device=arguments.device, data_dir=arguments.data_dir)
    return {"make": _make, "list": _list, "show": _show, "forget": _forget}[arguments.part](arguments, settings)


def _make(arguments: argparse.Namespace, settings: Settings) -> int:
    from forensics_ui.cli.choice import chosen_detectors, wide_intake
    from forensics_ui.evaluation.own_reals import measure_own_reals
    from forensics_ui.workbench import Workbench

    rules = [rule.strip() for rule in arguments.rules.split(",")]
    if unknown := [rule for rule in rules if rule not in INPUT_RULES]:
        raise ForensicsError(f"There is no input rule {unknown[0]!r}; there are {', '.join(INPUT_RULES)}.")
    name = arguments.name or arguments.folder.resolve().name
    with Workbench(settings, intake=wide_intake(settings)) as workbench:
        detectors = chosen_detectors(arguments.detector, workbench, arguments.weights)
        own = measure_own_reals(workbench, arguments.folder, name, detectors, rules, arguments.weights, tell=_tell)
    _print(own, settings, arguments.json)
    return SOME_FAILED if own.failed else DONE


def _tell(progress: Any) -> None:
    if sys.stderr.isatty() and progress.total:
        print(f"\r\033[K{progress.settled} of {progress.total} photographs", end="", file=sys.stderr, flush=True)


def _list(arguments: argparse.Namespace, settings: Settings) -> int:
    from forensics_ui.verdict import own_reals

    found = [own_reals.load(name, settings.data_dir) for name in own_reals.names(settings.data_dir)]
    if arguments.json:
        print(json.dumps([{key: getattr(own, key) for key in ("name", "folder", "made", "pictures", "sha256")} for own in found], ensure_ascii=False))
        return DONE
    for own in found:
        print(f"{own.signature}: {own.pictures} photographs of {own.folder}, {own.made}")
    if not found:
        print("no sets are stored; `reals make FOLDER` makes one", file=sys.stderr)
    return DONE


def _show(arguments: argparse.Namespace, settings: Settings) -> int:
    from forensics_ui.verdict import own_reals

    _print(own_reals.load(arguments.name, settings.data_dir), settings, arguments.json)
    return DONE


def _forget(arguments: argparse.Namespace, settings: Settings) -> int:
    from forensics_ui.verdict import own_reals

    own_reals.forget(arguments.name, settings.data_dir)
    return DONE


def _print(own: ReferenceSet, settings: Settings, as_json: bool) -> None:
    from forensics_ui.report.provenance import own_accounts
    from forensics_ui.verdict.own_words import sentences

    accounts = own_accounts(own, settings)
    if as_json:
        print(json.dumps({**own.fields, "accounts": accounts}, ensure_ascii=False))
        return
    print("\n".join(sentences(own, accounts)))


COMMANDS.register("reals")(
    Command(
        help="your own trusted photographs: how often detectors alarm on them, and limits to judge by",
        example="forensics_ui reals make trusted_photos --name newsroom; forensics_ui score photo.jpg --own-reals newsroom",
        add_arguments=_arguments,
        run=run,
    )
)
