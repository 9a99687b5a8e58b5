"""Sources that are near relatives count as one: what is said of a picture comes from fits that met none of its family.

`sources.csv` says who is related; the first pattern that fits a whole name decides. Other sources stand alone, and a package
is the same one whichever manager carries it.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("sources.csv")
MANAGERS = ("debian:", "npm:", "pypi:")


@cache
def _known() -> tuple[dict[str, str], ...]:
    with LIST.open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def _row(label: int, source: str) -> dict[str, str]:
    wanted = ("real", "fake")[label]
    return next((row for row in _known() if row["label"] == wanted and re.fullmatch(row["pattern"], source, re.IGNORECASE)), {})


def family_of(label: int, source: str) -> str:
    """The family's name, which tells the classes apart too."""
    alone = next((source.removeprefix(each) for each in MANAGERS if source.startswith(each)), source)
    return f"{('real', 'fake')[label]}:{_row(label, source).get('family') or alone.lower()}"


def kind_of(label: int, source: str) -> str:
    """What kind of pictures a source has, where its list does not say."""
    return _row(label, source).get("kind") or ("generated" if label else "photo")


def plain(source: str) -> str:
    """A source's name as cards may spell it: they replace what a folder cannot be called."""
    return re.sub(r"[^a-z0-9]+", "-", source.lower()).strip("-")
