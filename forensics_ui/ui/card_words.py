"""A model card in two plain sentences: what it is, and how often it errs. For people who never heard of a logit."""

from __future__ import annotations

from collections.abc import Mapping

from forensics_ui.detectors import DETECTORS
from forensics_ui.weightstore.card import Card, Rebuilding

CONDITIONS = {"as_they_come": "as they come", "jpeg96": "saved as JPEG 96", "jpeg80": "saved as JPEG 80", "halved": "halved in size"}
RULES = ("native", "crop", "paper")


def plainly(card: Card) -> list[str]:
    """Two sentences."""
    if card.rebuilding:
        return [_inverter(card.rebuilding), _inverter_errs(card.rebuilding)]
    return [_what(card), _errs(card)]


def _what(card: Card) -> str:
    title = title_of(card.detector)
    real, fake = (counts(card.learnt_from(label)) for label in ("real", "fake"))
    learned = f"{real[0]:,} real pictures and {fake[0]:,} by {fake[1]} generators" if real[0] and fake[0] else "pictures that its card does not count"
    kind = "A first, weak version: what" if card.preliminary else "What"
    return f"{kind} the {title} detector has learned from {learned}, to tell generated pictures from others."


def title_of(detector: str) -> str:
    """The published name of the method, or what the card calls it."""
    return DETECTORS.get(detector).spec.title if detector in DETECTORS else detector


def counts(sources: Mapping[str, int]) -> tuple[int, int]:
    """How many pictures, and from how many sources."""
    return sum(sources.values()), len(sources)


def main_rule(card: Card) -> str | None:
    """The rule that verdicts go by, of those that were measured."""
    return next((rule for rule in RULES if card.rates("as_they_come", rule)), None)


def _errs(card: Card) -> str:
    rule = main_rule(card)
    if rule is None:
        return "How often it errs was never measured, so its scores get no verdict."
    figures = card.rates_of_rule(rule)
    clean = figures["as_they_come"]
    whose = " kept out of its training" if card.figures_set.startswith("test") else ""
    said = (
        f"Of generators{whose}, it found {of_hundred(clean.tpr_at_some)} generated pictures in their first state, and wrongly marked "
        f"{of_hundred(clean.fpr_at_some)} real ones"
    )
    saved = {name: row.tpr_at_some for name, row in figures.items() if name.startswith("jpeg")}
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


def _inverter(found: Rebuilding) -> str:
    return (
        "Rebuilds a picture from a small code, as the last part of a generator does, for the view 'Real vs inverted'; it judges nothing. "
        f"It has learned from {found.photographs:,} photographs."
    )


def _inverter_errs(found: Rebuilding) -> str:
    worst = min(psnr for _, psnr in found.worst)
    return (
        f"On {found.held_out} photographs it never saw, the copy is on average {found.mean:.1f} dB close (above about 38 dB hardly anybody "
        f"sees a difference); the worst copy has {worst:.1f} dB, which can be seen."
    )
