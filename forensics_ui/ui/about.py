"""The About tab: how far to trust the app, the cards of its weights, its methods, own photographs to judge by, and what a bug report needs."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import gradio as gr

from forensics_ui import __version__
from forensics_ui.ui import own_reals
from forensics_ui.ui.cards import cards
from forensics_ui.ui.desk import Desk
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.environment import uploads_folder
from forensics_ui.ui.fetch_button import FetchButton
from forensics_ui.ui.text import escape, prose
from forensics_ui.ui.warm import Bench

PACKAGES = ("torch", "numpy", "pillow", "pillow-heif", "gradio", "safetensors", "c2pa-python")
LIMITS = (
    "A score is evidence, not proof. Read it together with where the picture comes from.",
    "Saving again as JPEG or WebP, resizing, screenshots and messengers remove the traces these detectors look for, so a low score never shows that a camera took a picture.",
    "Strong processing of real photographs (night modes, upscaling, heavy retouching) can leave traces like a generator's.",
    "Detectors are shown side by side and never averaged; where they disagree, that is the result.",
    "Scores of small parts of a picture, of drawings and of renders were tested far less than those of photographs.",
)


def build(page: gr.Blocks, bench: Bench, desk: Desk, strip: own_reals.Strip, fetch: FetchButton) -> None:
    """Lay out the tab; it fills itself once the page is open."""
    shown = gr.HTML(_page(bench, None), elem_id="about", js_on_load=None, apply_default_css=False)
    fetch.place("about")
    own_reals.build(page, bench, desk, strip)
    gr.HTML(_rest(bench), js_on_load=None, apply_default_css=False)
    ask = gr.Button("Show what a bug report needs", elem_id="ask-doctor", size="sm", min_width=240, scale=0)
    report = gr.HTML("", elem_id="doctor", js_on_load=None, apply_default_css=False)

    def fill() -> Iterator[str]:
        yield _page(bench, describe(bench))

    def examine() -> Iterator[str]:
        from forensics_ui.doctor import as_text
        from forensics_ui.doctor import examine as look

        yield '<p class="quiet" role="status">Looking at everything; this takes some seconds.</p>'
        yield f'<pre tabindex="0" aria-label="Report of the doctor">{escape(as_text(look(bench.settings)), 60_000)}</pre>'

    ask.click(examine, None, report, api_visibility="private", show_progress="hidden")
    page.load(fill, None, shown, api_visibility="private", show_progress="hidden")


def _page(bench: Bench, detectors: list[dict[str, Any]] | None) -> str:
    waiting = "<p>The detectors are starting…</p>"
    methods = "".join(map(_card, detectors)) if detectors is not None else waiting
    models = cards(bench.settings.weights_dir) if detectors is not None else waiting
    limits = "".join(f"<li>{escape(line)}</li>" for line in LIMITS)
    return (
        f'<div class="about"><section><h2>How far this can be trusted</h2><ul>{limits}</ul></section>'
        f"<section><h2>What the app has learned from, and how often it errs</h2>{models}</section>"
        f"<section><h2>The methods</h2>{methods}</section></div>"
    )


def _rest(bench: Bench) -> str:
    folder = escape(uploads_folder(bench.settings.data_dir))
    return (
        f'<div class="about own"><section><h2>Your pictures</h2><p>They stay on this machine. What you drop is kept in <code>{folder}</code>, '
        "deleted after an hour, and all of it when the app ends.</p></section>"
        f"<section><h2>Versions</h2>{_versions(bench)}<p>For a bug report, paste what <code>python launch.py doctor</code> prints; the button below "
        "shows the same.</p></section></div>"
    )


def _card(one: dict[str, Any]) -> str:
    state = "usable" if one["usable"] else "no weights"
    badge = f'<span class="badge{"" if one["preliminary"] else " plain"}">{"preliminary weights" if one["preliminary"] else state}</span>'
    rows = {
        "Looks at": one["looks_at"],
        "Misleads": one["limits"],
        "Paper": one["paper"],
        "Parameters": f"{one['parameters']:,}",
        "In use": one["default"] or "none",
        "State": one["sentence"],
    }
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{prose(value)}</dd>" for name, value in rows.items())
    return f'<article class="card"><header><h3>{escape(one["title"])}</h3>{badge}</header><dl>{facts}</dl></article>'


def _versions(bench: Bench) -> str:
    rows = {
        "forensics_ui": __version__,
        "Python": platform.python_version(),
        "System": platform.platform(),
        "Device asked for": bench.settings.device,
    }
    for name in PACKAGES:
        try:
            rows[name] = version(name)
        except PackageNotFoundError:
            rows[name] = "not installed"
    return "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in rows.items()) + "</dl>"
