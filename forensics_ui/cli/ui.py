"""`ui`: the app in the browser, or in a window of its own."""

from __future__ import annotations

import argparse
import signal
import sys
import webbrowser
from types import FrameType

from forensics_ui.cli.base import COMMANDS, DONE, Command, add_place_arguments
from forensics_ui.core.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to serve and how to show."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to serve on (default: this machine only; any other needs FORENSICS_AUTH=user:password)"
    )
    parser.add_argument("--port", type=int, default=None, help="port to serve on (default: the first free one from 7860 on)")
    parser.add_argument("--open", action=argparse.BooleanOptionalAction, default=True, help="open the page in the browser (default: yes)")
    parser.add_argument("--desktop", action="store_true", help="open the app in a window of its own (needs pywebview)")
    add_place_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C, or until the window is closed."""
    from forensics_ui.ui import desktop, server

    signal.signal(signal.SIGTERM, _as_interrupt)
    settings = Settings.load(host=arguments.host, device=arguments.device, data_dir=arguments.data_dir)
    running = server.start(settings, arguments.port)
    try:
        print(f"The app is at {running.url} (Ctrl-C ends it)", flush=True)
        if arguments.desktop and desktop.show(running.url):
            return DONE
        if arguments.open or arguments.desktop:
            webbrowser.open(running.url)
        running.wait()
    except KeyboardInterrupt:
        print("The app has ended.", file=sys.stderr)
    finally:
        running.close()
    return DONE


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    """A polite request to end from the system is the same as Ctrl-C."""
    raise KeyboardInterrupt


COMMANDS.register("ui")(
    Command(
        help="open the app in the browser",
        example="python -m forensics_ui ui --port 7861 --no-open",
        add_arguments=add_arguments,
        run=run,
    )
)
