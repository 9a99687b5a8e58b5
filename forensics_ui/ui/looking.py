"""What happens after a picture arrives: open it, show it, score it step by step. Yields what is known so far."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from forensics_ui.core.errors import BadImage, Cancelled, ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.ui.desk import Job, Line
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.joining import join
from forensics_ui.ui.warm import Bench
from forensics_ui.ui.weighing import judge_again
from forensics_ui.words import sentence_of

logger = logging.getLogger(__name__)
T = TypeVar("T")

CROP_SIDE = 256
REFRESH = 0.2  # seconds between two looks at what is on its way
SCREEN_FIRST = 0.3  # seconds at most that scores wait for the first map to be on the screen
FAULT = "Something went wrong inside the app while it worked on this picture. The picture and the app are still there; `doctor` prints what a bug report needs."


@dataclass(frozen=True)
class Moment:
    """What is known at one moment. `stage` is opening, refused, scoring, or done."""

    stage: str
    job: Job
    detectors: list[dict[str, Any]]
    problem: ForensicsError | None = None


def look(bench: Bench, job: Job) -> Iterator[Moment]:
    """Open and score; stops soon after `job.stop` is set, keeping what is there. A fault of ours ends in a sentence, too."""
    try:
        yield from _look(bench, job)
    except Exception:
        logger.exception("looking at a picture failed")
        yield Moment("refused", job, [], ForensicsError(FAULT))


def _look(bench: Bench, job: Job) -> Iterator[Moment]:
    opening = aside("opening", lambda: _open(bench, job))
    describing = aside("describing", lambda: describe(bench))
    yield Moment("opening", job, [])
    try:
        opening.result()
    except BadImage as problem:
        yield Moment("refused", job, [], problem)
        return
    if not describing.done():
        yield Moment("scoring", job, [])  # the detectors are being started; otherwise the page is not drawn twice
    detectors = describing.result()
    job.lines = [Line(one["name"], rule) for rule in rules_for(job) for one in detectors if one["usable"] and rule in one["rules"]]
    yield Moment("scoring", job, detectors)
    judged_by = job.reference_set
    for _ in _score(bench, job):
        join(bench, job)
        yield Moment("scoring", job, detectors)
    if job.reference_set != judged_by:  # others were chosen meanwhile
        judge_again(bench, job)
    join(bench, job)
    yield Moment("done", job, detectors)


def _open(bench: Bench, job: Job) -> None:
    try:
        if job.picture is None:
            job.picture = job.coming.result() if job.coming else bench.get().open(job.source, job.name, partial=job.partial)
    finally:
        job.opened.set()


def aside(name: str, work: Callable[[], T]) -> Future[T]:
    """Begin some work in a thread of its own: it need not wait until the page has heard of what comes before."""
    coming: Future[T] = Future()

    def run() -> None:
        try:
            coming.set_result(work())
        except BaseException as problem:
            coming.set_exception(problem)

    threading.Thread(target=run, name=name, daemon=True).start()
    return coming


def rules_for(job: Job) -> list[InputRule]:
    """The centre crop first, as a quick first answer, unless it would be the whole picture anyway."""
    picture = job.picture
    if picture is None or picture.complete < 1:
        return []
    small = max(picture.width, picture.height) <= CROP_SIDE
    return [rule for rule in job.rules if not (small and rule == "crop")]


def _score(bench: Bench, job: Job) -> Iterator[None]:
    """Hand in every line, then look at them until each has ended; a step is a change that can be seen."""
    job.looked.wait(SCREEN_FIRST)
    tickets = {id(line): _hand_in(bench, job, line) for line in job.lines if not job.stop.is_set()}
    try:
        before = None
        while _update(job.lines, tickets):
            if job.stop.is_set():
                break
            now = [(line.state, line.progress) for line in job.lines]
            if now != before:
                yield
            before = now
            _wait(tickets, job)
    finally:
        _take_back(job.lines, tickets)


def _hand_in(bench: Bench, job: Job, line: Line) -> Any:
    try:
        return bench.get().submit(job.picture, line.detector, rule=line.rule, reference_set=job.reference_set)
    except ForensicsError as problem:
        line.state, line.problem = "failed", sentence_of(problem)
        return None


def _wait(tickets: dict[int, Any], job: Job) -> None:
    """Until something has ended, or it is time to show progress."""
    end = time.monotonic() + REFRESH
    waiting = [ticket for ticket in tickets.values() if ticket is not None and not ticket.done()]
    while time.monotonic() < end and not job.stop.wait(0.02):
        if any(ticket.done() for ticket in waiting):
            return


def _update(lines: list[Line], tickets: dict[int, Any]) -> bool:
    """Bring every line up to date; whether any is still on its way."""
    for line in lines:
        ticket = tickets.get(id(line))
        if ticket is None or line.state in ("done", "failed"):
            continue
        if ticket.done():
            _settle(line, ticket)
        else:
            line.progress = tuple(ticket.progress)
            line.state = "running" if line.progress[1] > 1 or line.state == "running" else "waiting"
    return any(line.state in ("waiting", "running") for line in lines)


def _settle(line: Line, ticket: Any) -> None:
    try:
        line.scored = ticket.result()
        line.record, line.state = line.scored.record.as_dict(), "done"
    except Cancelled:
        line.state = "stopped"
    except ForensicsError as problem:
        line.state, line.problem = "failed", sentence_of(problem)
    except Exception:
        logger.exception("a score failed")
        line.state, line.problem = "failed", FAULT


def _take_back(lines: list[Line], tickets: dict[int, Any]) -> None:
    for line in lines:
        if line.state in ("waiting", "running"):
            line.state = "stopped"
            if (ticket := tickets.get(id(line))) is not None:
                ticket.cancel()
