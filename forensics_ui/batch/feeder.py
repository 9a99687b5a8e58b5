"""From a waiting file to tickets of the service, and what is written when they are settled.

Methods whose names begin with `_write` run in the run's one writing thread, the others in the feeders' threads.
"""

from __future__ import annotations

import hashlib
import logging
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from forensics_ui.batch.journal import Journal
from forensics_ui.batch.plan import Choice
from forensics_ui.batch.rows import Waiting
from forensics_ui.core.errors import BadImage, Busy, Cancelled, DecoderDied, DecodeTimeout, ForensicsError
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Picture
from forensics_ui.imaging.facts import name_remark
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.imaging.open import DEATHS_TO_QUARANTINE
from forensics_ui.imaging.source import read_bytes
from forensics_ui.verdict.conditions import condition_of
from forensics_ui.words import sentence_of
from forensics_ui.words.claims import told
from forensics_ui.words.conditions import unmeasured
from forensics_ui.workbench import Score, Scored, ScoreTicket

if TYPE_CHECKING:
    from forensics_ui.batch.run import BatchRun, _Shared

logger = logging.getLogger(__name__)

BATCH_PRIORITY = 1
# What a table or a report says of a file besides its score. Nothing that tells of a person or a place is kept.
FACTS = (
    "mode bits frames alpha orientation trailing_bytes end_missing jpeg icc conversion decoder software generators c2pa pixels_sha256 remarks".split()
)


class Quarantined(BadImage):
    """These bytes took the decoder down too often."""

    code = "quarantined"


@dataclass(eq=False)
class Work:
    """One content that is being scored; `left` and `best` belong to the writing thread."""

    sha256: str
    rule: str
    pixels: int = 0
    left: int = 0
    best: Score | None = None
    dropped: bool = field(default=False)
    picture: Picture | None = None  # until the joined answer is there
    scored: list[Scored] = field(default_factory=list)


class Feeder:
    """Works for one run, in as many threads as call `run`."""

    def __init__(self, batch: BatchRun, journal: Journal) -> None:
        self._batch, self._journal = batch, journal
        self._rows, self._plan, self._workbench = batch.rows, batch.plan, batch.workbench

    def run(self, source: _Shared) -> None:
        """Take files until there are none, or the run ends."""
        try:
            while self._batch.room.enter():
                file = source.take()
                if file is None:
                    self._batch.room.leave()
                    return
                self._feed(file)
        except BaseException as error:
            self._batch.room.leave()
            self._batch.ran_into(error)
        finally:
            self._batch.post(None)

    def _feed(self, file: Waiting) -> None:
        try:
            data, _ = read_bytes(file.location, self._workbench.settings.limits.file_bytes)
        except BadImage as error:
            self._batch.post(self._write_refusal, file, error)
            return
        sha256 = hashlib.sha256(data).hexdigest()
        whose = self._batch.claims.claim(sha256, file)
        if whose == "known":
            self._batch.post(self._write_known, file, sha256)
        elif whose == "mine":
            self._attend(Work(sha256, self._plan.rule), data)

    def _attend(self, work: Work, data: bytes) -> None:
        """Open and submit what is not known yet; whatever goes wrong becomes the answer for this content."""
        try:
            content, scored = self._rows.known(work.sha256)
            missing = [choice for choice in self._plan.asked if choice.detector not in scored]
            if self._plan.joined and self._plan.joined.detector not in scored:
                missing = list(self._plan.asked)  # what is joined are analyses, and of those that were finished only records are left
            if content["error"] or not missing:
                self._batch.post(self._write_end, work)
                return
            picture = self._open(work.sha256, data, content["deaths"])
            if not self._batch.room.take(picture.width * picture.height):
                raise Cancelled("The batch was stopped.")
        except Cancelled:
            work.dropped = True
            self._batch.post(self._write_end, work)
        except Exception as error:
            self._batch.post(self._write_bad, work, as_told(error))
        else:
            work.pixels, work.left = picture.width * picture.height, len(missing)
            work.picture = picture if self._plan.joined else None
            self._batch.post(self._write_opened, work, content_of(picture))
            for choice in missing:
                self._submit(work, picture, choice)

    def _open(self, sha256: str, data: bytes, deaths: int) -> Picture:
        while deaths < DEATHS_TO_QUARANTINE:
            try:
                # Without a name: what is kept of a content must not depend on which of its files came first.
                return self._workbench.open(data)
            except (DecoderDied, DecodeTimeout):
                if self._batch.stopping:
                    raise Cancelled("The batch was stopped.") from None
                deaths += 1
                self._batch.post(self._journal.count_death, sha256)
        raise Quarantined(
            f"This file ended the decoder {DEATHS_TO_QUARANTINE} times, or kept it busy for too long: it is set aside and not tried again."
        )

    def _submit(self, work: Work, picture: Picture, choice: Choice) -> None:
        try:
            ticket = self._queued(picture, choice)
        except Cancelled as error:
            self._batch.ran_into(error)
            self._batch.post(self._write_score, work, choice, None)
        except Exception as error:
            self._batch.post(self._write_score, work, choice, Scored(failed(error, work, choice)))
        else:
            self._batch.watch(ticket, lambda: self._write_answer(work, choice, ticket))

    def _queued(self, picture: Picture, choice: Choice) -> ScoreTicket:
        """A place in the service's queue; when it is full, waiting here is what keeps memory bounded."""
        # How many pictures a processor computes at once moves the last digits; a resumed run must give the same.
        how: dict[str, Any] = {
            "rule": self._plan.rule,
            "weights": choice.asked,
            "priority": BATCH_PRIORITY,
            "alone": choice.device == "cpu",
            "evidence": False,
        }
        how["judge"] = self._plan.judge_of(choice)
        while True:
            try:
                return self._workbench.submit(picture, choice.detector, wait=5.0, **how)
            except Busy:
                if self._batch.stopping:
                    raise Cancelled("The batch was stopped.") from None

    def _write_answer(self, work: Work, choice: Choice, ticket: ScoreTicket) -> None:
        self._write_score(work, choice, self._batch.answer(ticket, work, choice))

    def _write_opened(self, work: Work, fields: dict[str, Any]) -> None:
        self._journal.keep_content(work.sha256, fields)

    def _write_score(self, work: Work, choice: Choice, scored: Scored | None) -> None:
        if scored is None:
            work.dropped = True
        else:
            self._keep(work, choice, scored.record)
            work.scored.append(scored)
        work.left -= 1
        if not work.left:
            self._write_joined(work)
            self._batch.room.give(work.pixels)
            self._write_end(work)

    def _keep(self, work: Work, choice: Choice, score: Score) -> None:
        precision = score.precision or choice.precision
        self._journal.keep_score((work.sha256, choice.detector, choice.weights_sha256, self._plan.rule, precision), score)
        work.best = work.best or score

    def _write_joined(self, work: Work) -> None:
        """The joined answer, once all detectors have answered."""
        choice, joint, picture = self._plan.joined, self._plan.joint, work.picture
        if work.dropped or not (choice and joint and picture):
            return
        analyses = {one.analysis.detector: one.analysis for one in work.scored if one.analysis}
        self._keep(work, choice, Score.of_joined(picture, joint.judge(picture, analyses), self._plan.rule))
        work.picture, work.scored = None, []

    def _write_bad(self, work: Work, error: ForensicsError) -> None:
        self._journal.keep_content(work.sha256, {"error": sentence_of(error), "error_code": error.code})
        self._write_end(work, sentence_of(error))

    def _write_refusal(self, file: Waiting, error: BadImage) -> None:
        self._journal.refuse(file.path, error)
        self._batch.settled(file, True, None, sentence_of(error))

    def _write_known(self, file: Waiting, sha256: str) -> None:
        failed = self._journal.settle(file.path, sha256)
        self._batch.settled(file, failed, None, None)

    def _write_end(self, work: Work, error: str | None = None) -> None:
        """All detectors have answered: settle every file of this content, or leave them all waiting if the run ends."""
        if work.dropped:
            for _ in self._batch.claims.drop(work.sha256):
                self._batch.room.leave()
            return
        for file in self._batch.claims.finish(work.sha256):
            failed = self._journal.settle(file.path, work.sha256)
            self._batch.settled(file, failed, work.best, error)


def content_of(picture: Picture) -> dict[str, Any]:
    """What the journal keeps of an opened picture."""
    facts = {name: picture.facts[name] for name in FACTS if name in picture.facts}
    facts["remarks"] = [remark for remark in facts.get("remarks", []) if remark != name_remark(picture.facts)]
    facts["file_says"] = told(claim.for_others() for claim in claims_of(picture.facts))
    condition = condition_of(picture)
    facts.update(complete=picture.complete, condition=condition.key, **({"condition_note": why} if (why := unmeasured(condition)) else {}))
    return {"format": picture.format, "width": picture.width, "height": picture.height, "facts": facts}


def as_told(error: Exception) -> ForensicsError:
    """An error that can be told to a person."""
    if isinstance(error, ForensicsError):
        return error
    # As text: a log handler that keeps records would keep the frames, and with them the picture.
    logger.error("a picture of a batch failed\n%s", "".join(traceback.format_exception(error)))
    return ForensicsError(because("program_failed", error=type(error).__name__))


def failed(error: Exception, work: Work, choice: Choice) -> Score:
    """The record of a picture that was opened but not scored."""
    told = as_told(error)
    return Score(
        path="",
        sha256=work.sha256,
        detector=choice.detector,
        weights=choice.weights,
        weights_sha256=choice.weights_sha256,
        input_rule=work.rule,
        error=sentence_of(told),
        error_code=told.code,
    )
