"""CLIP, which UnivFD stands on, is fetched once after the packages; where that fails one sentence says so, and all else works."""

from __future__ import annotations

import os
import subprocess

from forensics_ui.launcher import say
from forensics_ui.launcher.run import app_environment
from forensics_ui.launcher.state import PROJECT, VENV_PYTHON, note, noted

NAME = "clip_vit_b16"
FILES = [PROJECT / "weights" / name for name in (f"{NAME}.safetensors", "ViT-B-16.pt")]  # the second is OpenAI's own, laid there by hand
TRIED = "backbone"


def fetch_once() -> None:
    """Fetch it unless it is here or was tried before; `weights get` is the way to try again. Killed on the way, the next start goes on."""
    if TRIED not in noted() and not _fetched():
        say(f"`python launch.py weights get {NAME}`, or the button in the app, tries again.")


def fetch_for_tests() -> None:
    """Fetch it unless it is here, whatever was tried before: some tests are about the real network."""
    if not _fetched():
        say("The tests that need it are skipped, and say so.")


def _fetched() -> bool:
    """Whether it is here now, or nobody asked for it."""
    listed = (PROJECT / "weights" / "manifest.json").is_file()
    if not listed or any(file.exists() for file in FILES) or os.environ.get("FORENSICS_NO_VENV") == "1":
        return True
    say("Fetching CLIP ViT-B/16, the network that one of the detectors stands on (79 MB, licence MIT, once).")
    # Standard output belongs to the command that was asked for.
    ended = subprocess.run([str(VENV_PYTHON), "-m", "forensics_ui", "weights", "get", NAME], env=app_environment(), stdout=subprocess.DEVNULL)
    note({TRIED: "fetched" if ended.returncode == 0 else "failed"})
    return ended.returncode == 0
