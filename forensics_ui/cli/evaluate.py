"""`evaluate FOLDER`: labelled folders to the figures that the papers print, with intervals, and with what speaks against them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_common_arguments, add_own_reals_argument
from forensics_ui.cli.choice import chosen_detectors, wide_intake
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.reasons import Reason
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import InputRule
from forensics_ui.verdict import own_reals
from forensics_ui.words.evaluation import is_loud
from forensics_ui.workbench import Workbench

if TYPE_CHECKING:
    from forensics_ui.batch import Progress
    from forensics_ui.evaluation.evaluate import Evaluation
    from forensics_ui.evaluation.presets import Preset


def _threshold(text: str) -> float | Literal["oracle"]:
    try:
        return "oracle" if text == "oracle" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor 'oracle'") from None


def _count(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 on")
    return int(text)


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("folder", nargs="?", type=Path, metavar="FOLDER", help="pictures under 0_real and 1_fake, or real and fake, at any depth")
    add("--preset", metavar="NAME", help="one of the papers' test sets: its sub-folders, its input rule, and the published figures beside yours")
    add("--list-presets", action="store_true", help="print the presets and end")
    add(
        "--out",
        type=Path,
        metavar="DIR",
        help="write figures, scores, curves and the report there; the same files of an earlier run are replaced",
    )
    line = parser.add_mutually_exclusive_group()
    line.add_argument(
        "--threshold",
        type=_threshold,
        metavar="LOGIT|oracle",
        help="call fake from this logit on (default: what the weights' card says, 0 as in the papers if it says nothing or with a preset); "
        "oracle: the best for each generator by the test labels, which is cheating",
    )
    line.add_argument("--choose-on", type=Path, metavar="FOLDER", help="choose the threshold on another labelled folder")
    add("--generator-depth", type=_count, metavar="N", help="the first N folder names name the generator (default: all but the label)")
    add("--resamples", type=_count, default=1000, metavar="N", help="bootstrap resamples for the intervals (default: 1000; 0: none)")
    add("--seed", type=_count, default=0, help="of the resampling (default: 0)")
    for name, text in (("case", "name of the case"), ("examiner", "who examines"), ("notes", "notes")):
        add(f"--{name}", default="", metavar="TEXT", help=f"{text}, printed in the report")
    add_common_arguments(parser)
    add_own_reals_argument(parser)
    # A preset brings its own rule, so that not choosing must be told from choosing `native`.
    parser.set_defaults(input_rule=None)


def run(arguments: argparse.Namespace) -> int:
    """Evaluate, print, write; files that failed are named and cost the exit code, not the figures."""
    if arguments.list_presets:
        from forensics_ui.evaluation.table import preset_list

        print(preset_list())
        return DONE
    if arguments.folder is None:
        raise ForensicsError("Name a folder of labelled pictures; --list-presets shows the test sets that are known by name.")
    evaluation = _evaluate(arguments)
    record = evaluation.record
    if arguments.out is not None:
        from forensics_ui.evaluation.files import write_files
        from forensics_ui.report import Case

        case = Case(arguments.case, arguments.examiner, arguments.notes)
        written = write_files(evaluation, arguments.out, _settings(arguments), case)
        print(f"written to {arguments.out.name}: {', '.join(written)}", file=sys.stderr)
    if arguments.json:
        print(json.dumps(record, ensure_ascii=False))
    else:
        from forensics_ui.evaluation.table import as_text

        print(as_text(record))
    for warning, told in zip(record["warnings"], record["warning_codes"], strict=True):
        if arguments.json and is_loud(Reason.from_dict(told)):
            print(warning, file=sys.stderr)
    return SOME_FAILED if record["failed"] else DONE


def _evaluate(arguments: argparse.Namespace) -> Evaluation:
    from forensics_ui.evaluation.evaluate import Request, evaluate
    from forensics_ui.evaluation.presets import preset_called

    preset = preset_called(arguments.preset) if arguments.preset else None
    settings = _settings(arguments)
    with Workbench(settings, intake=wide_intake(settings)) as workbench:
        detectors = chosen_detectors(arguments.detector, workbench, arguments.weights)
        request = Request(
            folder=arguments.folder,
            rules={detector: _rule(arguments.input_rule, preset, detector) for detector in detectors},
            journals=arguments.out or settings.data_dir / "evaluations",
            weights=arguments.weights,
            preset=preset,
            depth=arguments.generator_depth or None,
            threshold=arguments.threshold,
            choose_on=arguments.choose_on,
            resamples=arguments.resamples,
            seed=arguments.seed,
            reference_set=own_reals.named(settings.own_reals, settings.data_dir),
        )
        return evaluate(workbench, request, _Tell())


def _settings(arguments: argparse.Namespace) -> Settings:
    return Settings.load(device=arguments.device, data_dir=arguments.data_dir, own_reals=arguments.own_reals)


def _rule(asked: InputRule | None, preset: Preset | None, detector: str) -> InputRule:
    return asked or (preset.rule_for(detector) if preset else "native")


class _Tell:
    """Progress on standard error: in place on a terminal, now and then into a log."""

    def __init__(self) -> None:
        self._told = -1

    def __call__(self, progress: Progress) -> None:
        if progress.state not in ("running", "finished") or not progress.total:
            return
        percent = 100 * progress.settled // progress.total
        terminal = sys.stderr.isatty()
        if percent // (1 if terminal else 10) == self._told:
            return
        self._told = percent // (1 if terminal else 10)
        line = f"{progress.settled} of {progress.total} pictures, {progress.failed} failed"
        print(f"\r{line}" if terminal else line, end="\n" if not terminal or percent == 100 else "", file=sys.stderr, flush=True)


COMMANDS.register("evaluate")(
    Command(
        help="labelled folders to Acc, A.P., AUC and more per generator, laid out like the papers' tables, with confidence intervals",
        example="forensics_ui evaluate test_sets/GANGen-Detection --preset gangen --detector npr --out results",
        add_arguments=_arguments,
        run=run,
    )
)
__all__ = ["run"]
