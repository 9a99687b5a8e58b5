"""The Batch tab: an empty place that assets/batch.js fills. It talks to the addresses in batch_addresses.py, not to Gradio's queue."""

from __future__ import annotations

import gradio as gr

PLACE = '<section id="batch" aria-label="Batch"><p class="b-quiet">Loading …</p></section>'


def build() -> None:
    """Lay out the tab."""
    gr.HTML(PLACE, js_on_load=None, apply_default_css=False, elem_id="batch-place")
