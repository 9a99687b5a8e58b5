"""What a command is, and the parser that is made of all of them.

Results go to standard output, progress and messages to standard error. Exit code 0: done; 1: done, but some inputs
failed, each with a reason; 2: could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from forensics_ui import __version__
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.registry import Registry
from forensics_ui.core.types import INPUT_RULES
from forensics_ui.words import sentence_of

DONE, SOME_FAILED, COULD_NOT_RUN = 0, 1, 2


@dataclass(frozen=True)
class Command:
    """One command: its arguments, and what it does with them. Heavy imports belong inside `run`."""

    help: str
    example: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS: Registry[Command] = Registry("command")
DETECTOR_HELP = "which detectors (default: all that have weights here and their joined answer, or the one whose weights are given)"


def add_common_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that every command that scores shares."""
    parser.add_argument("--detector", default="best", metavar="NAME[,NAME...]|all", help=DETECTOR_HELP)
    parser.add_argument(
        "--weights", metavar="NAME|FILE", help="installed weights by name, or a published .pth or our .safetensors (with one detector)"
    )
    parser.add_argument(
        "--input-rule",
        choices=INPUT_RULES,
        default="native",
        help="native: no resampling, whole picture (default); crop: aligned 256 px centre; paper: the authors' test code",
    )
    add_place_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_place_arguments(parser: argparse.ArgumentParser) -> None:
    """Where things are kept and computed."""
    parser.add_argument("--device", choices=("auto", "cpu", "cuda", "mps"), default=None, help="where the networks run (default: auto)")
    parser.add_argument("--data-dir", type=Path, default=None, help="where the app keeps its own files (default: the user's data folder)")


def add_own_reals_argument(parser: argparse.ArgumentParser) -> None:
    """For commands that give verdicts: which stored set of own photographs to judge by."""
    parser.add_argument("--own-reals", metavar="NAME", default=None, help="judge by the limits from your own photographs (made with `reals make`)")


def build_parser() -> argparse.ArgumentParser:
    """The whole command line, made of the registered commands."""
    parser = argparse.ArgumentParser(prog="forensics_ui", description="Was this picture made by a generative model, and what in its pixels says so?")
    parser.add_argument("--version", action="version", version=f"forensics_ui {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS:
        sub = commands.add_parser(
            name,
            help=command.help,
            description=command.help,
            epilog=f"example: {command.example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code; a person never sees a traceback for a foreseeable mistake."""
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except ForensicsError as error:
        print(f"forensics_ui: {sentence_of(error)}", file=sys.stderr)
        return COULD_NOT_RUN
    except KeyboardInterrupt:
        print("forensics_ui: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing more can be said.
        sys.stderr.close()
        return DONE
