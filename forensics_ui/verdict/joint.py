"""The joined answer: one calibrated score over what several detectors say of a picture.

A joint model has a line for each condition: a bias and one weight, never negative, for each detector's logit, held within the
range that its calibration met. So no detector can be outvoted into the opposite of what it says, none can shout louder than
it was ever heard, and what each of them added is exact. The sum is judged by a card of its own, like any other score.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG, Analysis, Picture, Verdict
from forensics_ui.verdict.conditions import Condition, condition_of
from forensics_ui.verdict.judge import Judge, not_applicable
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.joint import JOINED, JointWeights

# Detectors pull apart where one speaks for and another against generation by at least this factor.
APART = math.log(3)


@dataclass(frozen=True)
class JointLine:
    """How logits add up in one condition; tuples are in the order of the model's detectors.

    `neutral` are the logits that speak neither way: a detector adds its weight times the distance from there.
    """

    bias: float
    weight: tuple[float, ...]
    neutral: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class JointModel:
    """Lines by condition, for exactly these weights of these detectors (`joins`: name to SHA-256)."""

    card: Card
    joins: Mapping[str, str]
    lines: Mapping[str, JointLine]

    @classmethod
    def of(cls, weights: JointWeights) -> JointModel:
        """The model that a file holds."""
        lines = {name: JointLine(line["bias"][0], line["weight"], line["neutral"], line["low"], line["high"]) for name, line in weights.lines.items()}
        return cls(weights.card, weights.joins, lines)

    def fits(self, made_by: Mapping[str, str]) -> bool:
        """Whether every detector that it joins was asked, with the weights it was fitted to."""
        return all(made_by.get(name) == sha256 for name, sha256 in self.joins.items())


@dataclass(frozen=True)
class Part:
    """What one detector added to the joined score, in log odds; `beyond` its logit lies outside the calibration's range."""

    detector: str
    logit: float
    added: float
    beyond: bool


@dataclass(frozen=True)
class Joined:
    """The joined score as an analysis of its own, its verdict, and what it is made of."""

    analysis: Analysis
    verdict: Verdict
    parts: tuple[Part, ...]


@dataclass(frozen=True, eq=False)
class JointJudge:
    """Judges several analyses of one picture together, by that of its models which joins most of them.

    `cards` are those of the detectors, by name.
    """

    models: tuple[JointModel, ...]
    cards: Mapping[str, Card]
    reference_set: ReferenceSet | None = None

    def judge(self, picture: Picture, analyses: Mapping[str, Analysis]) -> Joined | None:
        """The joined verdict on analyses under one input rule; None where no model is fitted to them."""
        condition = condition_of(picture)
        model = fitting(self.models, {name: analysis.weights_sha256 for name, analysis in analyses.items()})
        if model is None or condition.key not in model.lines:
            return None
        used = {name: analyses[name] for name in model.joins}
        if {analysis.seen.rule for analysis in used.values()} - set(model.card.calibration):
            return None
        line = model.lines[condition.key]
        parts = self._parts(line, condition, used)
        analysis = _sum(model, line.bias + math.fsum(part.added for part in parts), list(used.values()))
        verdict = Judge(model.card, self.reference_set).judge(picture, analysis)
        return Joined(analysis, _widened(verdict, parts), parts)

    def _parts(self, line: JointLine, condition: Condition, analyses: Mapping[str, Analysis]) -> tuple[Part, ...]:
        parts = []
        for at, (name, analysis) in enumerate(analyses.items()):
            logit = analysis.logit - Judge(self.cards[name]).grown(analysis, condition)
            held = min(line.high[at], max(line.low[at], logit))
            parts.append(Part(name, logit, line.weight[at] * (held - line.neutral[at]), held != logit))
        return tuple(parts)


def _sum(model: JointModel, logit: float, asked: Sequence[Analysis]) -> Analysis:
    """The account of the sum: of all that was looked at, the largest; of all precisions and devices, each."""
    largest = max(asked, key=lambda each: each.seen.box.area)
    return Analysis(
        detector=JOINED,
        weights=str(model.card.name),
        weights_sha256=model.card.weights_sha256,
        device="+".join(dict.fromkeys(each.device for each in asked)),
        precision="+".join(dict.fromkeys(each.precision for each in asked)),
        logit=logit,
        seen=replace(largest.seen, notes=()),
        evidence=None,
        seconds=sum(each.seconds for each in asked),
    )


def _widened(verdict: Verdict, parts: Sequence[Part]) -> Verdict:
    """The verdict with its parts. A strong word needs more than one voice against the rest, and so does *no trace found*.

    Both tests go by sums that only rise with every detector, so that a higher logit never gives a weaker word.
    """
    whole = math.fsum(part.added for part in parts)
    loudest, quietest = max(parts, key=lambda part: part.added), min(parts, key=lambda part: part.added)
    band = verdict.band
    if band == STRONG and whole - loudest.added < -APART:
        band = SOME
    if band == NO_TRACE and whole - quietest.added > APART:
        band = INCONCLUSIVE
    reasons = verdict.reasons
    if band != verdict.band:
        reasons = tuple(replace(each, values={**each.values, "weaker": "apart"}) if each.role == "cause" else each for each in reasons)
    return replace(verdict, band=band, reasons=(*reasons, *_told(parts)))


def _told(parts: Sequence[Part]) -> list[Reason]:
    """Who pulls apart, whose logit was never met, and what each added."""
    told = []
    speaking = [part.detector for part in parts if part.added >= APART]
    against = [part.detector for part in parts if part.added <= -APART]
    if speaking and against:
        told.append(Reason("apart", "doubt", {"for": speaking, "against": against}))
    if beyond := [part.detector for part in parts if part.beyond]:
        told.append(Reason("beyond_range", "doubt", {"detectors": beyond}))
    return [*told, Reason("joined_parts", "note", {"parts": [{"detector": part.detector, "added": part.added} for part in parts]})]


def not_joined() -> Verdict:
    """No joint model is fitted to the scores that there are."""
    return not_applicable(Reason("not_joined", "cause"))


def fitting(models: Sequence[JointModel], made_by: Mapping[str, str]) -> JointModel | None:
    """Of all models whose detectors were asked, the one that joins most; None where none fits."""
    known = [model for model in models if model.fits(made_by)]
    return max(known, key=lambda model: len(model.joins), default=None)
