"""Stability: the score of the same picture re-saved, resized and shifted, and where it crosses the threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, fact
from forensics_ui.imaging import resave
from forensics_ui.views.base import VIEWS, Curve, Option, Rendering, Subject, Table, View
from forensics_ui.views.common import DETECTOR, ask_each, original, rounded, threshold_of, title_of

JPEG_QUALITIES = (100, 98, 96, 94, 92, 90, 85, 80, 75, 70, 65, 60, 55, 50)
WEBP_QUALITIES = (100, 90, 80, 70, 60, 50)
SCALES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.25, 1.5, 1.75, 2.0)
SHIFTS = ((1, 0), (0, 1), (1, 1))
CENTRE = 768  # still more than a 256-pixel crop at half its size
GRID = 16  # JPEG's largest block, with chroma at half size
Change = Callable[[np.ndarray], np.ndarray]


@dataclass
class Series:
    """One way to change a picture at several strengths: what is varied, its values, the change."""

    id: str
    title: str
    x_label: str
    values: tuple[Any, ...]
    change: Callable[[np.ndarray, Any], np.ndarray]
    integer: bool = False
    scores: dict[str, list[float | None]] = field(default_factory=dict)


def all_series() -> list[Series]:
    """The three curves."""
    return [
        Series("jpeg", "Saved as JPEG", "quality", JPEG_QUALITIES, resave.jpeg, integer=True),
        Series("webp", "Saved as WebP", "quality", WEBP_QUALITIES, resave.webp, integer=True),
        Series("resize", "Resized (Lanczos)", "scale", SCALES, resave.resized),
    ]


def single_changes() -> list[tuple[str, Change]]:
    """Changes without a strength."""
    shifts = [(_shifted(by), lambda rgb, by=by: resave.shifted(rgb, *by)) for by in SHIFTS]
    return [*shifts, ("reduced to 256 colours", resave.palette)]


def _shifted(by: tuple[int, int]) -> str:
    return f"shifted by {by[0]}, {by[1]} pixels"


def centre(rgb: np.ndarray, side: int = CENTRE) -> np.ndarray:
    """The middle of a large picture, cut on the grid of JPEG's largest blocks, so that a save of it is a save of the whole there."""
    top, left = (max(0, length - side) // 2 // GRID * GRID for length in rgb.shape[:2])
    return rgb[top : top + side, left : left + side]


@VIEWS.register("stability")
class Stability(View):
    """Curves of the score per detector, with the points where it crosses the threshold."""

    name = "stability"
    title = "Stability"
    shows = "How the score changes when the same picture is saved again, resized or shifted, as happens on its way through phones and sites, and where it crosses the threshold."
    misleads = (
        "A score that stays low says nothing, and one that falls with compression does not make the picture real: compression erases the traces; "
        "a score that only rises after a resize comes from the resize."
    )
    options = (
        DETECTOR,
        Option(
            "area",
            "Look at",
            "centre",
            choices=("centre", "all"),
            help="'centre': the aligned 256-pixel crop of each version; 'all': the chosen input rule, slow for large pictures",
        ),
        Option("exact", "Find flips exactly", True, help="search the quality of each flip between two samples"),
    )
    slow = True
    order = 70

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        study = Study(subject, chosen["area"])
        before, lines = ask_each(subject, chosen["detector"], study.score_as_is)
        series, singles = all_series(), single_changes()
        study.expect(len(before) * (sum(len(one.values) for one in series) + len(singles)))
        flips: dict[str, list[dict[str, Any]]] = {name: [] for name in before}
        for name in before:
            for one in series:
                one.scores[name] = [study.score(partial(_changed, one.change, v), name) for v in one.values]
                flips[name] += study.flips(one, name, before[name], chosen["exact"])
        others = {label: {name: study.score(change, name) for name in before} for label, change in singles}
        limits = {name: threshold_of(subject, name, study.rule) for name in before}
        numbers = {
            "area": chosen["area"],
            "rule": study.rule,
            "as_it_is": {name: rounded(score) for name, score in before.items()},
            "thresholds": {name: limit for name, (limit, _) in limits.items()},
            "series": {one.id: {"x": list(one.values), **one.scores} for one in series},
            "others": others,
            "shifts": [{"by": list(by), "scores": others[_shifted(by)]} for by in SHIFTS],
            "flips": flips,
        }
        curves = tuple(_curve(one, limits) for one in series)
        sentences = (study.scored(), *(s for name in before for s in _sentences(name, limits[name], flips[name], others, before[name])), *lines)
        return Rendering((original(subject),), numbers, sentences, tables=(_table(others, before),), curves=curves)


class Study:
    """Scores changed versions of one picture, counts them, and looks for crossings."""

    def __init__(self, subject: Subject, area: str) -> None:
        self.subject, self.whole = subject, area == "all"
        self.rule = subject.rule if self.whole or subject.rule == "paper" else "crop"
        self.rgb = subject.picture.rgb if self.whole else centre(subject.picture.rgb)
        self.done, self.total = 0, 1

    def expect(self, total: int) -> None:
        """Say how many scores there will be."""
        self.total = total

    def scored(self) -> Reason:
        """What was scored."""
        if self.whole or self.rgb.shape == self.subject.picture.rgb.shape:
            return fact("scored_whole", rule=self.rule)
        return fact("scored_middle", width=self.rgb.shape[1], height=self.rgb.shape[0], rule=self.rule)

    def score_as_is(self, detector: str) -> float:
        """The score before any change; NotApplicable if there is none."""
        return self.subject.logit_of(self.rgb, detector, self.rule)

    def score(self, change: Change, detector: str) -> float | None:
        """The score of a changed version; None if the detector cannot judge it, e.g. because it has become too small."""
        try:
            return rounded(self.subject.logit_of(change(self.rgb), detector, self.rule))
        except NotApplicable:
            return None
        finally:
            self.done += 1
            self.subject.progress(self.done, max(self.total, self.done))

    def flips(self, series: Series, detector: str, start: float, exact: bool) -> list[dict[str, Any]]:
        """Where the score crosses the threshold along a series, beginning at the picture as it is; of resizes, both ways from it."""
        limit = threshold_of(self.subject, detector, self.rule)[0]
        found = []
        for values, scores in _runs(series, detector):
            last, above = None, start >= limit
            for value, score in zip(values, scores, strict=True):
                if score is None:
                    continue
                if (score >= limit) != above:
                    at = self._exact(series, detector, last, value, above, limit) if exact and series.integer and last is not None else value
                    above = not above
                    found.append({"series": series.id, "at": at, "to": "above" if above else "below"})
                last = value
        return found

    def _exact(self, series: Series, detector: str, last: int, value: int, above: bool, limit: float) -> int:
        """The first quality, counting from `last` towards `value`, on the other side of the threshold (by halving)."""
        near, far = last, value
        while abs(far - near) > 1:
            middle = (near + far) // 2
            score = self.score(partial(_changed, series.change, middle), detector)
            near, far = (middle, far) if score is None or (score >= limit) == above else (near, middle)
        return far


def _changed(change: Callable[[np.ndarray, Any], np.ndarray], value: Any, rgb: np.ndarray) -> np.ndarray:
    return change(rgb, value)


def _runs(series: Series, detector: str) -> Iterator[tuple[list[Any], list[float | None]]]:
    """The values in order of growing change."""
    pairs = list(zip(series.values, series.scores[detector], strict=True))
    if series.integer:
        yield [v for v, _ in pairs], [s for _, s in pairs]
        return
    for part in (sorted((p for p in pairs if p[0] < 1), reverse=True), sorted(p for p in pairs if p[0] > 1)):
        yield [v for v, _ in part], [s for _, s in part]


def _sentences(
    name: str, threshold: tuple[float, str], flips: list[dict[str, Any]], others: dict[str, dict[str, float | None]], start: float
) -> list[Reason]:
    (limit, origin), title = threshold, title_of(name)
    lines = [fact("score_as_it_is", title=title, logit=start, above=start >= limit, limit=limit, origin=origin)]
    lines += [fact("flips_at", title=title, series=flip["series"], at=flip["at"], to=flip["to"]) for flip in flips]
    found = {label: scores[name] for label, scores in others.items()}
    crossed = [label for label, score in found.items() if score is not None and (score >= limit) != (start >= limit)]
    lines += [fact("flips_when", title=title, change=label) for label in crossed]
    if not flips and not crossed:
        lines.append(fact("no_flip", title=title))
    return lines


def _curve(series: Series, limits: dict[str, tuple[float, str]]) -> Curve:
    lines = {title_of(name): tuple(scores) for name, scores in series.scores.items()}
    thresholds = {f"threshold of {title_of(name)}": limit for name, (limit, _) in limits.items()}
    return Curve(series.title, series.x_label, "logit", series.values, lines, thresholds)


def _table(others: dict[str, dict[str, float | None]], before: dict[str, float]) -> Table:
    rows = [
        ("as it is", *(rounded(before[name]) for name in before)),
        *((label, *(scores[name] for name in before)) for label, scores in others.items()),
    ]
    return Table("Small changes", ("version", *(title_of(name) for name in before)), tuple(rows))
