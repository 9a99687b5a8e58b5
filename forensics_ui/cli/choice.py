"""What commands that score have in common: which detectors are meant, and a decoder for every core."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings

if TYPE_CHECKING:
    from forensics_ui.imaging.open import Intake
    from forensics_ui.workbench import Workbench

MAX_DECODERS = 16


def chosen_detectors(wanted: str, workbench: Workbench, weights: str | None) -> list[str]:
    """The detectors that were asked for; `all` means all that can be used here."""
    known = {item.detector: item for item in workbench.availability()}
    names = [name for name, item in known.items() if item.usable] if wanted == "all" else [name.strip() for name in wanted.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise ForensicsError(f"There is no detector called {unknown[0]!r}; there are {', '.join(known)}.")
    if weights and len(names) != 1:
        raise ForensicsError("--weights goes with one detector; name it with --detector.")
    if not names:
        raise ForensicsError("No detector can be used here: no weights are installed. `weights list` says what can be had.")
    for name in names:
        if not weights and not known[name].usable:
            raise ForensicsError(known[name].sentence)
    return names


def wide_intake(settings: Settings) -> Intake:
    """An intake for many pictures: as many decoders as there are cores."""
    from forensics_ui.imaging.open import Intake

    return Intake(settings.limits, workers=min(MAX_DECODERS, max(2, os.cpu_count() or 2)))
