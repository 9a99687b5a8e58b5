"""Views on their way to the screen: rendered once in the background, asked for as often as the page likes, cancellable."""

from __future__ import annotations

import contextlib
import json
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.core.types import InputRule, Picture
from forensics_ui.imaging.pyramid import Lazy, Peaks, tile_of
from forensics_ui.ui.desk import Desk
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.views.base import Pane, Rendering, Subject, View
from forensics_ui.words import sentence_of
from forensics_ui.words.rendering import spoken

KEPT = 48  # renderings
KEPT_PIXELS = 256 * 1024**2  # of all their panes: about a gigabyte once every pane was looked at
SECONDS_KEPT = 8
SCREEN_FIRST = 1.2  # seconds at most that counting waits for the maps to be on the screen
SOMETHING_BROKE = "This view could not be made: something went wrong inside it. The other views are not affected."


@dataclass(eq=False)
class Showing:
    """One view of one picture under one set of options. `id` names it in addresses; it cannot be guessed."""

    token: str
    view: str
    options: dict[str, Any]
    rule: InputRule
    numbers_key: str = ""  # the same for those that differ only in colours
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    rendering: Rendering | None = None
    first: Rendering | None = None  # what could be shown at once
    problem: str = ""
    progress: tuple[int, int] = (0, 0)
    begun: bool = False
    twin: Showing | None = None  # an earlier one with the same numbers in its panes, which are not computed again
    ready: threading.Event = field(default_factory=threading.Event)  # there is something to show, or nothing will come
    told: bool = False  # whoever asks again has the first part
    ahead: Sequence[tuple[int, int, int]] = ()  # tiles (scale, column, row) that the screen will ask for next
    looked: threading.Event = field(default_factory=threading.Event)  # the maps are on the screen, or none will be
    ended: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)
    _computing: threading.Lock = field(default_factory=threading.Lock)

    def on_progress(self, done: int, total: int) -> None:
        """Heard by the view; ends it when nobody wants it any more."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        self.progress = (done, total)

    @property
    def source(self) -> Showing:
        """The one whose panes hold the numbers."""
        return self.twin or self

    @property
    def panes(self) -> tuple[Pane, ...]:
        """As far as they are known."""
        made = self.rendering or self.first
        return made.panes if made else ()

    def tiles(self, index: int) -> np.ndarray | Lazy:
        """What the tiles of a pane are cut from."""
        return self.source.panes[index].lazy or self.values(index)

    def values(self, index: int) -> np.ndarray:
        """The numbers of a pane, computed once: several tiles are asked for at the same time."""
        source = self.source
        pane = source.panes[index]
        if pane.scale is None:
            return pane.values  # a picture is at hand: it does not wait for maps
        with source._computing:
            return pane.values


class ViewJobs:
    """All views of all pages. Quick ones never wait behind slow ones."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self._bench, self._desk = bench, desk
        self._showings: OrderedDict[str, Showing] = OrderedDict()
        self._seconds: OrderedDict[str, Picture] = OrderedDict()
        self._lock = threading.Lock()
        self._quick, self._slow = ThreadPoolExecutor(3, "view"), ThreadPoolExecutor(2, "slow-view")

    def picture(self, token: str) -> Picture | None:
        """The picture that is open under this token."""
        job = self._desk.by_token(token)
        return job.picture if job else None

    def opened(self, token: str, seconds: float) -> bool:
        """Wait for a picture that is being read; False if it still is."""
        job = self._desk.by_token(token)
        return job is None or job.picture is not None or job.opened.wait(seconds)

    def looked(self, showing: Showing) -> None:
        """The screen has a map of this view: what waited for that goes on."""
        showing.looked.set()
        if job := self._desk.by_token(showing.token):
            job.looked.set()

    def set_second(self, token: str, picture: Picture | None) -> None:
        """Lay another picture beside the first, or take it away; views made before are made anew."""
        with self._lock:
            self._seconds.pop(token, None)
            if picture is not None:
                self._seconds[token] = picture
            while len(self._seconds) > SECONDS_KEPT:
                self._seconds.popitem(last=False)

    def second(self, token: str) -> Picture | None:
        """The picture that was laid beside the first."""
        return self._seconds.get(token)

    def ask(self, token: str, view: str, values: dict[str, Any], rule: InputRule, ahead: Sequence[tuple[int, int, int]] = ()) -> Showing:
        """Begin to make a view, or find it made. KeyError for a view that there is not, ValueError for a wrong option.

        Tiles of maps that are named `ahead` are computed as soon as they can be, before they are asked for.
        """
        from forensics_ui.views import VIEWS

        kind = VIEWS.get(view)
        options = kind.parse(values)
        second, own = self.second(token), self._judged_by(token)
        key, numbers_key = _keys(kind, token, options, rule, second, own)
        self._forget_closed()
        with self._lock:
            known = self._showings.get(key)
            if known and not known.stop.is_set() and not (known.ended.is_set() and known.rendering is None):
                self._showings.move_to_end(key)
                return known
            # A page shows a view once: what it asked for before under other options is no longer wanted.
            self._stop([one for one in self._showings.values() if (one.token, one.view) == (token, view)])
            # What failed or was stopped is tried again when it is asked for again.
            showing = self._showings[key] = Showing(token, view, options, rule, numbers_key, ahead=ahead)
            self._showings.move_to_end(key)
        (self._slow if kind.slow else self._quick).submit(self._make, showing, second)
        return showing

    def by_id(self, showing: str) -> Showing | None:
        """The showing of that address."""
        with self._lock:
            found = [
                one for one in self._showings.values() if secrets.compare_digest(one.id, showing) or secrets.compare_digest(one.source.id, showing)
            ]
        return next((one if one.id == showing else one.source for one in found), None)

    def cancel(self, token: str, view: str) -> None:
        """Stop what is being made of one view of one picture."""
        with self._lock:
            self._stop([one for one in self._showings.values() if (one.token, one.view) == (token, view)])

    def _stop(self, showings: list[Showing]) -> None:
        for one in showings:
            if not one.ended.is_set():
                one.stop.set()
                one.looked.set()

    def _forget_closed(self) -> None:
        """Drop what belongs to pictures that are no longer open."""
        with self._lock:
            gone = {one.token for one in self._showings.values()} | set(self._seconds)
            gone = {token for token in gone if self._desk.by_token(token) is None}
            for token in gone:
                self._seconds.pop(token, None)
            for key in [key for key, one in self._showings.items() if one.token in gone]:
                self._showings.pop(key).stop.set()

    def _make_room(self) -> None:
        """The longest unused go when there are too many, or too many pixels; the newest stays."""
        with self._lock:
            while len(self._showings) > 1 and (len(self._showings) > KEPT or self._pixels() > KEPT_PIXELS):
                self._showings.popitem(last=False)[1].stop.set()

    def _pixels(self) -> int:
        sources = {one.source for one in self._showings.values() if one.rendering}
        return sum(width * height for one in sources for width, height in (pane.size for pane in one.rendering.panes))

    def _make(self, showing: Showing, second: Picture | None) -> None:
        try:
            showing.begun = True
            showing.on_progress(0, 0)
            view, subject = self._view(showing), self._subject(showing, second)
            first = view.at_once(subject, **showing.options)
            self._show_at_once(showing, first and spoken(first))
            rendering = spoken(view.render(subject, **showing.options))
            if showing.first is None:
                showing.twin = self._twin(showing, rendering)
            showing.rendering = _sharing(rendering, showing.first or (showing.twin and showing.twin.rendering))
            self._note_study(showing)
            self._make_room()
        except ForensicsError as error:
            showing.problem = sentence_of(error)
        except Exception:
            # A view must never take the page down; the log has the details.
            logging.getLogger(__name__).exception("the view %s failed", showing.view)
            showing.problem = SOMETHING_BROKE
        finally:
            showing.ended.set()
            showing.ready.set()

    def _show_at_once(self, showing: Showing, first: Rendering | None) -> None:
        """Let the screen have the panes, and compute what it asks for, before everything else is counted."""
        if first is None:
            return
        showing.twin = self._twin(showing, first)
        showing.first = _sharing(first, showing.twin and (showing.twin.rendering or showing.twin.first))
        showing.ready.set()
        if showing.twin is None:
            self._compute_ahead(showing)
            showing.looked.wait(SCREEN_FIRST)
        showing.on_progress(0, 0)

    def _compute_ahead(self, showing: Showing) -> None:
        """Use the time in which the page unpacks the answer; a map remembers its last tiles."""
        for place in showing.ahead:
            for pane in showing.panes:
                if isinstance(pane.lazy, Peaks) and not showing.stop.is_set():
                    with contextlib.suppress(IndexError):
                        tile_of(pane.lazy, *place, reduce=pane.reduce)

    def _note_study(self, showing: Showing) -> None:
        """What the stability view found bears on the verdicts of the picture."""
        job = self._desk.by_token(showing.token)
        if job and showing.view == "stability":
            job.studies = [*job.studies, dict(showing.rendering.numbers)]

    def _twin(self, showing: Showing, rendering: Rendering) -> Showing | None:
        """An earlier showing whose panes hold the same numbers."""
        ids = [pane.id for pane in rendering.panes]
        with self._lock:
            others = [one.source for one in self._showings.values() if one.numbers_key == showing.numbers_key]
        return next((one for one in others if ids and [pane.id for pane in one.panes] == ids), None)

    def _view(self, showing: Showing) -> View:
        from forensics_ui.views import VIEWS

        return VIEWS.get(showing.view)()

    def _subject(self, showing: Showing, second: Picture | None) -> Subject:
        from forensics_ui.workbench.subject import PictureSubject

        picture = self.picture(showing.token)
        if picture is None:
            raise Cancelled("This picture is no longer open.")

        def on_progress(done: int, total: int) -> None:
            if self._desk.by_token(showing.token) is None:
                raise Cancelled("This picture is no longer open.")
            showing.on_progress(done, total)

        how = {"rule": showing.rule, "on_progress": on_progress, "reference_set": self._judged_by(showing.token)}
        return PictureSubject(self._bench.get(), picture, second, **how)

    def _judged_by(self, token: str) -> ReferenceSet | None:
        """The own photographs of the page: limits that views draw are theirs."""
        job = self._desk.by_token(token)
        return job.reference_set if job else None


def _sharing(rendering: Rendering, other: Rendering | None) -> Rendering:
    """The rendering with the numbers of another one that has the same: its own are let go, computed or not."""
    if other is None:
        return rendering
    pairs = zip(rendering.panes, other.panes, strict=True)
    return replace(rendering, panes=tuple(replace(pane, make=one.make, known_size=one.size, lazy=one.lazy) for pane, one in pairs))


def _keys(kind: Any, token: str, options: dict[str, Any], rule: str, second: Picture | None, own: ReferenceSet | None) -> tuple[str, str]:
    """What makes a showing the same, and what makes the numbers in its panes the same."""
    paint = {option.name for option in kind.options if option.paints}
    numbers = {name: value for name, value in options.items() if name not in paint}
    where = [token, kind.name, rule, second.sha256 if second else None, own.signature if own else None]
    return json.dumps([where, options], sort_keys=True), json.dumps([where, numbers], sort_keys=True)
