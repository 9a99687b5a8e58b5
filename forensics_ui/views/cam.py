"""Grad-CAM and its relatives: what a network's inner layers react to, approximately, for either side of the score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forensics_ui.core.reasons import Reason, fact
from forensics_ui.core.types import Prepared
from forensics_ui.detectors import DETECTORS
from forensics_ui.views.base import VIEWS, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import DETECTOR, ask_each, original, rounded, seen_numbers, title_of
from forensics_ui.views.deletion import Check, block_rule, check
from forensics_ui.views.gradcam import BLIND, METHODS, raw_map
from forensics_ui.views.places import map_pane
from forensics_ui.views.plain import DEPTHS, Layer, network_input, recipe_of

FLAT = 1e-9  # of the largest value: below this a map has no structure, only rounding


@dataclass(frozen=True)
class Made:
    """One detector's map and how it came about."""

    prepared: Prepared
    layer: Layer
    raw: np.ndarray
    deletion: Check | None


@VIEWS.register("cam")
class Cam(View):
    """Approximate activation maps of any layer by the methods of the grad-cam package."""

    name = "cam"
    title = "CAM and Grad-CAM"
    shows = "Which places make a chosen layer of the network react in favour of a high (or low) score, by a method of your choice; approximate, because the maps do not add up to the score."
    misleads = (
        "Such a map shows attention, not fakeness: a bright map on a real photograph is normal, methods and layers disagree with each other, and every map has its own scale; "
        "the deletion check tells whether the score depends on what is marked."
    )
    options = (
        DETECTOR,
        Option("method", "Method", "gradcam", choices=tuple(METHODS)),
        Option("layer", "Layer", "last", choices=DEPTHS),
        Option("side", "In favour of", "generated", choices=("generated", "real"), help="explain the score, or minus the score"),
        Option("negative", "Show negative values too", False, help="as published, the maps are cut at zero"),
        Option("check", "Deletion check", True, help="score the picture again with the marked places replaced"),
    )
    slow = True
    order = 40

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        found, lines = ask_each(subject, chosen["detector"], lambda name: make(subject, name, chosen))
        panes, numbers, sentences = (
            [original(subject)],
            {},
            [fact("cam_approximate")],
        )
        for name, made in found.items():
            numbers[name] = _numbers(made, chosen)
            panes.append(_pane(subject, name, made, chosen))
            sentences += _sentences(name, made, chosen)
        return Rendering(panes=tuple(panes), numbers={"detectors": numbers}, sentences=(*sentences, *lines))


def make(subject: Subject, detector: str, chosen: dict[str, Any]) -> Made:
    """Compute the map on the block that the detector sees; NotApplicable if it sees none or the method cannot be used on it."""
    recipe = recipe_of(detector)
    # Gradients of a huge picture do not fit into memory, and UnivFD's network takes one square.
    rule = "crop" if recipe.tokens and subject.rule == "native" else block_rule(subject)
    prepared = DETECTORS.get(detector).prepare(subject.picture.rgb, rule)
    network = subject.plain_network(detector)
    layer = recipe.layers(network)[chosen["layer"]]
    sign = 1.0 if chosen["side"] == "generated" else -1.0
    raw = raw_map(network, layer, network_input(detector, prepared.block), chosen["method"], sign, recipe.tokens, subject.progress)
    deletion = None
    if chosen["check"] and not _flat(raw):
        # The sum over squares that the check makes must not let negative values hide positive ones that are shown.
        shown = raw if chosen["negative"] else np.maximum(raw, 0)
        deletion = check(
            prepared.block, shown, layer.cells, lambda changed: sign * subject.logit_of(changed, detector, "native"), subject.progress, sign < 0
        )
    return Made(prepared, layer, raw, deletion)


def _flat(raw: np.ndarray) -> bool:
    return float(np.ptp(raw)) <= FLAT * max(1e-30, float(np.abs(raw).max()))


def _numbers(made: Made, chosen: dict[str, Any]) -> dict[str, Any]:
    return {
        "exact": False,
        "method": chosen["method"],
        "layer": made.layer.path,
        "layer_words": made.layer.words,
        "side": chosen["side"],
        "raw_least": rounded(float(made.raw.min()), 9),
        "raw_largest": rounded(float(made.raw.max()), 9),
        "positive_share": rounded(float((made.raw > 0).mean())),
        "flat": _flat(made.raw),
        "cells": list(made.raw.shape),
        "seen": seen_numbers(made.prepared.seen),
        "deletion": made.deletion.numbers if made.deletion else None,
    }


def _pane(subject: Subject, name: str, made: Made, chosen: dict[str, Any]) -> Pane:
    end = float(np.abs(made.raw).max()) or 1.0
    scale = (
        Scale(-end, end, "raw", "signed", signed=True) if chosen["negative"] else Scale(0.0, max(float(made.raw.max()), end * FLAT), "raw", "inferno")
    )
    values = made.raw if chosen["negative"] else np.maximum(made.raw, 0)
    label = (f"cam_{name}", f"{title_of(name)}, {chosen['method']}, approximate")
    return map_pane(label, values, made.layer.cells, (made.prepared.seen, subject.picture), scale, made.layer.words)


def _sentences(name: str, made: Made, chosen: dict[str, Any]) -> list[Reason]:
    title, lines = title_of(name), []
    seen = made.prepared.seen
    lines.append(fact("cam_range", title=title, layer=made.layer.words, low=float(made.raw.min()), high=float(made.raw.max())))
    if seen.rule == "crop" or seen.notes:
        lines.append(fact("cam_computed_on", title=title, width=seen.box.width, height=seen.box.height, parts=list(seen.notes)))
    if _flat(made.raw):
        lines.append(fact("cam_flat", title=title))
    elif made.raw.max() <= 0:
        lines.append(fact("cam_empty", title=title, side=chosen["side"]))
    if chosen["method"] in BLIND:
        lines.append(fact("cam_blind", title=title, method=chosen["method"]))
    if made.deletion:
        lines.append(fact("check_in_favour", title=title, side=chosen["side"], why=made.deletion.why))
    return lines
