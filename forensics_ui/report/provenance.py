"""With what a report was made: program, libraries, codecs, settings, and the detectors with what is known of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from forensics_ui import doctor
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.report.model import DetectorEntry
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore import manifest
from forensics_ui.weightstore.card import Calibration, Card
from forensics_ui.words import sentence_of
from forensics_ui.words.detectors import about

MADE_BY = ("detector", "weights", "weights_sha256", "input_rule", "device", "precision", "own_reals")


@cache
def tool() -> dict[str, Any]:
    """This program and the system it runs on; nothing about the person."""
    found = doctor.tried(doctor.app)
    return {"name": "forensics_ui", **{key: value for key, value in found.items() if key != "own_venv"}}


def versions(settings: Settings) -> dict[str, Any]:
    """The parts of a report that say with what it was made."""
    return {
        "tool": tool(),
        "packages": doctor.tried(doctor.packages),
        "codecs": doctor.tried(doctor.codecs),
        "settings": doctor.without_home(settings.as_dict()),
    }


def detector_entries(scores: Iterable[Mapping[str, Any]], settings: Settings, chosen: Mapping[str, str] | None = None) -> tuple[DetectorEntry, ...]:
    """One entry per detector, weights, rule, device and precision that made a score, in the order of first use.

    `chosen` names the weights that were given per detector, as a name or a file.
    """
    used: dict[tuple[Any, ...], DetectorEntry] = {}
    for score in scores:
        made_by = tuple(score.get(name) for name in MADE_BY)
        # A picture that was too small was judged without weights; that is not another way of scoring.
        if made_by not in used and score.get("detector") and score.get("weights_sha256"):
            used[made_by] = _entry(dict(zip(MADE_BY, made_by, strict=True)), settings, chosen or {})
    return tuple(used.values())


def _entry(made_by: dict[str, Any], settings: Settings, chosen: Mapping[str, str]) -> DetectorEntry:
    spec = about(made_by["detector"])
    listed, card = card_of(made_by, settings, chosen)
    calibration = card.calibration.get(made_by["input_rule"])
    thresholds = {name: getattr(calibration.pooled, name) for name in ("low", "some", "strong")} if calibration else {}
    rows = {condition: rates.as_dict() for condition, rates in card.rates_of_rule(made_by["input_rule"]).items()}
    return DetectorEntry(
        name=made_by["detector"],
        title=spec.title,
        paper=spec.paper,
        looks_at=spec.looks_at,
        limits=spec.limits,
        parameters=spec.parameters,
        weights=made_by["weights"],
        weights_sha256=made_by["weights_sha256"],
        input_rule=made_by["input_rule"],
        device=made_by["device"],
        precision=made_by["precision"],
        licence=listed.licence if listed else card.licence,
        source=listed.source if listed else None,
        preliminary=card.preliminary,
        thresholds=thresholds,
        thresholds_from=_origin(calibration),
        calibration_note=_note(calibration),
        figures=rows,
        figures_from=card.figures_set if rows else "",
        families=tuple(sorted(card.learnt_from("fake"))),
        own_reals=_own_reals(made_by, settings, thresholds.get("some")),
    )


def card_of(made_by: Mapping[str, Any], settings: Settings, chosen: Mapping[str, str]) -> tuple[manifest.WeightsEntry | None, Card]:
    """The entry of the weights and their card, if it speaks of exactly these bytes."""
    listed = manifest.find(str(made_by["weights"]), settings.weights_dir)
    given = chosen.get(made_by["detector"]) or str(made_by["weights"])
    of = str(made_by["weights"]), str(made_by["weights_sha256"]), str(made_by["detector"])
    return listed, manifest.card_of(*of, settings.weights_dir, given)


def _own_reals(made_by: Mapping[str, Any], settings: Settings, limit: float | None) -> dict[str, Any]:
    """The stored set that was chosen, with what it says of these weights under this rule."""
    if not made_by["own_reals"]:
        return {}
    try:
        own = own_reals.load(own_reals.name_in(made_by["own_reals"]) or "", settings.data_dir)
    except ForensicsError as gone:
        return {"set": made_by["own_reals"], "words": sentence_of(gone)}
    if own.signature != made_by["own_reals"]:
        return {"set": made_by["own_reals"], "words": "the set of this name was made anew since then"}
    return {
        "set": made_by["own_reals"],
        "sha256": own.sha256,
        **own_reals.account(own, *(str(made_by[key]) for key in MADE_BY[:1] + MADE_BY[2:4]), limit),
    }


def own_accounts(own: ReferenceSet, settings: Settings) -> list[dict[str, Any]]:
    """What a stored set says for each of its detectors, weights and rules, beside the limits that their cards state."""
    told = []
    for part in own.parts:
        made_by = {key: getattr(part, key) for key in ("detector", "weights", "weights_sha256")}
        _, card = card_of(made_by, settings, {})
        calibration = card.calibration.get(part.rule)
        limit = calibration.pooled.some if calibration else None
        account = own_reals.account(own, part.detector, part.weights_sha256, part.rule, limit)
        told.append({**made_by, "rule": part.rule, "left_out": dict(part.left_out), **account})
    return told


def _origin(calibration: Calibration | None) -> str:
    if not calibration:
        return "none: these weights are not calibrated under this rule; the papers' own code draws its line at a logit of 0"
    n_real = calibration.pooled.rates.n_real
    number = "an unknown number of" if n_real is None else n_real
    named = calibration.set or f"{number} real pictures that the card does not name"
    return f"the card of the weights; calibrated on: {named}"


def _note(calibration: Calibration | None) -> str:
    row = calibration.pooled if calibration else None
    if row is None or not row.platt or not row.range:
        return "score, uncalibrated: no probability is given"
    low, high = row.range
    return f"probabilities come from the same pictures with generated and real ones weighed equally, and are kept between {low:.4g} and {high:.4g}, which is what their number supports"
