"""Open a picture, score it with a detector, judge the score; remember analyses so that no view computes twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import Analysis, InputRule, Picture
from forensics_ui.imaging.open import Intake
from forensics_ui.verdict.joint import JointJudge, JointModel
from forensics_ui.verdict.judge import Judge, not_applicable
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.verdict.steadiness import Study
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.joint import JOINED, joint_weights
from forensics_ui.weightstore.manifest import card_of, default_for
from forensics_ui.workbench.inverting import BuiltInInverter
from forensics_ui.workbench.record import Score, Scored

if TYPE_CHECKING:
    from forensics_ui.service import DetectorService, Ticket

Progress = Callable[[int, int], None]
REMEMBERED = 64  # analyses; one of a 12-megapixel picture is under a megabyte


class ScoreTicket:
    """A score on its way. `result()` waits for it; `cancel()` takes it back."""

    def __init__(self, finish: Callable[[Analysis], Scored], ticket: Ticket | None = None, ready: Scored | None = None) -> None:
        self._finish, self._ticket, self._ready = finish, ticket, ready

    def result(self, timeout: float | None = None) -> Scored:
        """The score; raises Cancelled, WeightsError, OutOfMemory, or TimeoutError."""
        if self._ready is None:
            assert self._ticket is not None, "a score is ready or on its way"
            self._ready = self._finish(self._ticket.result(timeout))
        return self._ready

    def done(self) -> bool:
        """Whether `result()` answers at once."""
        return self._ready is not None or (self._ticket is not None and self._ticket.done())

    def add_done_callback(self, call: Callable[[ScoreTicket], None]) -> None:
        """Call back once `result()` answers at once; possibly in the service's thread, so be quick."""
        if self._ready is not None or self._ticket is None:
            call(self)
        else:
            self._ticket.add_done_callback(lambda _: call(self))

    def cancel(self) -> None:
        """Ask for the work to stop; what is already computed stays."""
        if self._ticket is not None:
            self._ticket.cancel()

    @property
    def progress(self) -> tuple[int, int]:
        """Pieces done and pieces in all, as far as known."""
        return (1, 1) if self._ticket is None else self._ticket.progress


class Workbench:
    """Intake, service and memory of one process. Threads may call it freely."""

    def __init__(self, settings: Settings | None = None, *, intake: Intake | None = None, service: DetectorService | None = None) -> None:
        self.settings = settings or Settings.load()
        self.intake = intake or Intake(self.settings.limits, workers=2)
        self._service = service
        self._analyses: OrderedDict[tuple[str, ...], Analysis] = OrderedDict()
        self.inverter = BuiltInInverter(self.settings.weights_dir)
        self._lock = threading.Lock()

    @property
    def service(self) -> DetectorService:
        """The detector service, started when it is first needed: importing torch takes seconds."""
        with self._lock:
            if self._service is None:
                from forensics_ui.service.service import DetectorService

                self._service = DetectorService(self.settings)
            return self._service

    def open(self, source: Path | str | bytes, name: str | None = None, *, partial: bool = False) -> Picture:
        """Bytes to a picture with its facts; raises BadImage with a sentence for people."""
        return self.intake.open(source, name, partial=partial)

    def score(self, picture: Picture, detector: str, **choices: Any) -> Scored:
        """Score and wait. Takes what `submit` takes."""
        return self.submit(picture, detector, **choices).result()

    def submit(
        self,
        picture: Picture,
        detector: str,
        *,
        rule: InputRule = "native",
        weights: str | None = None,
        priority: int = 0,
        on_progress: Progress | None = None,
        evidence: bool = True,
        judge: Judge | None = None,
        reference_set: ReferenceSet | None = None,
        **queue: Any,
    ) -> ScoreTicket:
        """Begin to score. A picture that the detector cannot judge is an answer, not an error; `evidence`, `wait`, `alone`: see the service.

        `judge` judges, else one is made of the card of the weights that scored, with the user's
        own photographs `reference_set`.
        """

        def finish(analysis: Analysis) -> Scored:
            self._remember(key, analysis)
            by = judge or self.judge_of(analysis, weights, reference_set)
            verdict = by.judge(picture, analysis)
            return Scored(Score.of(picture, detector, rule, verdict, analysis), analysis)

        # A score alone may differ in its last digits from one with evidence: an answer does not depend on what was asked before.
        key = (picture.sha256, str(picture.complete), detector, self._weights_key(detector, weights), rule, str(evidence))
        if known := self._recall(key):
            return ScoreTicket(finish, ready=finish(known))
        try:
            how: dict[str, Any] = {"rule": rule, "weights": weights, "priority": priority, "on_progress": on_progress, "evidence": evidence}
            ticket = self.service.submit(picture.rgb, detector, **how, **queue)
        except NotApplicable as reason:
            return ScoreTicket(finish, ready=Scored(Score.of(picture, detector, rule, not_applicable(reason.why))))
        return ScoreTicket(finish, ticket=ticket)

    def judge_of(self, analysis: Analysis, chosen: str | None = None, reference_set: ReferenceSet | None = None) -> Judge:
        """Who judges this analysis: the card that speaks of exactly the bytes that made it, with the own photographs, if any.

        `chosen` is the name or file that the weights were asked for by.
        """
        made_by = analysis.weights, analysis.weights_sha256, analysis.detector
        return Judge(card_of(*made_by, self.settings.weights_dir, chosen), reference_set)

    def judged_again(
        self,
        picture: Picture,
        scored: Scored,
        chosen: str | None = None,
        reference_set: ReferenceSet | None = None,
        studies: Sequence[Study] = (),
    ) -> Scored:
        """The same score under other photographs or after studies; nothing is computed."""
        analysis = scored.analysis
        if analysis is None:
            return scored
        verdict = self.judge_of(analysis, chosen, reference_set).judge(picture, analysis, studies)
        rule = scored.record.input_rule or analysis.seen.rule
        return Scored(Score.of(picture, analysis.detector, rule, verdict, analysis), analysis)

    def joined(self, picture: Picture, scores: Iterable[Scored], reference_set: ReferenceSet | None = None) -> Score | None:
        """The joined answer over scores of one picture under one rule; None where no joint model is fitted to these weights."""
        analyses = {one.analysis.detector: one.analysis for one in scores if one.analysis}
        cards = {name: self.judge_of(analysis).card for name, analysis in analyses.items()}
        joined = self.joint_judge(cards, reference_set).judge(picture, analyses)
        return Score.of_joined(picture, joined) if joined else None

    def joint_judge(self, cards: Mapping[str, Card], reference_set: ReferenceSet | None = None) -> JointJudge:
        """Who judges several scores together, with the installed joint models."""
        models = tuple(JointModel.of(each) for each in joint_weights(self.settings.weights_dir))
        return JointJudge(models, cards, reference_set)

    def with_joined(self, detectors: Sequence[str]) -> list[str]:
        """The same detectors and, where an installed joint model joins some of them, the joined answer."""
        there = any(set(each.joins) <= set(detectors) for each in joint_weights(self.settings.weights_dir))
        return [*detectors, JOINED] if there else list(detectors)

    def availability(self) -> list[Any]:
        """Which detectors can be used, with which weights, and what to do about those that cannot."""
        return self.service.availability()

    def _weights_key(self, detector: str, weights: str | None) -> str:
        if weights:
            return weights
        entry = default_for(detector, self.settings.weights_dir)
        return entry.name if entry else ""

    def _recall(self, key: tuple[str, ...]) -> Analysis | None:
        with self._lock:
            if key in self._analyses:
                self._analyses.move_to_end(key)
            return self._analyses.get(key)

    def _remember(self, key: tuple[str, ...], analysis: Analysis) -> None:
        with self._lock:
            self._analyses[key] = analysis
            while len(self._analyses) > REMEMBERED:
                self._analyses.popitem(last=False)

    def close(self) -> None:
        """Stop the workers."""
        self.intake.close()
        if self._service is not None:
            self._service.close()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
