"""The record of one picture under one detector: what the command line prints, the API returns and reports keep."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import Analysis, Picture, Verdict
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.verdict.joint import Joined, not_joined
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words import words_of
from forensics_ui.words.claims import told

ONLY_WHERE_THERE_IS_ONE = ("likelihood_ratio", "own_reals", "verdict_alone", "parts")


@dataclass(frozen=True)
class Score:
    """One line of results. Either a verdict or an error; never both."""

    path: str
    sha256: str | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    detector: str | None = None
    weights: str | None = None
    weights_sha256: str | None = None
    input_rule: str | None = None
    device: str | None = None
    precision: str | None = None
    logit: float | None = None
    probability: float | None = None
    verdict: str | None = None
    reasons: tuple[str, ...] = ()  # in sentences
    seconds: float | None = None
    likelihood_ratio: float | None = None  # of calibrated scores
    own_reals: str | None = None  # the set of own photographs that was chosen to judge by
    verdict_alone: str | None = None  # of the score alone, where a stability study lowered it
    codes: tuple[Reason, ...] = ()  # the same reasons as data, in the same order
    # What the file says of itself, apart from the pixels: claims as JSON with their sentences.
    file_says: tuple[dict[str, Any], ...] = ()
    # Of a joined answer: what each detector added, in log odds.
    parts: tuple[dict[str, Any], ...] | None = None
    error: str | None = None
    error_code: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; the error fields and those of `ONLY_WHERE_THERE_IS_ONE` appear only where there is one."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "codes"}
        fields["reasons"], fields["file_says"] = list(self.reasons), list(self.file_says)
        if self.parts is not None:
            fields["parts"] = list(self.parts)
        if self.codes:
            fields["reason_codes"] = [reason.as_dict() for reason in self.codes]
        if self.error is None:
            del fields["error"], fields["error_code"]
        return {name: value for name, value in fields.items() if value is not None or name not in ONLY_WHERE_THERE_IS_ONE}

    @classmethod
    def of(cls, picture: Picture, detector: str, rule: str, verdict: Verdict, analysis: Analysis | None = None) -> Score:
        """The record of a picture that was opened, scored or not applicable."""
        made_by: dict[str, Any] = {}
        if analysis is not None:
            made_by = {name: getattr(analysis, name) for name in ("weights", "weights_sha256", "device", "precision")}
            made_by.update(logit=round(analysis.logit, 6), seconds=round(analysis.seconds, 4))
        probability = None if verdict.probability is None else round(verdict.probability, 4)
        return cls(
            path=picture.name,
            sha256=picture.sha256,
            format=picture.format,
            width=picture.width,
            height=picture.height,
            detector=detector,
            input_rule=rule,
            verdict=verdict.band,
            probability=probability,
            likelihood_ratio=None if verdict.ratio is None else float(f"{verdict.ratio:.4g}"),
            own_reals=verdict.own_reals,
            verdict_alone=verdict.alone,
            reasons=words_of(verdict.reasons),
            codes=verdict.reasons,
            file_says=tuple(told(claims_of(picture.facts))),
            **made_by,
        )

    @classmethod
    def of_joined(cls, picture: Picture, joined: Joined | None, rule: str = "") -> Score:
        """The record of the joined answer, or of why there is none."""
        if joined is None:
            return cls.of(picture, JOINED, rule, not_joined())
        parts = tuple(
            {"detector": part.detector, "logit": round(part.logit, 6), "added": round(part.added, 4), "beyond": part.beyond} for part in joined.parts
        )
        return replace(cls.of(picture, joined.analysis.detector, joined.analysis.seen.rule, joined.verdict, joined.analysis), parts=parts)


@dataclass(frozen=True)
class Scored:
    """A record, and the analysis behind it for the views; None where the detector was not applicable."""

    record: Score
    analysis: Analysis | None = None
