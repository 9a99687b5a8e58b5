"""Which folders of this machine the page may choose: those below a few roots, and none where other machines can reach the app."""

from __future__ import annotations

import os
from pathlib import Path

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.ui.guard import LOOPBACK
from forensics_ui.ui.text import join

MOST_SUGGESTED = 50


class NotAllowed(ForensicsError):
    """A place that this page may not look at."""

    code = "not_allowed"


def allowed(settings: Settings) -> bool:
    """Whether folders may be chosen at all: whoever can reach the app then sits at this machine."""
    return settings.host in LOOPBACK


def roots(settings: Settings) -> list[Path]:
    """The home folder, the app's own folder, the current one, and those that FORENSICS_ROOTS names."""
    if not allowed(settings):
        return []
    named = [part for part in os.environ.get("FORENSICS_ROOTS", "").split(os.pathsep) if part]
    found: list[Path] = []
    for each in (*named, "~", ".", settings.data_dir):
        try:
            path = Path(os.path.realpath(os.path.expanduser(each)))
        except OSError:  # the current folder was deleted
            continue
        # A program that was started from / must not offer the whole machine; who wants that can name it.
        if path.is_dir() and path not in found and (path != path.parent or each in named):
            found.append(path)
    return found


def check(settings: Settings, typed: str) -> Path:
    """The folder that was typed, free of links; NotAllowed outside the roots, whether or not it exists."""
    if not typed.strip():
        raise ForensicsError("Type a folder, or drop files.")
    path = _whole(typed)
    if not _inside(path, roots(settings)):
        raise NotAllowed(outside(settings))
    if not path.is_dir():
        raise ForensicsError(f"There is no folder called {path.name!r} there.")
    return path


def outside(settings: Settings) -> str:
    """Why a folder is refused, and what can be done instead."""
    if not allowed(settings):
        return "Folders cannot be chosen while other machines can reach this app; drop files instead, or use the `batch` command."
    names = join((str(root) for root in roots(settings)), "or")
    return f"This page opens only folders in {names}. To allow others, set FORENSICS_ROOTS before starting the app, or use the `batch` command."


def complete(settings: Settings, typed: str) -> list[str]:
    """Sub-folders that begin with what was typed; the roots where nothing was."""
    known = roots(settings)
    if not typed.strip():
        return [str(root) for root in known]
    head, tail = os.path.split(os.path.expanduser(typed.strip()))
    parent = _whole(head or ".")
    if not _inside(parent, known):
        return [str(root) for root in known if str(root).startswith(typed.strip())]
    try:
        with os.scandir(parent) as entries:
            names = sorted(entry.name for entry in entries if _offered(entry, tail))
    except OSError:
        return []
    return [str(parent / name) for name in names[:MOST_SUGGESTED]]


def _offered(entry: os.DirEntry[str], tail: str) -> bool:
    if entry.name.startswith(".") or not entry.name.lower().startswith(tail.lower()) or not entry.is_dir(follow_symlinks=False):
        return False
    # A name that is no text cannot be typed either.
    return entry.name.isprintable()


def _whole(typed: str) -> Path:
    try:
        return Path(os.path.realpath(os.path.expanduser(typed.strip())))
    except (OSError, ValueError):
        raise ForensicsError("That is not the name of a folder.") from None


def _inside(path: Path, known: list[Path]) -> bool:
    return any(path.is_relative_to(root) for root in known)
