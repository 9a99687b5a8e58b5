"""One calm theme for Gradio's own parts; `assets/app.css` takes its colours from the same variables."""

from __future__ import annotations

import gradio as gr
from gradio.themes.utils import colors, sizes

SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def theme() -> gr.themes.Base:
    """System fonts, quiet surfaces, one accent."""
    base = gr.themes.Base(
        primary_hue=colors.teal, neutral_hue=colors.slate, radius_size=sizes.radius_md, text_size=sizes.text_md, font=list(SANS), font_mono=list(MONO)
    )
    return base.set(
        body_background_fill="#f6f6f3",
        body_background_fill_dark="#14181b",
        body_text_color="#1c2328",
        body_text_color_dark="#e6ebee",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        button_primary_background_fill="#1d5c66",
        button_primary_background_fill_hover="#17494f",
        button_primary_background_fill_dark="#2f7f8b",
        button_primary_background_fill_hover_dark="#3c97a4",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_dark="#20272b",
        button_secondary_border_color="#c9cfd2",
        button_secondary_border_color_dark="#3b464c",
    )
