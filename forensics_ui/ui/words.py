"""The sentences of the screen that stand for more than one place: bands and input rules."""

from __future__ import annotations

from typing import Any

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG
from forensics_ui.verdict.several import common_band, disagreement

# Where a band stands on the four-step scale beside its words; not applicable has no place on it.
STEPS = {NO_TRACE: 1, INCONCLUSIVE: 2, SOME: 3, STRONG: 4}
TONES = {NO_TRACE: "low", INCONCLUSIVE: "open", SOME: "some", STRONG: "strong", NOT_APPLICABLE: "none"}

HEADLINES = {
    STRONG: "Strong evidence that a generative model made this picture.",
    SOME: "Some evidence that a generative model made this picture; not enough on its own.",
    INCONCLUSIVE: "Inconclusive: this does not decide it either way.",
    NO_TRACE: "No trace of generation found. That does not prove a camera took it.",
    NOT_APPLICABLE: "Not applicable: nothing can be said of this picture.",
}

RULES = {
    "native": (
        "Whole picture",
        "native: every pixel exactly as the file stores it, nothing resampled, in aligned tiles. The verdict goes by it where its error rates were measured for pictures of this size.",
    ),
    "crop": (
        "Centre crop",
        "crop: only the aligned 256 × 256 pixels in the middle, exactly as stored. Quick, so it comes first, and the verdict goes by it where the picture is larger than was measured; it says nothing about the rest of the picture.",
    ),
    "paper": (
        "The papers' rule",
        "paper: what the authors' own test code does. NPR and LFM squash the whole picture to 256 × 256, UnivFD cuts 224 × 224 from the middle. "
        "Squashing writes traces like a generator's, so this is for comparing with published figures, not for judging a picture.",
    ),
}


def headline(bands: dict[str, str]) -> str:
    """One sentence over all detectors. They are never averaged: where they differ, that is what it says."""
    if different := disagreement(bands):
        return different
    common = common_band(bands)
    return HEADLINES[common or NOT_APPLICABLE] if bands else ""


def percent(probability: float) -> str:
    """A calibrated probability, never as 0 or 100."""
    share = probability * 100
    return "under 1 %" if share < 1 else "over 99 %" if share > 99 else f"{share:.0f} %"


def weights_line(record: dict[str, Any]) -> str:
    """Which weights, which bytes, where and how exactly it was computed."""
    digest = str(record.get("weights_sha256") or "")[:12]
    return f"weights {record.get('weights')} ({digest}…), {record.get('device')}, {record.get('precision')}"
