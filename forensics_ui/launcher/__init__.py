"""What `launch.py` is made of. Standard library only: it runs before anything is installed."""

import sys


class CannotRun(Exception):
    """A sentence for the person at the keyboard; nothing was started."""


def say(text: str) -> None:
    """Tell progress. Standard output stays free for the results of the command."""
    print(text, file=sys.stderr, flush=True)
