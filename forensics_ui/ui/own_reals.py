"""The part of the About tab for the user's own photographs: choose the stored set to judge by, or make one from a folder."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr

from forensics_ui.core.errors import ForensicsError
from forensics_ui.ui import own_choice
from forensics_ui.ui.desk import Choice, Desk
from forensics_ui.ui.text import escape, items
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.words import sentence_of

logger = logging.getLogger(__name__)

CARDS_ALONE = "none: the cards of the weights alone"
WORDS = """<div class="about own"><section><h2>Your own photographs</h2>
<p>A folder of photographs that you trust shows how often the detectors alarm on pictures like yours. With 59 or more of them in one condition
(lossless, JPEG of high or of lower quality), they also give a limit: with 95 % confidence at most 5 % of such photographs reach it.
A chosen set moves the limit of <i>some evidence</i>, and every verdict and report names it; the choice holds for this page and for those that are opened later, after a restart too, and
not for commands, which take <code>--own-reals</code>. Only numbers are stored, no pictures.</p></section></div>"""
WEIGH = "() => document.getElementById('weigh')?.click()"
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
FAULT = "Something went wrong inside the app; its log has the details. Started again, it goes on from there."


@dataclass(frozen=True)
class Strip:
    """The line above the tabs that says what is used, with its way out."""

    row: gr.Row
    words: gr.HTML
    off: gr.Button


def strip() -> Strip:
    """Lay out the line; it is there only where it has something to say."""
    with gr.Row(elem_id="own-strip", visible=False) as row:
        words = gr.HTML("", elem_id="own-strip-words", js_on_load=None, apply_default_css=False)
        off = gr.Button("Judge by the cards alone", elem_id="own-off", size="sm", min_width=200, scale=0)
    return Strip(row, words, off)


def build(page: gr.Blocks, bench: Bench, desk: Desk, strip: Strip) -> None:
    """Lay out the part and connect it."""
    gr.HTML(WORDS, js_on_load=None, apply_default_css=False)
    with gr.Column(elem_id="own-reals"):
        chosen = gr.Dropdown([CARDS_ALONE], value=CARDS_ALONE, label="Judge by", elem_id="own-choice", interactive=True)
        told = gr.HTML("", elem_id="own-told", js_on_load=None, apply_default_css=False)
        with gr.Row():
            folder = gr.Textbox(label="Folder of photographs that you trust", elem_id="own-folder", max_lines=1, min_width=300)
            name = gr.Textbox(label="Name of the set", elem_id="own-name", max_lines=1, max_length=60, min_width=200)
        with gr.Row():
            make = gr.Button("Score the folder", elem_id="own-make", size="sm", min_width=160, scale=0)
            stop = gr.Button("Stop", elem_id="own-stop", size="sm", min_width=90, scale=0, interactive=False)
        state = gr.HTML("", elem_id="own-state", js_on_load=None, apply_default_css=False)
    part = OwnReals(bench, desk)
    shown = [chosen, told, strip.row, strip.words]
    chosen.input(part.choose, chosen, shown, **QUIET).then(None, None, None, js=WEIGH)
    strip.off.click(part.switch_off, None, shown, **QUIET).then(None, None, None, js=WEIGH)
    make.click(part.make, [folder, name], [state, chosen, stop], concurrency_limit=2, **QUIET)
    stop.click(part.stop, None, None, api_visibility="private", queue=False)
    page.load(part.fill, None, shown, **QUIET)


class OwnReals:
    """What the part does. One folder is scored at a time."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self._bench, self._desk = bench, desk
        self._busy = threading.Lock()
        self._run: Any = None

    def fill(self, request: gr.Request) -> tuple[Any, ...]:
        """What is stored, and what the page has chosen."""
        chosen = own_choice.choice_of(self._bench, self._desk, str(request.session_hash))
        return self._all(chosen, self._told(chosen.reference_set))

    def _offered(self, name: str | None) -> Any:
        return gr.update(choices=[CARDS_ALONE, *own_reals.names(self._bench.settings.data_dir)], value=name or CARDS_ALONE)

    def choose(self, name: str, request: gr.Request) -> tuple[Any, ...]:
        """This page judges by this set from now on."""
        page = str(request.session_hash)
        try:
            own_choice.choose(self._bench, self._desk, page, None if name == CARDS_ALONE else name)
        except ForensicsError as problem:
            chosen = own_choice.choice_of(self._bench, self._desk, page)
            return self._all(chosen, _problem(sentence_of(problem)))
        chosen = own_choice.choice_of(self._bench, self._desk, page)
        return self._all(chosen, self._told(chosen.reference_set))

    def switch_off(self, request: gr.Request) -> tuple[Any, ...]:
        """This page judges by the cards alone from now on."""
        return self.choose(CARDS_ALONE, request)

    def _all(self, chosen: Choice, told: str) -> tuple[Any, ...]:
        """What the page judges by, whatever was asked for, with what is said about it."""
        words = own_choice.strip_words(self._bench.get(), chosen)
        own = chosen.reference_set
        return self._offered(own.name if own else None), told, gr.update(visible=bool(words)), words

    def _told(self, own: ReferenceSet | None) -> str:
        """What the set says."""
        if own is None:
            return '<p class="quiet">No set is chosen: limits and error rates are those of the cards.</p>'
        from forensics_ui.report.provenance import own_accounts
        from forensics_ui.verdict.own_words import sentences

        return f'<div class="about">{items(sentences(own, own_accounts(own, self._bench.settings)))}</div>'

    def stop(self) -> None:
        """End the scoring; what is scored stays."""
        if self._run is not None:
            self._run.cancel()

    def make(self, folder: str, name: str, request: gr.Request) -> Iterator[tuple[str, Any, Any]]:
        """Score a folder and offer the set; tells how far it is."""
        if not self._busy.acquire(blocking=False):
            yield _problem("Another folder is being scored; wait for it, or stop it."), gr.skip(), gr.skip()
            return
        try:
            yield from self._make(folder, name, str(request.session_hash))
        finally:
            self._run = None
            self._busy.release()

    def _make(self, folder: str, name: str, page: str) -> Iterator[tuple[str, Any, Any]]:
        news: queue.SimpleQueue[Any] = queue.SimpleQueue()
        threading.Thread(target=self._score, args=(folder, name, news), name="own-reals", daemon=True).start()
        yield _state("Reading the folder …"), gr.skip(), gr.update(interactive=True)
        while True:
            told = news.get()
            if isinstance(told, str):
                yield _problem(told), gr.skip(), gr.update(interactive=False)
                return
            if isinstance(told, ReferenceSet):
                words = _state(f"Stored {told.signature}: {told.pictures} photographs. Choose it above to judge by it.")
                own = own_choice.choice_of(self._bench, self._desk, page).reference_set
                yield words, self._offered(own.name if own else None), gr.update(interactive=False)
                return
            if told.total:
                yield _state(f"{told.settled} of {told.total} photographs"), gr.skip(), gr.skip()

    def _score(self, folder: str, name: str, news: queue.SimpleQueue[Any]) -> None:
        """In a thread of its own; the last word is the set, or a sentence."""
        from forensics_ui.evaluation.own_reals import measure_own_reals
        from forensics_ui.ui.batch_places import check

        try:
            place = check(self._bench.settings, folder)
            workbench = self._bench.get()
            usable = [one.detector for one in workbench.availability() if one.usable]
            if not usable:
                raise ForensicsError("No detector can be used here: no weights are installed.")
            news.put(measure_own_reals(workbench, place, name.strip() or place.name, usable, tell=news.put, stopped=self._note))
        except ForensicsError as problem:
            news.put(sentence_of(problem))
        except Exception:
            logger.exception("scoring own photographs failed")
            news.put(FAULT)

    def _note(self, run: Any) -> None:
        self._run = run


def _state(words: str) -> str:
    return f'<p class="quiet" role="status">{escape(words)}</p>'


def _problem(words: str) -> str:
    return f'<p class="own-problem" role="alert">{escape(words)}</p>'
