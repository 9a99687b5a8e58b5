"""HTML: one file that shows the record, with its pictures inside, and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from forensics_ui.core.claims import claims_from
from forensics_ui.core.types import NO_TRACE, SOME, STRONG
from forensics_ui.report.base import REPORTS, ReportFormat
from forensics_ui.report.phrases import capital, grounds, maker, percent, score_words, sentence, short, signed
from forensics_ui.report.plots import plot_of
from forensics_ui.report.words import CONDITIONS, error_rate
from forensics_ui.verdict.own_words import of_report
from forensics_ui.words.claims import short as short_claims

TEMPLATES = Path(__file__).parent / "templates"
TONES = {NO_TRACE: "low", SOME: "some", STRONG: "strong"}
CHUNK = 1 << 16


@REPORTS.register("html")
class Html(ReportFormat):
    """Everything is escaped where it is printed; a strict content policy stands behind that."""

    suffix, mime = ".html", "text/html"

    def render(self, record: Mapping[str, Any], images: Mapping[str, bytes], stream: BinaryIO) -> None:
        script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
        context = {
            "r": record,
            "css": Markup((TEMPLATES / "report.css").read_text(encoding="utf-8")),
            "script": Markup(script),
            "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
            "pane_images": list(dict.fromkeys(_pane_images(record))),
        }
        made = _environment(images).get_template("report.html").stream(context)
        made.enable_buffering(256)
        for piece in made:
            stream.write(piece.encode())


def _pane_images(record: Mapping[str, Any]) -> Iterator[str]:
    """What the panes show: given once in the style sheet, because several panes show the same picture."""
    if record["kind"] != "picture":
        return
    for file in record["files"]:
        for name in (file["preview"], *(pane[size] for view in file["views"] for pane in view["panes"] for size in ("image", "small"))):
            if name:
                yield name


def _environment(images: Mapping[str, bytes]) -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, auto_reload=False
    )
    filters: dict[str, Callable[..., Any]] = {
        "data_uri": lambda name: "data:image/png;base64," + base64.b64encode(images.get(name, b"")).decode(),
        "signed": signed,
        "short": short,
        "percent": percent,
        "sentence": sentence,
        "capital": capital,
        "tone": lambda band: TONES.get(band, "open"),
        "plot": plot_of,
        "says_short": lambda told: short_claims(claims_from(told)),
        "pretty": lambda value: json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True),
        "command": shlex.join,
        "error_rate": error_rate,
        "condition": lambda name: CONDITIONS.get(name, name),
        "maker": maker,
        "own_reals": of_report,
        "grounds": grounds,
        "score_words": score_words,
    }
    made.filters.update(filters)
    return made
