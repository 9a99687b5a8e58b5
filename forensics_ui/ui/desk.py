"""What each open page is working on: one picture, and the lines of its scores. Kept for the browser that asked."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from forensics_ui.core.types import InputRule, Picture

if TYPE_CHECKING:
    from forensics_ui.verdict.reference_set import ReferenceSet
    from forensics_ui.workbench import Scored

PAGES = 16
CHOICES = 1024  # of pages that were opened, with and without a picture
PIXEL_BYTES = 1024**3

State = Literal["waiting", "running", "done", "stopped", "failed"]


@dataclass
class Line:
    """One score: asked for, on its way, there, or not to be had."""

    detector: str
    rule: InputRule
    state: State = "waiting"
    progress: tuple[int, int] = (0, 0)
    record: dict | None = None
    scored: Scored | None = None  # what the record was made of
    problem: str = ""


@dataclass
class Job:
    """One picture on one page. `token` names it in addresses: it cannot be guessed from the picture."""

    source: Path
    name: str
    via: str = "file"
    partial: bool = False
    coming: Future[Picture] | None = None  # it is being opened already
    rules: tuple[InputRule, ...] = ("crop", "native")
    picture: Picture | None = None
    lines: list[Line] = field(default_factory=list)
    joined: dict | None = None  # the record of the joined answer over the lines that are there
    reference_set: ReferenceSet | None = None  # own photographs that this page judges by
    studies: list[dict] = field(default_factory=list)  # the numbers of every stability view that was made of it
    token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    stop: threading.Event = field(default_factory=threading.Event)
    opened: threading.Event = field(default_factory=threading.Event)  # or refused: nothing more is to be waited for
    looked: threading.Event = field(default_factory=threading.Event)  # the screen has the first map of this picture


@dataclass(frozen=True)
class Choice:
    """The own photographs that a page judges by, None for the cards alone, and what is to be said about that."""

    reference_set: ReferenceSet | None = None
    note: str = ""


class Desk:
    """The jobs of all pages; the oldest go when there are too many, or too many pixels."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._choices: OrderedDict[str, Choice] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, page: str, job: Job) -> Job:
        """Put a job on a page; the one that was there is stopped."""
        with self._lock:
            if old := self._jobs.pop(page, None):
                old.stop.set()
            self._jobs[page] = job
            self._make_room(page)
        return job

    def _make_room(self, page: str) -> None:
        held = sum(job.picture.rgb.nbytes for job in self._jobs.values() if job.picture)
        for other in [name for name in self._jobs if name != page]:
            if len(self._jobs) <= PAGES and held <= PIXEL_BYTES:
                return
            gone = self._jobs.pop(other)
            gone.stop.set()
            held -= gone.picture.rgb.nbytes if gone.picture else 0

    def of(self, page: str) -> Job | None:
        """The job of a page."""
        with self._lock:
            return self._jobs.get(page)

    def choose(self, page: str, choice: Choice) -> None:
        """From now on the page judges by these own photographs; no other page does."""
        with self._lock:
            self._choices[page] = choice
            self._choices.move_to_end(page)
            while len(self._choices) > CHOICES:
                self._choices.popitem(last=False)
            if job := self._jobs.get(page):
                job.reference_set = choice.reference_set

    def choice(self, page: str) -> Choice | None:
        """What the page chose to judge by; None where it made no choice yet."""
        with self._lock:
            return self._choices.get(page)

    def by_token(self, token: str) -> Job | None:
        """The job of that address."""
        with self._lock:
            return next((job for job in self._jobs.values() if secrets.compare_digest(job.token, token)), None)

    def leave(self, page: str) -> None:
        """The page was closed."""
        with self._lock:
            self._choices.pop(page, None)
            if job := self._jobs.pop(page, None):
                job.stop.set()

    def close(self) -> None:
        """The app ends: nothing that is being made is wanted any more."""
        with self._lock:
            for job in self._jobs.values():
                job.stop.set()
            self._jobs.clear()
