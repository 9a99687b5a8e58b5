"""Making `.venv`, and making it anew when it is broken, half made or another Python's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from forensics_ui.launcher import CannotRun, say
from forensics_ui.launcher.lock import LOCK, only_one
from forensics_ui.launcher.machine import check_machine
from forensics_ui.launcher.pip import TEMPORARY, pip_install, pip_works
from forensics_ui.launcher.state import PROJECT, TORCH, UNFINISHED, VENV, VENV_PYTHON, is_ready, note, note_met, noted, torch_index, torch_pins


def made_with() -> str:
    """The `3.x` of the Python that .venv was made with; empty if that is not known or that Python is gone."""
    try:
        text = (VENV / "pyvenv.cfg").read_text(encoding="utf-8")
    except OSError:
        return ""
    facts = {key.strip(): value.strip() for key, _, value in (line.partition("=") for line in text.splitlines())}
    version = facts.get("version") or facts.get("version_info", "")
    return ".".join(version.split(".")[:2]) if Path(facts.get("home", "")).is_dir() else ""


def rebuild_reason() -> str:
    """Why .venv must be made from nothing; empty if it is sound, or not there at all."""
    if not any(path != LOCK for path in VENV.iterdir()):
        return ""
    if UNFINISHED.exists():
        return "the last set-up was cut off"
    if not VENV_PYTHON.exists() or not made_with():
        return "the Python it was made with is gone"
    if made_with() != "{}.{}".format(*sys.version_info[:2]):
        return f"it was made with Python {made_with()}"
    if torch_index() != noted().get(TORCH, ""):
        return "TORCH_INDEX_URL asks for another build of torch"
    return "" if pip_works() else "it has no working pip"


def clear() -> None:
    """Empty .venv but for the lock that is being held and the mark that it is unfinished."""
    if Path(sys.prefix).resolve() == VENV:
        raise CannotRun("This Python lives in .venv, which has to be made anew: run `deactivate`, or use the Python outside it.")
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path not in (LOCK, UNFINISHED):
            path.unlink()


def make_venv() -> None:
    """See that there is a sound .venv with pip."""
    reason = rebuild_reason()
    if not reason and VENV_PYTHON.exists():
        return
    if reason:
        say(f"Making .venv anew: {reason}.")
    UNFINISHED.touch()
    clear()
    say("Making .venv with Python {}.{}.{} ...".format(*sys.version_info[:3]))
    made = subprocess.run(
        [sys.executable, "-I", "-m", "venv", str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    if made.returncode:
        raise CannotRun(f"{made.stdout.strip()}\nThe virtual environment could not be made; Python's message is above.")
    UNFINISHED.unlink()


def set_up(name: str) -> None:
    """Make .venv hold what the requirements file asks for; immediate when it does already."""
    if os.environ.get("FORENSICS_NO_VENV") == "1" or is_ready(name):
        return
    check_machine()
    with only_one() as lock:
        if is_ready(name):
            return
        started, index = time.monotonic(), torch_index()
        say(f"Setting up what {name} asks for. The first time takes some minutes.")
        make_venv()
        note({TORCH: index})
        if index:
            pip_install(["--index-url", index, *torch_pins()], lock)
        pip_install(["-r", str(PROJECT / name)], lock)
        shutil.rmtree(TEMPORARY, ignore_errors=True)
        note_met(name)
        say(f"Set-up done in {time.monotonic() - started:.0f} s.")
