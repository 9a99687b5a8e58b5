"""Stored sets of the user's own photographs: saved, loaded, listed, forgotten.

A set is scored once and stored as numbers; the photographs themselves are not copied. It is used only when it is chosen, and named
in every verdict that it moves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.reasons import because
from forensics_ui.verdict.counts import interval, tolerance_limit
from forensics_ui.verdict.reference_set import ReferenceSet

FOLDER = "own_reals"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
SCHEMA = "forensics_ui own reals 1"
LARGEST_FILE = 64 * 1024**2


def checked_name(name: str) -> str:
    """A name that is safe as a file name everywhere; ForensicsError otherwise."""
    if not NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ForensicsError(because("bad_set_name"))
    return name


def save(own: Mapping[str, Any], data_dir: Path) -> ReferenceSet:
    """Store a set under its name, beside what is stored of it for other detectors."""
    path = data_dir / FOLDER / f"{checked_name(own['name'])}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"schema": SCHEMA, **{key: value for key, value in own.items() if key not in ("schema", "sha256")}}
    whole = {**body, "sha256": _hash(body)}
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return ReferenceSet.from_json(whole)


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def load(name: str, data_dir: Path) -> ReferenceSet:
    """The set of that name; ForensicsError if there is none that can be trusted to be what was stored."""
    path = data_dir / FOLDER / f"{checked_name(name)}.json"
    try:
        own = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= LARGEST_FILE else None
    except (OSError, ValueError, RecursionError):
        own = None
    if not isinstance(own, dict):
        known = ", ".join(names(data_dir)) or "none"
        raise ForensicsError(because("no_such_set", name=name, known=known))
    stated = own.get("sha256")
    body = {key: value for key, value in own.items() if key != "sha256"}
    if own.get("schema") != SCHEMA or stated != _hash(body):
        raise ForensicsError(because("set_damaged", name=name))
    return ReferenceSet.from_json(own)


def named(name: str | None, data_dir: Path) -> ReferenceSet | None:
    """The set of that name, None for no name; ForensicsError where it cannot be had."""
    return load(name, data_dir) if name else None


def name_in(signature: str | None) -> str | None:
    """The name of the set that records name like this."""
    return signature.rsplit(" (", 1)[0] if signature else None


def by_signature(signature: str | None, data_dir: Path) -> ReferenceSet | None:
    """The stored set that records name like this; None where there is none, or another one by now."""
    name = name_in(signature)
    if name not in names(data_dir):
        return None
    found = load(name, data_dir)
    return found if found.signature == signature else None


def names(data_dir: Path) -> list[str]:
    """The stored sets."""
    return sorted(path.stem for path in (data_dir / FOLDER).glob("*.json"))


def forget(name: str, data_dir: Path) -> None:
    """Delete a stored set; the photographs were never part of it."""
    load(name, data_dir)
    (data_dir / FOLDER / f"{name}.json").unlink()


def account(own: ReferenceSet, detector: str, weights_sha256: str, rule: str, card_limit: float | None = None) -> dict[str, Any]:
    """What a set says of one detector, weights and rule, by condition: counts, limit, and the
    card's false alarms with their interval."""
    part = own.part(detector, weights_sha256, rule)
    logits = part.logits if part else {}
    told: dict[str, Any] = {
        "folder": own.folder,
        "made": own.made,
        "scored": sum(map(len, logits.values())),
        "conditions": {},
    }
    for condition, scores in sorted(logits.items()):
        row: dict[str, Any] = {"n": len(scores), "threshold": tolerance_limit(scores)}
        if card_limit is not None:
            count = sum(logit >= card_limit for logit in scores)
            ends = [round(end, 4) for end in interval(count, len(scores))]
            row.update(marked_by_card=count, interval=ends)
        told["conditions"][condition] = row
    return told
