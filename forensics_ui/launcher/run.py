"""Running the app's Python as if it had been called directly."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from forensics_ui.launcher.state import PROJECT, VENV_PYTHON

STOPPED = 130

# Before anything is imported: some of these libraries ask their makers' servers for news unless told not to.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_SHARE": "False",
    "GRADIO_SSR_MODE": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
}


def app_environment() -> dict[str, str]:
    """The user's environment with the app on the path and no other code from outside .venv."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONHOME"}
    # PYTHONSAFEPATH: a folder of evidence that happens to hold a `numpy.py` must not be imported from.
    return {**kept, **QUIET, "PYTHONPATH": str(PROJECT), "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1", "PYTHONUTF8": "1"}


def run(arguments: list[str], cwd: Path | None = None) -> int:
    """Run to the end and give the exit code that a shell would."""
    python = sys.executable if os.environ.get("FORENSICS_NO_VENV") == "1" else str(VENV_PYTHON)
    child = subprocess.Popen([python, *arguments], env=app_environment(), cwd=cwd)
    try:
        code = child.wait()
    except KeyboardInterrupt:
        # From a terminal the child got it too and is tidying up; sent to this process alone, it has to be passed on.
        with contextlib.suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            child.wait(timeout=5)
        code = -2
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
    return code if code >= 0 else 128 - code
