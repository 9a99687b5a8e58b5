"""The judge: a card and, where chosen, the user's own photographs. Given a score, it says what that means.

A band is only given where the weights' card has a calibration for the input rule, or the user's own photographs give a limit;
otherwise the answer is *inconclusive* and the score stands alone. Calibration can say how often real pictures score this high;
it can never say that a picture is authentic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import INCONCLUSIVE, NOT_APPLICABLE, Analysis, Picture, Verdict
from forensics_ui.verdict import rates, sizes
from forensics_ui.verdict.bands import Weaker, band_of
from forensics_ui.verdict.conditions import Condition, condition_of
from forensics_ui.verdict.growth import levelled, offset_at, side_of
from forensics_ui.verdict.limits import Limits, limits_of_card, with_own
from forensics_ui.verdict.reference_set import ReferenceSet, own_limit
from forensics_ui.verdict.steadiness import Study, steadied
from forensics_ui.weightstore.card import Card, ErrorRates

# Fewer real pictures than this cannot show that only about 1 % of them score so high.
FEWEST_FOR_STRONG = 300


def not_applicable(reason: Reason) -> Verdict:
    """The detector cannot say anything, and why."""
    return Verdict(NOT_APPLICABLE, None, (reason,))


@dataclass(frozen=True)
class Judge:
    """Judges scores of one set of weights. A value: equal judges give equal verdicts."""

    card: Card
    reference_set: ReferenceSet | None = None

    @property
    def own_reals(self) -> str | None:
        """How records name the photographs that are judged by."""
        return self.reference_set.signature if self.reference_set else None

    def limits(self, rule: str, condition: Condition) -> Limits | None:
        """What scores are held against; None where nothing and nobody calibrated these weights."""
        known = limits_of_card(self.card.calibration.get(rule), condition)
        if self.reference_set is None:
            return known
        part = self.reference_set.part(self.card.detector, self.card.weights_sha256, rule)
        own = own_limit(self.reference_set.name, part, rule, condition, known.some if known else None)
        return with_own(known, own)

    def grown(self, analysis: Analysis, condition: Condition) -> float:
        """By how much the score is higher for the size of the picture alone."""
        limits = self.limits(analysis.seen.rule, condition)
        return offset_at(limits.growth, side_of(analysis.seen.input_size)) if limits else 0.0

    def judge(self, picture: Picture, analysis: Analysis, studies: Sequence[Study] = ()) -> Verdict:
        """The verdict on one analysis, after all stability studies of the picture."""
        if not self.card.speaks_of(analysis.weights_sha256):
            # A card says nothing of other bytes than those it names.
            unknown = Card.unknown(analysis.detector, analysis.weights_sha256)
            return replace(self, card=unknown).judge(picture, analysis, studies)
        verdict = replace(self._alone(picture, analysis), own_reals=self.own_reals)
        return steadied(verdict, analysis.detector, analysis.seen.rule, studies)

    def _alone(self, picture: Picture, analysis: Analysis) -> Verdict:
        """The verdict on the score alone."""
        notes = analysis.seen.notes
        if picture.complete < 1:
            why = Reason("partial", "cause", {"complete": picture.complete})
            return Verdict(INCONCLUSIVE, None, (why, *notes))
        condition = condition_of(picture)
        limits = self.limits(analysis.seen.rule, condition)
        young = [Reason("preliminary", "doubt")] if self.card.preliminary else []
        if limits is None:
            return Verdict(INCONCLUSIVE, None, (self._uncalibrated(analysis), _papers_line(analysis), *notes))
        larger = sizes.larger_than_measured(analysis, limits)
        if larger and not levelled(limits.growth):
            why = Reason("larger_unknown", "cause", larger)
            return Verdict(INCONCLUSIVE, None, (why, _papers_line(analysis), *young, *notes))
        return self._weighed(analysis, condition, limits, larger, young)

    def _weighed(self, analysis: Analysis, condition: Condition, limits: Limits, larger: dict[str, float] | None, young: list[Reason]) -> Verdict:
        """The verdict where there are limits to hold the score against."""
        grown = offset_at(limits.growth, side_of(analysis.seen.input_size))
        logit = analysis.logit - grown
        figures = self._figures(analysis.seen.rule, condition, limits)
        band, reason = band_of(logit, limits, figures, condition, _too_little_for_strong(self.card, limits, larger))
        ratio = limits.ratio(logit)
        reasons = [
            reason,
            *rates.ratio_of(ratio, limits),
            *sizes.beyond(larger),
            *sizes.followed(analysis, limits, larger),
            *sizes.grown(grown),
            *rates.blind(figures, condition),
            *rates.error_rates(figures, condition, self.reference_set is not None),
            *rates.of_size(self.card, analysis, condition),
            *limits.notes,
            *young,
            *analysis.seen.notes,
        ]
        return Verdict(band, limits.probability(logit), tuple(reasons), ratio)

    def _uncalibrated(self, analysis: Analysis) -> Reason:
        if self.card.measured_on:
            return Reason("other_backbone", "cause", {"weights": analysis.weights, "measured_on": self.card.measured_on})
        return Reason("uncalibrated", "cause", {"weights": analysis.weights, "rule": analysis.seen.rule})

    def _figures(self, rule: str, condition: Condition, limits: Limits) -> ErrorRates | None:
        """How often these weights err in the condition, on pictures kept apart or else on those of the calibration."""
        found = self.card.rates(condition.key, rule) or (limits.rates if limits.of_condition else None)
        return found if found and found.tpr_at_some is not None and found.fpr_at_some is not None else None


def _too_little_for_strong(card: Card, limits: Limits, larger: dict[str, float] | None) -> Weaker | None:
    if card.preliminary or limits.n_real < FEWEST_FOR_STRONG:
        return "young"
    return "larger" if larger else None


def _papers_line(analysis: Analysis) -> Reason:
    return Reason("papers_line", "note", {"above": analysis.logit > 0})
