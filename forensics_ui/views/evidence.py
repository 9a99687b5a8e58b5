"""Where the score comes from: the logit taken apart, exactly, into what every place of the picture adds to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics_ui.core.reasons import Reason, fact
from forensics_ui.core.types import Analysis, ExactMap, TopKTerms
from forensics_ui.views.base import VIEWS, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import DETECTOR, ask_each, original, rounded, seen_numbers, title_of
from forensics_ui.views.deletion import CHECK_PIXELS, Check, check_of_analysis
from forensics_ui.views.places import contributions, evidence_of, map_pane

KINDS = {ExactMap: "sum over all places, exact", TopKTerms: "Top-K terms at their places, exact"}


def figures(analysis: Analysis, values: np.ndarray) -> dict[str, Any]:
    """The sum and its parts; `difference` is what rounding leaves between it and the logit shown."""
    evidence = evidence_of(analysis)
    total = float(values.sum()) + evidence.bias
    return {
        "kind": KINDS[type(evidence)],
        "exact": True,
        "weights": analysis.weights,
        "logit": rounded(analysis.logit),
        "bias": rounded(evidence.bias),
        "sum_of_places": rounded(float(values.sum())),
        "difference": rounded(total - analysis.logit, 9),
        "towards_generated": rounded(float(values[values > 0].sum())),
        "towards_real": rounded(float(values[values < 0].sum())),
        "least": rounded(float(values.min())),
        "largest": rounded(float(values.max())),
        "cells": list(values.shape),
        "seen": seen_numbers(analysis.seen),
    }


def check_line(title: str, found: dict[str, Any]) -> Reason:
    """The sum in parts that can be added up by hand."""
    return fact(
        "evidence_sum",
        title=title,
        bias=found["bias"],
        generated=found["towards_generated"],
        real=found["towards_real"],
        together=found["bias"] + found["sum_of_places"],
        logit=found["logit"],
    )


@VIEWS.register("evidence")
class Evidence(View):
    """Exact evidence maps, detectors side by side."""

    name = "evidence"
    title = "Where the score comes from"
    shows = "How much every place adds to the score (red pushes towards generated, blue towards real), exactly: added up with the bias, the places are the score."
    misleads = (
        "A bright map on a real photograph is normal: the colours show what this detector reacted to, not what was generated, and each map has its own scale; "
        "a place is computed from a wider surrounding than the square that is drawn."
    )
    options = (
        DETECTOR,
        Option(
            "parts", "Show", "net", choices=("net", "split"), help="'split' adds what pushes towards generated and towards real as maps of their own"
        ),
        Option("gain", "Gain", 1.0, low=1, high=64, step=0.5, help="the scale ends at the largest contribution / gain", paints=True),
        Option("check", "Deletion check", False, help="score the picture again with the marked places replaced; takes seconds"),
    )
    order = 30

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        found, lines = ask_each(subject, chosen["detector"], subject.analysis)
        panes, numbers, sentences = [original(subject)], {}, []
        for name, analysis in found.items():
            if analysis.evidence is None:
                sentences.append(fact("no_evidence", title=title_of(name)))
                continue
            values = contributions(analysis.evidence)
            numbers[name] = figures(analysis, values)
            panes += _maps(subject, name, analysis, values, chosen)
            sentences += [check_line(title_of(name), numbers[name]), *_remarks(name, analysis, values)]
        if chosen["check"]:
            for at, name in enumerate(numbers):
                result = check_of_analysis(subject, name, _part_of(subject, at, len(numbers)))
                numbers[name]["deletion"] = result.numbers
                sentences.append(_check_sentence(subject, name, result))
        return Rendering(panes=tuple(panes), numbers={"detectors": numbers}, sentences=(*sentences, *lines))


def _part_of(subject: Subject, at: int, parts: int) -> Any:
    return lambda done, total: subject.progress(at * total + done, parts * total)


def _maps(subject: Subject, name: str, analysis: Analysis, values: np.ndarray, chosen: dict[str, Any]) -> list[Pane]:
    end = (float(np.abs(values).max()) or 1.0) / chosen["gain"]
    cells, where = evidence_of(analysis).cells, (analysis.seen, subject.picture)
    signed = Scale(-end, end, "added to the logit", "signed", signed=True)
    made = [map_pane((f"evidence_{name}", f"{title_of(name)}, exact"), values, cells, where, signed, KINDS[type(evidence_of(analysis))])]
    if chosen["parts"] == "split":
        pushes = _split(analysis, values)
        made += [map_pane((f"{kind}_{name}", f"{title_of(name)}: towards {kind}"), part, cells, where, signed) for kind, part in pushes.items()]
    return made


def _split(analysis: Analysis, values: np.ndarray) -> dict[str, np.ndarray]:
    """Pushes to either side. At one place several of LFM's terms can meet and cancel, so they are parted before they are added."""
    if not isinstance(analysis.evidence, TopKTerms):
        return {"generated": np.maximum(values, 0), "real": np.minimum(values, 0)}
    terms, parts = analysis.evidence, {}
    each = terms.value.astype(np.float64) * terms.weight
    for kind, part in (("generated", np.maximum(each, 0)), ("real", np.minimum(each, 0))):
        parts[kind] = np.zeros(terms.grid)
        np.add.at(parts[kind], (terms.row, terms.column), part)
    return parts


def _remarks(name: str, analysis: Analysis, values: np.ndarray) -> list[Reason]:
    lines = []
    if np.ptp(values) == 0:
        lines.append(fact("evidence_flat", title=title_of(name)))
    if analysis.seen.resampled:
        lines.append(fact("evidence_stretched", title=title_of(name)))
    return lines


def _check_sentence(subject: Subject, name: str, result: Check) -> Reason:
    large = subject.picture.width * subject.picture.height > CHECK_PIXELS
    return fact("check_of", title=title_of(name), on_crop=large, why=result.why)
