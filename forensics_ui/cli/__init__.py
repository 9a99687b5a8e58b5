"""The command line: one file per command in this folder, each signing up in `COMMANDS`."""

from forensics_ui.cli.base import COMMANDS, main
from forensics_ui.core.registry import import_siblings

import_siblings(__name__, list(__path__))

__all__ = ["COMMANDS", "main"]
