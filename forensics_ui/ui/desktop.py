"""The same app in a window of its own, where pywebview and a web view of the system are there."""

from __future__ import annotations

import importlib.util
import sys

MISSING = "The desktop window needs the optional package pywebview (pip install pywebview==6.1); the app opens in the browser instead."
BROKEN = "This system has no web view for a desktop window; the app opens in the browser instead."


def show(url: str) -> bool:
    """Show the app until its window is closed. False, with a sentence said, where there is no window to be had."""
    if importlib.util.find_spec("webview") is None:
        print(MISSING, file=sys.stderr)
        return False
    import webview

    try:
        webview.create_window("Forensic workbench", url, width=1320, height=900, min_size=(380, 600))
        webview.start()
    except Exception:  # each system's web view fails in its own way; the browser is always there
        print(BROKEN, file=sys.stderr)
        return False
    return True
