"""The user's own photographs as a measure: how often the detectors alarm on them, and a limit that few of their kind pass.

A set is scored once and stored as numbers; the photographs themselves are not copied. It is used only when it is chosen, and named
in every verdict that it moves.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.verdict.conditions import Condition
from forensics_ui.verdict.counts import ALARMS, CONFIDENCE, fewest, interval, tolerance_limit

FOLDER = "own_reals"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}")
SCHEMA = "forensics_ui own reals 1"
LARGEST_FILE = 64 * 1024**2


@dataclass(frozen=True)
class OwnLimit:
    """What one set says for one detector, rule and condition. `threshold` is None where it says too little; `words` say which and why."""

    name: str
    n: int
    threshold: float | None
    words: str
    alarms: float = ALARMS
    largest_side: int = 0


def own_limit(own: Mapping[str, Any], rule: str, condition: Condition, card_limit: float | None) -> OwnLimit:
    """The limit from the photographs that are in the condition of the picture."""
    name, part = own["name"], own["rules"].get(rule)
    called = f"your own photographs {name!r}"
    if part is None:
        return OwnLimit(name, 0, None, f"{called} were not scored with these weights under the input rule {rule!r}, so they change nothing here")
    logits = part["logits"].get(condition.key) or []
    n, needed = len(logits), fewest()
    if condition.unmeasured:
        return OwnLimit(name, n, None, f"limits from own photographs go by conditions that were measured, so {called} change nothing here")
    if n < needed:
        of_kind = f"only {n} of {called} are in this condition ({condition.here}), and a limit of their own needs {needed}"
        return OwnLimit(name, n, None, f"{of_kind}, so they change nothing here{rate_words(logits, card_limit)}")
    threshold = tolerance_limit(logits)
    words = (
        f"the limit comes from {called}: {n} in this condition ({condition.here}); with {CONFIDENCE:.0%} confidence at most {ALARMS:.0%} of such "
        f"photographs score as high{rate_words(logits, card_limit)}"
    )
    return OwnLimit(name, n, threshold, words, ALARMS, int(part.get("largest_side") or 0))


def rate_words(logits: Sequence[float], card_limit: float | None) -> str:
    """How many of them the card's own limit would mark."""
    if card_limit is None or not logits:
        return ""
    count = sum(logit >= card_limit for logit in logits)
    low, high = interval(count, len(logits))
    return f"; the card's limit marks {count} of these {len(logits)} (between {low:.1%} and {high:.1%} with {CONFIDENCE:.0%} confidence)"


def checked_name(name: str) -> str:
    """A name that is safe as a file name everywhere; ForensicsError otherwise."""
    if not NAME.fullmatch(name) or name.endswith((".", " ")):
        raise ForensicsError("A set of photographs is named with letters, digits, spaces, '.', '-' and '_', beginning with a letter or digit.")
    return name


def save(own: Mapping[str, Any], data_dir: Path) -> dict[str, Any]:
    """Store a set under its name, beside what is stored of it for other detectors; gives it with its hash."""
    path = data_dir / FOLDER / f"{checked_name(own['name'])}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = {"schema": SCHEMA, **{key: value for key, value in own.items() if key not in ("schema", "sha256")}}
    whole = {**body, "sha256": _hash(body)}
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(beside, path)
    return whole


def _hash(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def load(name: str, data_dir: Path) -> dict[str, Any]:
    """The set of that name; ForensicsError if there is none that can be trusted to be what was stored."""
    path = data_dir / FOLDER / f"{checked_name(name)}.json"
    try:
        own = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size <= LARGEST_FILE else None
    except (OSError, ValueError, RecursionError):
        own = None
    if not isinstance(own, dict):
        known = ", ".join(names(data_dir)) or "none"
        raise ForensicsError(f"There is no stored set of own photographs called {name!r}; stored: {known}. `reals make FOLDER` makes one.")
    stated = own.get("sha256")
    body = {key: value for key, value in own.items() if key != "sha256"}
    if own.get("schema") != SCHEMA or stated != _hash(body):
        raise ForensicsError(f"The stored set {name!r} is damaged or was changed by hand; make it again from its folder.")
    return own


def names(data_dir: Path) -> list[str]:
    """The stored sets."""
    return sorted(path.stem for path in (data_dir / FOLDER).glob("*.json"))


def forget(name: str, data_dir: Path) -> None:
    """Delete a stored set; the photographs were never part of it."""
    load(name, data_dir)
    (data_dir / FOLDER / f"{name}.json").unlink()


def part_of(own: Mapping[str, Any], detector: str, weights_sha256: str) -> dict[str, Any]:
    """What a set knows about exactly these weights: travels with their card to wherever a score is judged."""
    rules = {part["rule"]: part for part in own["parts"] if (part["detector"], part["weights_sha256"]) == (detector, weights_sha256)}
    return {"name": own["name"], "sha256": own["sha256"], "folder": own["folder"], "made": own["made"], "rules": rules}


def signature(own: Mapping[str, Any]) -> str:
    """How records and reports name a set: its name, and the beginning of its hash."""
    return f"{own['name']} ({own['sha256'][:12]})"


def account(own: Mapping[str, Any], detector: str, weights_sha256: str, rule: str, card_limit: float | None = None) -> dict[str, Any]:
    """What a set says of one detector, weights and rule, by condition: counts, limit, and the card's false alarms with their interval."""
    part = part_of(own, detector, weights_sha256)["rules"].get(rule)
    told: dict[str, Any] = {
        "folder": own["folder"],
        "made": own["made"],
        "scored": sum(map(len, part["logits"].values())) if part else 0,
        "conditions": {},
    }
    for condition, logits in sorted((part or {"logits": {}})["logits"].items()):
        row: dict[str, Any] = {"n": len(logits), "threshold": tolerance_limit(logits)}
        if card_limit is not None:
            count = sum(logit >= card_limit for logit in logits)
            row.update(marked_by_card=count, interval=[round(end, 4) for end in interval(count, len(logits))])
        told["conditions"][condition] = row
    return told
