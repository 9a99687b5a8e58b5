"""Files that were dropped on the page: kept byte for byte in a folder of their own, under the names and folders they came with."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import time
from pathlib import Path

from forensics_ui.core.errors import ForensicsError

PREFIX = "drop-"
FILES, STARTED = "files", "started"
# One that was never scored is swept away after a day.
KEPT_SECONDS = 24 * 3600
LONGEST_PART = 240
DEEPEST = 30
# What Windows allows in no name, and its names for devices.
_WINDOWS = re.compile(r'[<>:"|?*\\\x00-\x1f]')
_DEVICES = re.compile(r"(?i)^(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


class Drops:
    """All of them lie beside the journals, in the app's own folder."""

    def __init__(self, data_dir: Path) -> None:
        self.home = Path(os.path.abspath(data_dir)) / "batches"

    def new(self) -> str:
        """An empty one."""
        self.sweep()
        drop = PREFIX + secrets.token_hex(8)
        (self.home / drop / FILES).mkdir(parents=True)
        return drop

    def sweep(self) -> None:
        """Take away those that nobody started."""
        for path in self.home.glob(PREFIX + "*"):
            with contextlib.suppress(OSError):
                if not (path / STARTED).exists() and path.stat().st_mtime < time.time() - KEPT_SECONDS:
                    shutil.rmtree(path)

    def inside(self, drop: str) -> Path:
        """The folder of an open one, into which files may still come."""
        folder = self.home / drop / FILES
        if not re.fullmatch(PREFIX + "[0-9a-f]{16}", drop) or not folder.is_dir():
            raise ForensicsError("These dropped files are no longer there; drop them again.")
        return folder

    def place(self, drop: str, name: str) -> Path:
        """Where a file of that name and folder goes; a name that comes again gets a number."""
        parts = [part for part in name.split("/") if part]
        if not parts or len(parts) > DEEPEST or any(not _bearable(part) for part in parts):
            raise ForensicsError("A file with such a name cannot be kept; rename it, or score its folder instead.")
        path = first = self.inside(drop).joinpath(*map(_here, parts))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            number = 1
            while os.path.lexists(path):
                number += 1
                path = first.with_name(f"{first.stem} ({number}){first.suffix}")
        except OSError as error:
            raise ForensicsError(f"The file cannot be kept under its name: {error.strerror}.") from None
        return path

    def part(self, drop: str) -> Path:
        """Where a file lies until all of it is there."""
        self.inside(drop)
        return self.home / drop / f"{secrets.token_hex(8)}.part"

    def looked_at(self, drop: str) -> Path:
        """The folder to score: what the files have in common, so that lists and reports can name it."""
        folder = self.inside(drop)
        for path in folder.parent.glob("*.part"):
            path.unlink(missing_ok=True)
        entries = list(folder.iterdir())
        if not entries:
            raise ForensicsError("No files were dropped yet.")
        return entries[0] if len(entries) == 1 and entries[0].is_dir() else folder

    def begin(self, drop: str) -> Path:
        """Like `looked_at`, and from now on it is never swept away; loose files are called by their number."""
        folder = self.looked_at(drop)
        (self.home / drop / STARTED).touch()
        if folder.name != FILES or folder.parent != self.home / drop:
            return folder
        count = sum(len(names) for _, _, names in os.walk(folder))
        named = folder / f"{count} dropped {'file' if count == 1 else 'files'}"
        entries = list(folder.iterdir())
        if named.exists():
            return folder
        named.mkdir()
        for entry in entries:
            entry.rename(named / entry.name)
        return named

    def of(self, folder: str | Path | None) -> str | None:
        """Which one a folder belongs to, if any."""
        if not folder:
            return None
        with contextlib.suppress(ValueError):
            first, *_ = Path(folder).relative_to(self.home).parts
            return first if first.startswith(PREFIX) else None
        return None

    def delete(self, drop: str) -> None:
        """Delete the app's copies."""
        if re.fullmatch(PREFIX + "[0-9a-f]{16}", drop):
            shutil.rmtree(self.home / drop, ignore_errors=True)


def _bearable(part: str) -> bool:
    return part not in (".", "..") and "\0" not in part and len(part.encode("utf-8", "replace")) <= LONGEST_PART


def _here(part: str) -> str:
    """As it came, where the system can write that."""
    if os.name != "nt":
        return part
    part = _WINDOWS.sub("_", part).rstrip(". ") or "_"
    return f"_{part}" if _DEVICES.match(part) else part
