"""How alike another file of a network sees to the one that a head's limits were measured on; written beside the file."""

from __future__ import annotations

import json
from pathlib import Path

ALIKE = 0.999  # the lowest cosine of their features at which limits hold
# What is known where the weights folder cannot be written to.
_found: dict[tuple[str, str], float] = {}


def remember(file: Path, sha256: str, of_sha256: str, cosine: float) -> None:
    """Keep how alike the features of the file with the first hash are to those of the second."""
    _found[sha256, of_sha256] = cosine
    try:
        _note(file).write_text(json.dumps({"sha256": sha256, "of": of_sha256, "cosine": cosine}), encoding="utf-8")
    except OSError:
        return


def cosine_to(file: Path, sha256: str, of_sha256: str) -> float | None:
    """What was found; None if nobody looked yet."""
    key = sha256, of_sha256
    if key not in _found:
        try:
            noted = json.loads(_note(file).read_text(encoding="utf-8"))
            if (noted["sha256"], noted["of"]) == key:
                _found[key] = float(noted["cosine"])
        except (OSError, ValueError, LookupError, TypeError):
            return None
    return _found.get(key)


def _note(file: Path) -> Path:
    return file.with_name(f"{file.name}.likeness")
