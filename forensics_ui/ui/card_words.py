"""A model card in two plain sentences: what it is, and how often it errs. For people who never heard of a logit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.detectors import DETECTORS
from forensics_ui.weightstore.manifest import learnt_from

CONDITIONS = {"as_they_come": "as they come", "jpeg96": "saved as JPEG 96", "jpeg80": "saved as JPEG 80", "halved": "halved in size"}
RULES = ("native", "crop", "paper")


def plainly(card: Mapping[str, Any]) -> list[str]:
    """Two sentences."""
    if card.get("role") == "inverter":
        return [_inverter(card), _inverter_errs(card)]
    return [_what(card), _errs(card)]


def _what(card: Mapping[str, Any]) -> str:
    title = title_of(str(card["detector"]))
    real, fake = (counts(learnt_from(card), label) for label in ("real", "fake"))
    learned = f"{real[0]:,} real pictures and {fake[0]:,} by {fake[1]} generators" if real[0] and fake[0] else "pictures that its card does not count"
    kind = "A first, weak version: what" if card.get("preliminary") else "What"
    return f"{kind} the {title} detector has learned from {learned}, to tell generated pictures from others."


def title_of(detector: str) -> str:
    """The published name of the method, or what the card calls it."""
    return DETECTORS.get(detector).spec.title if detector in DETECTORS else detector


def counts(group: Mapping[str, Any], label: str) -> tuple[int, int]:
    """How many pictures of a class, and from how many sources."""
    sources = group.get(label) or {}
    return sum(sources.values()), len(sources)


def main_rule(card: Mapping[str, Any]) -> str | None:
    """The rule that verdicts go by, of those that were measured."""
    measured = (card.get("figures") or {}).get("as_they_come") or {}
    return next((rule for rule in RULES if rule in measured), None)


def _errs(card: Mapping[str, Any]) -> str:
    rule = main_rule(card)
    if rule is None:
        return "How often it errs was never measured, so its scores get no verdict."
    figures = {name: rows[rule] for name, rows in card["figures"].items() if rule in rows}
    clean = figures["as_they_come"]
    whose = " kept out of its training" if str(card.get("figures_set", "")).startswith("test") else ""
    said = (
        f"Of generators{whose}, it found {of_hundred(clean['tpr_at_some'])} generated pictures in their first state, and wrongly marked "
        f"{of_hundred(clean['fpr_at_some'])} real ones"
    )
    saved = {name: row["tpr_at_some"] for name, row in figures.items() if name.startswith("jpeg")}
    if not saved:
        return f"{said}."
    worst = min(saved, key=lambda name: saved[name])
    return f"{said}; once pictures were {CONDITIONS.get(worst, worst)}, it found {of_hundred(saved[worst])}."


def of_hundred(share: float) -> str:
    """A share as a count of a hundred, never as none or all of them where it is not measured so."""
    count = round(share * 100)
    if share > 0 and count == 0:
        return "fewer than 1 of 100"
    return f"{count} of 100"


def _inverter(card: Mapping[str, Any]) -> str:
    return (
        "Rebuilds a picture from a small code, as the last part of a generator does, for the view 'Real vs inverted'; it judges nothing. "
        f"It has learned from {card['data']['photographs']:,} photographs."
    )


def _inverter_errs(card: Mapping[str, Any]) -> str:
    found = card["figures"]
    worst = min(row["psnr"] for row in found["worst"])
    return (
        f"On {found['held_out_photographs']} photographs it never saw, the copy is on average {found['psnr_mean']:.1f} dB close (above about 38 dB hardly anybody "
        f"sees a difference); the worst copy has {worst:.1f} dB, which can be seen."
    )
