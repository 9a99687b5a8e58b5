"""What the app says of the same pictures, counted: the second truth of an evaluation.

The papers' columns hold raw scores against one line. A verdict holds a picture against the limit of its own condition, asks for a
likelihood ratio, and takes off what scores grow by with the size, so its false alarms and finds are others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics_ui.core.types import BANDS, INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG
from forensics_ui.evaluation.folders import Group
from forensics_ui.evaluation.metrics import Figures, mean_of, measure, shares
from forensics_ui.evaluation.scoring import ScoredFile, ScoredFolder
from forensics_ui.verdict.growth import offset_at, side_of
from forensics_ui.weightstore.card import Growth

if TYPE_CHECKING:
    from forensics_ui.evaluation.evaluate import Request

KINDS = {STRONG: "strong", SOME: "some", INCONCLUSIVE: "inconclusive", NO_TRACE: "no_trace", NOT_APPLICABLE: "not_applicable"}
SHARES = ("evidence", *(KINDS[band] for band in BANDS))
CLASSES = ("real", "fake")
VERDICT_FIGURES = tuple(f"{label}_{share}" for label in CLASSES for share in SHARES)
RANKING = ("ap", "auc", "tpr_at_1pct_fpr", "tpr_at_5pct_fpr")
Growths = Sequence[Growth]


def verdict_rows(detector: str, scored: ScoredFolder, groups: Sequence[Group], request: Request) -> dict[str, Any]:
    """The shares of each verdict per generator, their mean, and over all pictures; the ranking too where growth is known."""
    growth = _growth(detector, scored, request)
    made = {group.name: _row(detector, scored, (group.real, group.fake), growth, request) for group in groups}
    everything = [_once(scored, (path for group in groups for path in getattr(group, label))) for label in CLASSES]
    names = (*VERDICT_FIGURES, *(RANKING if growth else ()))
    return {
        "calibrated": bool(scored.cards[detector].calibration.get(request.rules[detector])),
        "own_reals": sorted(scored.own_reals.get(detector, ())),
        "growth_taken_off": bool(growth),
        "generators": [{"name": name, **row} for name, (row, _) in made.items()],
        "mean": mean_of([figures for _, figures in made.values()], names),
        "together": _row(detector, scored, everything, growth, request, together=True)[0],
    }


def _growth(detector: str, scored: ScoredFolder, request: Request) -> Growths:
    """What scores grow by with the size; verdicts by own photographs, which were scored as large as they are, take nothing off."""
    calibration = scored.cards[detector].calibration.get(request.rules[detector])
    return calibration.pooled.growth if calibration and not scored.own_reals.get(detector) else ()


def _once(scored: ScoredFolder, paths: Iterable[str]) -> list[str]:
    """One path of each content."""
    return list({scored.pictures[path].sha256: path for path in paths}.values())


def _row(
    detector: str, scored: ScoredFolder, paths: Sequence[Sequence[str]], growth: Growths, request: Request, *, together: bool = False
) -> tuple[dict[str, Any], Figures]:
    """One generator, or all pictures: counts, shares, and how well the scores that verdicts compare tell the classes apart."""
    how = {"resamples": request.resamples, "seed": request.seed}
    row: dict[str, Any] = {}
    values: dict[str, float] = {}
    replicates: dict[str, np.ndarray] = {}
    for label, part in zip(CLASSES, paths, strict=True):
        files = [scored.pictures[path] for path in part if detector in scored.pictures[path].bands]
        bands = [file.bands[detector] for file in files]
        found = _with_evidence(shares([BANDS.index(band) for band in bands], list(KINDS.values()), **how, pool=_pool(label, files, together)))
        values |= {f"{label}_{name}": found.values[name] for name in SHARES}
        replicates |= {f"{label}_{name}": drawn for name, drawn in found.replicates.items()}
        row |= {f"n_{label}": len(files), f"{label}_counts": {KINDS[band]: Counter(bands)[band] for band in BANDS}}
    if growth:
        ranked = _ranked(detector, scored, paths, growth, how, together)
        values |= {name: ranked.values[name] for name in RANKING}
        replicates |= {name: ranked.replicates[name] for name in RANKING if name in ranked.replicates}
    figures = Figures(values, replicates)
    return {**row, "figures": values, "intervals": figures.intervals()}, figures


def _with_evidence(found: Figures) -> Figures:
    """Some and strong together."""
    both = {"evidence": found.values["some"] + found.values["strong"]}
    drawn = {"evidence": found.replicates["some"] + found.replicates["strong"]} if found.replicates else {}
    return Figures({**both, **found.values}, {**drawn, **found.replicates})


def _pool(label: str, files: Sequence[ScoredFile], together: bool) -> str:
    """The name of what is drawn from: generators that share their reals draw alike, as in the other columns."""
    return label if together else "\n".join(file.path for file in files)


def _ranked(detector: str, scored: ScoredFolder, paths: Sequence[Sequence[str]], growth: Growths, how: Mapping[str, int], together: bool) -> Figures:
    files = [[scored.pictures[path] for path in part if detector in scored.pictures[path].logits] for part in paths]
    compared = [[_compared(file, detector, growth) for file in part] for part in files]
    pools = _pool(CLASSES[0], files[0], together), _pool(CLASSES[1], files[1], together)
    return measure(compared[0], compared[1], 0.0, resamples=how["resamples"], seed=how["seed"], pools=pools)


def _compared(file: ScoredFile, detector: str, growth: Growths) -> float:
    return file.logits[detector] - offset_at(growth, side_of((file.facts["width"], file.facts["height"])))
