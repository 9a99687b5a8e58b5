"""What commands that score have in common: which detectors are meant, and a decoder for every core."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.weightstore.joint import JOINED

if TYPE_CHECKING:
    from forensics_ui.imaging.open import Intake
    from forensics_ui.workbench import Workbench

MAX_DECODERS = 16


def chosen_detectors(wanted: str, workbench: Workbench, weights: str | None) -> list[str]:
    """The detectors that were asked for; `all` means all that can be used here, and the joined answer of them.

    `best` is the same where there is a joined answer, else the first of BEST; with given weights it is their detector.
    """
    from forensics_ui.detectors import BEST

    known = {item.detector: item for item in workbench.availability()}
    usable = [name for name, item in known.items() if item.usable]
    if wanted == "best" and weights:
        names = [owner_of(weights, workbench.settings.weights_dir)]
    elif wanted in ("best", "all"):
        names = workbench.with_joined(usable)
        names = names if wanted == "all" or JOINED in names else [next((name for name in BEST if name in usable), "lfm")]
    else:
        names = [name.strip() for name in wanted.split(",")]
        names = workbench.with_joined(usable) if names == [JOINED] else names  # it is made of what others say
    if unknown := [name for name in names if name not in (*known, JOINED)]:
        raise ForensicsError(f"There is no detector called {unknown[0]!r}; there are {', '.join(known)}.")
    if weights and len(names) != 1:
        raise ForensicsError("--weights goes with one detector; name it with --detector.")
    if not names:
        raise ForensicsError("No detector can be used here: no weights are installed. `weights list` says what can be had.")
    for name in (name for name in names if name != JOINED):
        if not weights and not known[name].usable:
            raise ForensicsError(known[name].why)
    return names


def owner_of(weights: str, weights_dir: Path) -> str:
    """Whose weights these are, by what the file holds; LFM is asked, and says what is wrong, where they are nobody's."""
    from forensics_ui.weightstore.load import load_weights

    try:
        return load_weights(weights, None, weights_dir).detector
    except ForensicsError:
        return "lfm"


def wide_intake(settings: Settings) -> Intake:
    """An intake for many pictures: as many decoders as there are cores."""
    from forensics_ui.imaging.open import Intake

    return Intake(settings.limits, workers=min(MAX_DECODERS, max(2, os.cpu_count() or 2)))
