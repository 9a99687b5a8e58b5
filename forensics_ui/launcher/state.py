"""What `.venv` holds and whether that is what the requirements ask for."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATE = VENV / ".forensics_ui.json"  # a stamp for each requirements file that is met, and where torch came from
UNFINISHED = VENV / ".unfinished"  # there while .venv is being changed: found later, it means that this was cut off
MAIN, DEV, DESKTOP, CLUSTER = (f"requirements{part}.txt" for part in ("", "-dev", "-desktop", "-cluster"))
TORCH = "TORCH_INDEX_URL"


def requirement_files(name: str) -> list[Path]:
    """The file and those it includes (`-r`, `-c`)."""
    found = [PROJECT / name]
    for line in found[0].read_text(encoding="utf-8").splitlines():
        if match := re.match(r"-[rc]\s+(\S+)", line):
            found += requirement_files(match.group(1))
    return found


def torch_pins() -> list[str]:
    """The exact torch packages that the requirements name."""
    return re.findall(r"^(torch(?:vision)?==[^\s;#]+)", (PROJECT / MAIN).read_text(encoding="utf-8"), re.M)


def noted() -> dict[str, str]:
    """What earlier set-ups wrote down; empty if there is nothing that can be read."""
    try:
        found = json.loads(STATE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def torch_index() -> str:
    """Where torch comes from: as asked now, else as asked when .venv was made; empty for the usual index."""
    return os.environ.get(TORCH) or noted().get(TORCH, "")


def stamp(name: str) -> str:
    """One number for everything that decides what belongs into .venv."""
    digest = hashlib.sha256(repr((sys.version_info[:3], torch_index())).encode())
    for path in requirement_files(name):
        digest.update(b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_ready(name: str) -> bool:
    """True if nothing has to be done before the app can start."""
    return VENV_PYTHON.exists() and not UNFINISHED.exists() and noted().get(name) == stamp(name)


def note(entries: dict[str, str]) -> None:
    """Add to what is written down, in one step: a reader finds the old state or the new one."""
    fresh = STATE.with_suffix(".new")
    fresh.write_text(json.dumps({**noted(), **entries}, indent=1), encoding="utf-8")
    os.replace(fresh, STATE)


def note_met(name: str) -> None:
    """Write down that a requirements file is met, and with it the main one that it may include."""
    note({path.name: stamp(path.name) for path in requirement_files(name) if path.name in (MAIN, name)})
