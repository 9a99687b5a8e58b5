"""`doctor`: what a bug report needs."""

from __future__ import annotations

import argparse
import json

from forensics_ui.cli.base import COMMANDS, DONE, Command, add_place_arguments
from forensics_ui.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to look, and how to print it."""
    add_place_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the report; a part that cannot be looked at is told in it."""
    from forensics_ui.doctor import as_text, examine

    report = examine(Settings.load(device=arguments.device, data_dir=arguments.data_dir))
    print(json.dumps(report, indent=2) if arguments.json else as_text(report))
    return DONE


COMMANDS.register("doctor")(
    Command(
        help="versions, device, codecs, weights hashes, limits: to paste in a bug report",
        example="python -m forensics_ui doctor",
        add_arguments=add_arguments,
        run=run,
    )
)
