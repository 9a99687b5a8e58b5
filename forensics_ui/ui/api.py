"""The named endpoints of the HTTP API. They answer with JSON as text, in the words of the command line.

Text, because Gradio's own client takes any object with a field `path` for a file and tries to fetch it; our records
have one, and a picture can carry one in its metadata.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import INPUT_RULES, Picture
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Scored


def build(bench: Bench) -> None:
    """Register the endpoints. Files come through a real file component, which only accepts what was uploaded."""
    file = gr.File(visible=False, label="file")
    detector = gr.Textbox("lfm", visible=False, label="detector")
    rule = gr.Radio(list(INPUT_RULES), value="native", visible=False, label="input_rule")
    answer = gr.Textbox(visible=False, label="JSON")
    calls = Calls(bench)
    _endpoint(calls.score, [file, detector, rule], answer)
    _endpoint(calls.facts, [file], answer)
    _endpoint(calls.detectors, [], answer)
    _endpoint(calls.doctor, [], answer)


def _endpoint(call: Callable[..., Any], inputs: list[Any], answer: gr.Textbox) -> None:
    """A hidden button is what Gradio hangs an endpoint with components on."""
    gr.Button(visible=False).click(
        call, inputs, answer, api_name=call.__name__, api_description=call.__doc__, concurrency_limit=4, show_progress="hidden"
    )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class Calls:
    """The functions behind the endpoints; their docstrings are the API's documentation."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def score(self, file: str, detector: str = "lfm", input_rule: str = "native") -> str:
        """Score one picture: the lines that `python -m forensics_ui score --json` prints, one JSON record per detector, and with `all` a last one that joins them.

        `detector` is a name, several with commas, or `all`; `input_rule` is native, crop or paper. What cannot be done is a record with `error`.
        """
        try:
            picture = self._open(file)
            names = self._names(detector)
        except ForensicsError as problem:
            return _text({"path": Path(file or "").name, "error": sentence_of(problem), "error_code": problem.code})
        scores = [self._one(picture, name, input_rule) for name in names if name != JOINED]
        records = [one if isinstance(one, dict) else one.record.as_dict() for one in scores]
        if JOINED in names and (joined := self._bench.get().joined(picture, [one for one in scores if not isinstance(one, dict)], self._own())):
            records.append(joined.as_dict())
        return "\n".join(map(_text, records))

    def facts(self, file: str) -> str:
        """The facts of one picture as a JSON object: hashes, declared and real type, size, JPEG quality, metadata, generator parameters, C2PA. Nothing is scored."""
        try:
            picture = self._open(file)
        except ForensicsError as problem:
            return _text({"path": Path(file or "").name, "error": sentence_of(problem), "error_code": problem.code})
        who = {
            "path": picture.name,
            "sha256": picture.sha256,
            "bytes": picture.byte_count,
            "format": picture.format,
            "width": picture.width,
            "height": picture.height,
        }
        return _text({**who, "facts": dict(picture.facts)})

    def detectors(self) -> str:
        """Every detector, as a JSON list: what it looks at, how it misleads, its weights, and whether it can be used on this machine."""
        return _text(describe(self._bench))

    def doctor(self) -> str:
        """Versions, device, codecs, weights and limits of this installation as a JSON object, for a bug report."""
        from forensics_ui import doctor

        return _text(doctor.examine(self._bench.settings))

    def _open(self, file: str) -> Picture:
        if not file:
            raise ForensicsError("No file was given.")
        return self._bench.get().open(Path(file))

    def _names(self, wanted: str) -> list[str]:
        known = {one["name"]: one["usable"] for one in describe(self._bench)}
        usable = [name for name, there in known.items() if there]
        names = self._bench.get().with_joined(usable) if wanted == "all" else [name.strip() for name in wanted.split(",")]
        for name in names:
            if name not in (*known, JOINED):
                raise ForensicsError(f"There is no detector called {name!r}; there are {', '.join(known)}.")
        return names

    def _own(self) -> ReferenceSet | None:
        """Programs judge as commands do; what a page has chosen is that page's."""
        return own_reals.named(self._bench.settings.own_reals, self._bench.settings.data_dir)

    def _one(self, picture: Picture, name: str, rule: str) -> Scored | dict[str, Any]:
        """One score, or a record of why there is none."""
        try:
            return self._bench.get().score(picture, name, rule=rule, evidence=False, reference_set=self._own())
        except ForensicsError as problem:
            return {
                "path": picture.name,
                "sha256": picture.sha256,
                "detector": name,
                "input_rule": rule,
                "error": sentence_of(problem),
                "error_code": problem.code,
            }
