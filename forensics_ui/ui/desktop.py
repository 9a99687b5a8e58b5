"""The same app in a window of its own, where pywebview and a web view of the system are there.

The window is a process of its own: a web view that finds no display ends its whole process, and the app must outlive that.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

MISSING = "The desktop window needs the packages of requirements-desktop.txt (`python launch.py ui --desktop` installs them); the app opens in the browser instead."
BROKEN = "This system has no web view, or no display, for a desktop window; the app opens in the browser instead."
SCRIPT = """
import sys, webview
webview.create_window("Forensic workbench", sys.argv[1], width=1320, height=900, min_size=(380, 600))
webview.start()
"""


def show(url: str) -> bool:
    """Show the app until its window is closed. False, with a sentence said, where there is no window to be had."""
    if importlib.util.find_spec("webview") is None:
        print(MISSING, file=sys.stderr)
        return False
    environment = dict(os.environ)
    if sys.platform.startswith("linux") and importlib.util.find_spec("qtpy"):
        # pywebview would try GTK first, and print a traceback where it is not there.
        environment.setdefault("PYWEBVIEW_GUI", "qt")
    ended = subprocess.run([sys.executable, "-c", SCRIPT, url], env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if ended.returncode != 0:
        print(BROKEN, file=sys.stderr)
    return ended.returncode == 0
