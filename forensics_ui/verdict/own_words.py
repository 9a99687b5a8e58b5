"""A stored set of own photographs in sentences: the same on the command line, on the screen and in reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forensics_ui.verdict.counts import ALARMS, CONFIDENCE, fewest
from forensics_ui.verdict.reference_set import ReferenceSet

CONDITIONS = {
    "as_they_come": "saved without loss",
    "jpeg96": "JPEG at high quality",
    "jpeg80": "JPEG at medium or low quality",
    "halved": "scaled down to about half",
}


def sentences(own: ReferenceSet, accounts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Of the set, then of each detector, rule and condition."""
    failed = sum(own.failed.values())
    lines = [
        f"{own.name}: {own.pictures} different photographs of {own.folder!r}, scored {own.made}" + (f"; {failed} files failed" if failed else "")
    ]
    for account in accounts:
        where = f"{account['detector']}, {account['weights']}, rule {account['rule']}"
        lines += [f"{where}, {CONDITIONS.get(name, name)}: {row_words(row)}" for name, row in account["conditions"].items()]
    return lines


def of_report(told: Mapping[str, Any]) -> list[str]:
    """The same for a report's entry on a detector: which set, and each condition; empty where none was chosen."""
    if not told:
        return []
    if told.get("words"):
        return [f"{told['set']}: {told['words']}"]
    head = f"{told['set']}: {told['scored']} photographs of {told['folder']!r}, scored {told['made']}, SHA-256 of the set {told['sha256']}"
    return [head, *(f"{CONDITIONS.get(name, name)}: {row_words(row)}" for name, row in told["conditions"].items())]


def row_words(row: Mapping[str, Any]) -> str:
    """One condition: how many, how often the card's limit alarms, and the limit of their own."""
    parts = [f"{row['n']} photographs"]
    if "marked_by_card" in row:
        low, high = row["interval"]
        parts.append(
            f"{row['marked_by_card']} of them reach the card's limit: between {low:.1%} and {high:.1%} of such photographs do with {CONFIDENCE:.0%} confidence"
        )
    if row["threshold"] is None:
        parts.append(f"too few for a limit of their own, which needs {fewest()}")
    else:
        parts.append(
            f"their own limit is {row['threshold']:+.4f}: with {CONFIDENCE:.0%} confidence at most {ALARMS:.0%} of such photographs reach it"
        )
    return "; ".join(parts)
