"""Views on their way to the screen: rendered once in the background, asked for as often as the page likes, cancellable."""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.core.types import InputRule, Picture
from forensics_ui.ui.desk import Desk
from forensics_ui.ui.warm import Bench
from forensics_ui.views.base import Rendering

KEPT = 48  # renderings; a pane of one computes its numbers when it is looked at
SOMETHING_BROKE = "This view could not be made: something went wrong inside it. The other views are not affected."


@dataclass
class Showing:
    """One view of one picture under one set of options. `id` names it in addresses; it cannot be guessed."""

    token: str
    view: str
    options: dict[str, Any]
    rule: InputRule
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    rendering: Rendering | None = None
    problem: str = ""
    progress: tuple[int, int] = (0, 0)
    ended: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def on_progress(self, done: int, total: int) -> None:
        """Heard by the view; ends it when nobody wants it any more."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        self.progress = (done, total)


class ViewJobs:
    """All views of all pages. Quick ones never wait behind slow ones."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self._bench, self._desk = bench, desk
        self._showings: OrderedDict[str, Showing] = OrderedDict()
        self._seconds: OrderedDict[str, Picture] = OrderedDict()
        self._lock = threading.Lock()
        self._quick, self._slow = ThreadPoolExecutor(3, "view"), ThreadPoolExecutor(1, "slow-view")

    def picture(self, token: str) -> Picture | None:
        """The picture that is open under this token."""
        job = self._desk.by_token(token)
        return job.picture if job else None

    def set_second(self, token: str, picture: Picture | None) -> None:
        """Lay another picture beside the first, or take it away; views made before are made anew."""
        with self._lock:
            self._seconds.pop(token, None)
            if picture is not None:
                self._seconds[token] = picture
            while len(self._seconds) > 8:
                self._seconds.popitem(last=False)

    def second(self, token: str) -> Picture | None:
        """The picture that was laid beside the first."""
        return self._seconds.get(token)

    def ask(self, token: str, view: str, values: dict[str, Any], rule: InputRule) -> Showing:
        """Begin to make a view, or find it made. KeyError for a view that there is not, ValueError for a wrong option."""
        from forensics_ui.views import VIEWS

        kind = VIEWS.get(view)
        options = kind.parse(values)
        second = self.second(token)
        key = json.dumps([token, view, options, rule, second.sha256 if second else None], sort_keys=True)
        with self._lock:
            known = self._showings.get(key)
            if known and not (known.ended.is_set() and known.rendering is None):
                self._showings.move_to_end(key)
                return known
            # What failed or was stopped is tried again when it is asked for again.
            showing = self._showings[key] = Showing(token, view, options, rule)
            while len(self._showings) > KEPT:
                self._showings.popitem(last=False)[1].stop.set()
        (self._slow if kind.slow else self._quick).submit(self._make, showing, second)
        return showing

    def by_id(self, showing: str) -> Showing | None:
        """The showing of that address."""
        with self._lock:
            return next((one for one in self._showings.values() if secrets.compare_digest(one.id, showing)), None)

    def cancel(self, token: str, view: str) -> None:
        """Stop what is being made of one view of one picture."""
        with self._lock:
            running = [one for one in self._showings.values() if one.token == token and one.view == view and not one.ended.is_set()]
        for one in running:
            one.stop.set()

    def _make(self, showing: Showing, second: Picture | None) -> None:
        try:
            showing.on_progress(0, 0)
            showing.rendering = self._render(showing, second)
        except ForensicsError as error:
            showing.problem = error.user_message
        except Exception:
            # A view must never take the page down; the log has the details.
            import logging

            logging.getLogger(__name__).exception("the view %s failed", showing.view)
            showing.problem = SOMETHING_BROKE
        finally:
            showing.ended.set()

    def _render(self, showing: Showing, second: Picture | None) -> Rendering:
        from forensics_ui.views import VIEWS
        from forensics_ui.workbench.subject import PictureSubject

        picture = self.picture(showing.token)
        if picture is None:
            raise Cancelled("This picture is no longer open.")
        subject = PictureSubject(self._bench.get(), picture, second, rule=showing.rule, on_progress=showing.on_progress)
        return VIEWS.get(showing.view)().render(subject, **showing.options)
