"""Top-K activations: LFM's score is a sum of 64 x 16 terms, each at one place. This is that sum, term by term."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, all_of, because, fact
from forensics_ui.core.types import Analysis, Box, TopKTerms
from forensics_ui.views.base import VIEWS, Curve, Mark, Option, Rendering, Scale, Subject, Table, View
from forensics_ui.views.common import original, rounded, seen_numbers, title_of
from forensics_ui.views.places import contributions, field_box, map_pane

MOST_MARKS = 24  # more rectangles than this hide the picture
MOST_CHANNELS = 24


def terms_of(subject: Subject) -> tuple[str, Analysis, TopKTerms]:
    """The first usable detector whose score is a sum of Top-K terms, and the terms."""
    reasons = []
    for name in subject.detectors():
        try:
            analysis = subject.analysis(name)
        except NotApplicable as reason:
            reasons.append(reason.why)
            continue
        if isinstance(analysis.evidence, TopKTerms):
            return name, analysis, analysis.evidence
    raise NotApplicable(all_of(reasons) if reasons else because("no_topk_detector"))


def strongest(terms: TopKTerms, ranks: int, count: int) -> list[tuple[int, int]]:
    """(channel, rank) of the largest contributions of either sign, the largest first."""
    sizes = np.abs(terms.contributions[:, :ranks])
    order = np.argsort(-sizes, axis=None, kind="stable")[:count]
    return [(int(channel), int(rank)) for channel, rank in zip(*np.unravel_index(order, sizes.shape), strict=True)]


@VIEWS.register("topk")
class TopK(View):
    """The terms of LFM's score: where, which channel, how much."""

    name = "topk"
    title = "Top-K activations"
    shows = "The terms that LFM's score is the sum of: for each of 64 channels its 16 strongest places, each times a learnt weight, and bias plus all terms is the score, exactly."
    misleads = (
        "Every picture has strongest places, a real photograph too: a long list is no evidence by itself, only the sum is scored; "
        "with fewer ranks than the trained ones the sum is part of the score, not another score."
    )
    options = (
        Option("k", "Ranks K", 16, low=1, high=16, step=1, help="the network was trained with K = 16; fewer shows what the first ranks add up to"),
        Option("terms", "Terms in the list", 50, low=1, high=1024, step=1),
        Option("gain", "Gain", 1.0, low=1, high=64, step=0.5, help="the scale ends at the largest contribution / gain", paints=True),
    )
    order = 50

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        detector, analysis, terms = terms_of(subject)
        trained = terms.value.shape[1]
        ranks = min(chosen["k"], trained)
        listed = strongest(terms, ranks, chosen["terms"])
        boxes = [field_box(analysis.seen, terms.cells, subject.picture, int(terms.row[at]), int(terms.column[at])) for at in listed]
        values = contributions(terms, ranks)
        end = (float(np.abs(values).max()) or 1.0) / chosen["gain"]
        scale = Scale(-end, end, "added to the logit", "signed", signed=True)
        note = f"{title_of(detector)}, the first {ranks} of {trained} ranks of {terms.value.shape[0]} channels"
        pane = map_pane(("topk", "Top-K terms at their places, exact"), values, terms.cells, (analysis.seen, subject.picture), scale, note)
        numbers = _numbers((detector, analysis, terms), ranks, trained, listed)
        return Rendering(
            panes=(original(subject), pane),
            numbers=numbers,
            sentences=tuple(_sentences(numbers, terms)),
            marks=tuple(_marks(terms, listed, boxes)),
            tables=(_table(terms, listed, boxes),),
            curves=(_by_rank(terms, analysis.logit), _by_channel(terms, ranks)),
            crops=tuple(_crops(terms, listed, boxes)),
        )


def partial_sum(terms: TopKTerms, ranks: int) -> float:
    """Bias and the terms of the first ranks, in float64."""
    return float((terms.value[:, :ranks].astype(np.float64) * terms.weight[:, :ranks]).sum()) + terms.bias


def _numbers(scored: tuple[str, Analysis, TopKTerms], ranks: int, trained: int, listed: list[tuple[int, int]]) -> dict[str, Any]:
    detector, analysis, terms = scored
    sums = terms.contributions[:, :ranks].astype(np.float64)
    return {
        "detector": detector,
        "weights": analysis.weights,
        "logit": rounded(analysis.logit),
        "bias": rounded(terms.bias),
        "channels": terms.value.shape[0],
        "k": ranks,
        "trained_k": trained,
        "sum_with_k": rounded(partial_sum(terms, ranks)),
        "sum_with_all": rounded(terms.total()),
        "difference": rounded(terms.total() - analysis.logit, 9),
        "towards_generated": rounded(float(sums[sums > 0].sum())),
        "towards_real": rounded(float(sums[sums < 0].sum())),
        "distinct_places": len(set(zip(terms.row[:, :ranks].flat, terms.column[:, :ranks].flat, strict=True))),
        "strongest": [{"channel": c, "rank": r + 1, "contribution": rounded(float(terms.contributions[c, r]))} for c, r in listed[:10]],
        "receptive_field": terms.cells.field,
        "seen": seen_numbers(analysis.seen),
    }


def _sentences(numbers: dict[str, Any], terms: TopKTerms) -> list[Reason]:
    count = numbers["channels"] * numbers["trained_k"]
    bias, total = numbers["bias"], numbers["sum_with_all"]
    lines = [fact("topk_sum", bias=bias, count=count, terms=total - bias, total=total, logit=numbers["logit"])]
    if numbers["k"] < numbers["trained_k"]:
        lines.append(fact("topk_part", k=numbers["k"], total=numbers["sum_with_k"], trained=numbers["trained_k"]))
    places = terms.grid[0] * terms.grid[1]
    return [*lines, fact("topk_places", distinct=numbers["distinct_places"], places=places, field=numbers["receptive_field"])]


def _table(terms: TopKTerms, listed: list[tuple[int, int]], boxes: list[Box]) -> Table:
    columns = ("channel", "rank", "value", "weight", "contribution", "left", "top", "width", "height")
    rows = []
    for at, box in zip(listed, boxes, strict=True):
        figures = (rounded(float(part[at])) for part in (terms.value, terms.weight, terms.contributions))
        rows.append((at[0], at[1] + 1, *figures, box.left, box.top, box.width, box.height))
    return Table("Strongest terms", columns, tuple(rows), tuple(boxes))


def _label(terms: TopKTerms, at: tuple[int, int]) -> str:
    return f"channel {at[0]}, rank {at[1] + 1}: {float(terms.contributions[at]):+.3f}"


def _marks(terms: TopKTerms, listed: list[tuple[int, int]], boxes: list[Box]) -> list[Mark]:
    pairs = list(zip(listed, boxes, strict=True))[:MOST_MARKS]
    return [Mark(box, _label(terms, at), "fake" if terms.contributions[at] > 0 else "real") for at, box in pairs]


def _crops(terms: TopKTerms, listed: list[tuple[int, int]], boxes: list[Box]) -> list[tuple[str, Box]]:
    """The patches, each place once: several channels often agree on one."""
    first: dict[Box, str] = {}
    for at, box in zip(listed, boxes, strict=True):
        first.setdefault(box, _label(terms, at))
    return [(label, box) for box, label in list(first.items())[:MOST_MARKS]]


def _by_rank(terms: TopKTerms, logit: float) -> Curve:
    ranks = tuple(range(1, terms.value.shape[1] + 1))
    line = tuple(rounded(partial_sum(terms, k)) for k in ranks)
    return Curve(
        "The sum with the first K ranks", "K", "bias + terms", ranks, {"sum": line}, {f"the score, at the trained K = {ranks[-1]}": float(logit)}
    )


def _by_channel(terms: TopKTerms, ranks: int) -> Curve:
    sums = terms.contributions[:, :ranks].sum(axis=1, dtype=np.float64)
    order = np.argsort(-np.abs(sums), kind="stable")[:MOST_CHANNELS]
    return Curve(
        "Channels that matter most",
        "channel",
        "added to the logit",
        tuple(map(str, order)),
        {"sum": tuple(rounded(float(sums[c])) for c in order)},
        bars=True,
    )
