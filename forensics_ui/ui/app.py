"""The page: a header, and one tab per room. Each tab is a file of its own."""

from __future__ import annotations

import gradio as gr

from forensics_ui import __version__
from forensics_ui.ui import about, api, batch_tab, inspect, own_reals
from forensics_ui.ui.arrivals import Arrivals
from forensics_ui.ui.desk import Desk
from forensics_ui.ui.fetch_button import FetchButton
from forensics_ui.ui.fetching import Fetching
from forensics_ui.ui.text import escape
from forensics_ui.ui.warm import Bench

TITLE = "Forensic workbench"
PURPOSE = "Was this picture made by a generative model, and what in its pixels says so? Everything happens on this machine; no picture leaves it."
# An uploaded file is deleted an hour after it came, and all of them when the app ends.
CLEAN_EVERY, KEEP_UPLOADS = 600, 3600


def header() -> str:
    """The name, what it is, and a switch for light and dark."""
    return (
        f'<div class="top"><div><h1>{TITLE}</h1><p>{escape(PURPOSE)}</p></div>'
        f'<div class="aside"><small>forensics_ui {escape(__version__)}</small>'
        '<button type="button" id="theme" aria-label="Switch between light and dark">\N{CIRCLE WITH RIGHT HALF BLACK}</button></div></div>'
    )


def build(bench: Bench, desk: Desk, arrivals: Arrivals) -> gr.Blocks:
    """All of the page and all of the API."""
    with gr.Blocks(title=TITLE, analytics_enabled=False, delete_cache=(CLEAN_EVERY, KEEP_UPLOADS), fill_width=True) as page:
        gr.HTML(header(), elem_id="header", js_on_load=None, apply_default_css=False)
        strip = own_reals.strip()
        fetch = FetchButton(Fetching(bench))
        with gr.Tabs(elem_id="rooms"):
            with gr.Tab("Inspect", id="inspect"):
                again = inspect.build(page, bench, desk, arrivals, fetch)
            with gr.Tab("Batch", id="batch-tab"):
                batch_tab.build()
            with gr.Tab("About", id="about"):
                about.build(page, bench, desk, strip, fetch)
        fetch.connect(page, *again)
        api.build(bench)
    return page
