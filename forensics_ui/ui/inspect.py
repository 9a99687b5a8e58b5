"""The Inspect tab: a picture comes in by drop, paste or pick; answers, the picture and its facts come out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr

from forensics_ui.ui.answers import answers
from forensics_ui.ui.arrivals import Arrivals
from forensics_ui.ui.desk import Desk, Job
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.facts import facts
from forensics_ui.ui.fetch_button import FetchButton
from forensics_ui.ui.looking import Moment, look
from forensics_ui.ui.own_choice import choice_of
from forensics_ui.ui.picture import figure
from forensics_ui.ui.status import status
from forensics_ui.ui.warm import Bench
from forensics_ui.ui.weighing import judge_again

INVITATION = """
<div class="invitation" data-limit="{limit}"><h2>Drop a picture anywhere on this page</h2>
<p>or paste one, or choose a file. JPEG, PNG, WebP, AVIF, HEIC, TIFF, BMP, GIF, up to {megabytes} MB. Its bytes are not changed.</p></div>"""
INTRODUCTION = """
<div class="answers introduction"><ol>
<li><b>An answer in words.</b> For each detector: strong or some evidence of generation, inconclusive, no trace found, or not applicable, and what that rests on.</li>
<li><b>How far to trust it.</b> How often such an answer was wrong when it was measured. A low score never means that a camera took the picture.</li>
<li><b>The file as it is.</b> The SHA-256 of the very bytes you gave, how they were saved, and what they say about themselves.</li>
</ol></div>"""
# Read in the browser, where the name that the file really has and the way it came are known.
TELL_HOW = "(file) => [file, JSON.stringify({name: file?.orig_name ?? '', via: window.forensicsVia ?? 'file'})]"
PRIVATE: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "queue": True}


def build(page: gr.Blocks, bench: Bench, desk: Desk, arrivals: Arrivals, fetch: FetchButton) -> tuple[Any, list[Any]]:
    """Lay out the tab and connect it. What it gives asks the detectors that can answer by now: a handler and its outputs."""
    with gr.Column(elem_id="intake"):
        limit = bench.settings.limits.file_bytes
        gr.HTML(INVITATION.format(limit=limit, megabytes=limit // 1024**2), js_on_load=None, apply_default_css=False)
        picker = gr.UploadButton("Choose a picture", variant="primary", elem_id="picker", type="filepath")
        how = gr.Textbox(visible=False)
    with gr.Row(elem_id="status-row"):
        state = gr.HTML(status(None), elem_id="status", js_on_load=None, apply_default_css=False)
        paper = gr.Button("Add the papers' rule", interactive=False, elem_id="paper", size="sm", min_width=160, scale=0)
        stop = gr.Button("Stop", interactive=False, elem_id="stop", size="sm", min_width=90, scale=0)
    with gr.Row(elem_id="findings"):
        with gr.Column(scale=3, min_width=320, elem_id="left"):
            words = _html("answers", INTRODUCTION)
            fetch.place("inspect")
            partial = gr.Button("Open what is there", visible=False, elem_id="partial", size="sm", min_width=160, scale=0)
        with gr.Column(scale=2, min_width=320, elem_id="right"):
            shown = _html("picture")
            known = _html("facts")
    # Pressed by assets/findings.js when a stability study has ended, and after the choice of own photographs: the words may change.
    weigh = gr.Button("Weigh again", visible="hidden", elem_id="weigh")
    # Drawn and kept by assets/workbench.js, which follows the picture that is shown above.
    gr.HTML('<section id="workbench" hidden></section>', js_on_load=None, apply_default_css=False)
    outputs = {"state": state, "words": words, "shown": shown, "known": known, "partial": partial, "paper": paper, "stop": stop}
    handlers = Handlers(bench, desk, arrivals, outputs)
    several = {"trigger_mode": "multiple", "concurrency_limit": 8, **PRIVATE}
    picker.upload(handlers.arrived, [picker, how], list(outputs.values()), js=TELL_HOW, **several)
    partial.click(handlers.open_partial, None, list(outputs.values()), **several)
    paper.click(handlers.add_paper, None, list(outputs.values()), **several)
    weigh.click(handlers.weigh, None, [words], **several)
    stop.click(handlers.stop, None, None, api_visibility="private", queue=False)
    page.unload(handlers.left)
    return handlers.look_again, list(outputs.values())


def _html(name: str, first: str = "") -> gr.HTML:
    return gr.HTML(first, elem_id=name, js_on_load=None, apply_default_css=False)


class Handlers:
    """What the page's events do. One job per open page; a newer one stops the older."""

    def __init__(self, bench: Bench, desk: Desk, arrivals: Arrivals, outputs: dict[str, Any]) -> None:
        self.bench, self.desk, self.arrivals, self.outputs = bench, desk, arrivals, outputs

    def arrived(self, file: str | None, how: str, request: gr.Request) -> Iterator[dict[Any, Any]]:
        """A file came."""
        if file:
            told = json.loads(how or "{}")
            name = str(told.get("name") or Path(file).name)
            yield from self._work(Job(Path(file), name, str(told.get("via") or "file"), coming=self.arrivals.take(file, name)), request)

    def open_partial(self, request: gr.Request) -> Iterator[dict[Any, Any]]:
        """The same file again, as far as it goes."""
        if old := self.desk.of(str(request.session_hash)):
            yield from self._work(Job(old.source, old.name, old.via, partial=True), request)

    def add_paper(self, request: gr.Request) -> Iterator[dict[Any, Any]]:
        """The same picture, with one more rule; what was computed is remembered by the workbench."""
        old = self.desk.of(str(request.session_hash))
        if old and old.picture:
            yield from self._work(Job(old.source, old.name, old.via, rules=("crop", "native", "paper"), picture=old.picture), request)

    def look_again(self, request: gr.Request) -> Iterator[dict[Any, Any]]:
        """The same picture, if a detector that was silent can answer by now."""
        yield gr.skip()  # a handler that yields nothing empties the screen
        old = self.desk.of(str(request.session_hash))
        if old is None or old.picture is None or not old.lines:
            return
        asked = {line.detector for line in old.lines}
        if any(one["usable"] and one["name"] not in asked for one in describe(self.bench)):
            yield from self._work(Job(old.source, old.name, old.via, rules=old.rules, picture=old.picture), request)

    def stop(self, request: gr.Request) -> None:
        """The generator that is at work sees this within a fraction of a second."""
        if job := self.desk.of(str(request.session_hash)):
            job.stop.set()

    def weigh(self, request: gr.Request) -> Any:
        """The same answers from what is known by now; nothing is computed again."""
        job = self.desk.of(str(request.session_hash))
        done = job is not None and job.picture is not None and not any(line.state in ("waiting", "running") for line in job.lines)
        if not done:
            return gr.skip()
        judge_again(self.bench, job)
        return answers(Moment("done", job, describe(self.bench)))

    def left(self, request: gr.Request) -> None:
        """The page was closed."""
        self.desk.leave(str(request.session_hash))

    def _work(self, job: Job, request: gr.Request) -> Iterator[dict[Any, Any]]:
        page = str(request.session_hash)
        job.reference_set = choice_of(self.bench, self.desk, page).reference_set
        self.desk.begin(page, job)
        told: dict[str, Any] = {}
        for moment in look(self.bench, job):
            if self.desk.of(page) is not job:
                return  # a newer picture has the page
            now = self._screen(moment)
            if news := {self.outputs[name]: value for name, value in now.items() if told.get(name) != value}:
                yield news
            told = now

    def _screen(self, moment: Moment) -> dict[str, Any]:
        """What every part of the tab shows at this moment."""
        working = moment.stage in ("opening", "scoring")
        scored = moment.stage == "done" and bool(moment.job.lines)
        truncated = moment.problem is not None and moment.problem.code == "truncated"
        return {
            "state": status(moment),
            "words": answers(moment),
            "shown": "" if moment.problem else figure(moment.job),
            "known": facts(moment.job),
            "partial": gr.update(visible=truncated),
            "paper": gr.update(interactive=scored and "paper" not in moment.job.rules),
            "stop": gr.update(interactive=working),
        }
