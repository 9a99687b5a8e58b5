"""What was done to a picture's pixels before a detector looked at them, in words."""

from __future__ import annotations

from forensics_ui.words.templates import Sentence, Values, template


def _trimmed(values: Values) -> str:
    counts = ((values["columns"], "column"), (values["rows"], "row"))
    parts = [f"{n} {what}{'s' if n > 1 else ''}" for n, what in counts if n]
    cell = f"{values['cell']} x {values['cell']}"
    return f"the last {' and '.join(parts)} of pixels do not fill a {cell} cell and are left out"


SENTENCES: dict[str, Sentence] = {
    "cells_trimmed": _trimmed,
    "only_centre": template("only the {width} x {height} pixels in the centre were looked at"),
    "squashed": template("resampled from {width} x {height} to {side} x {side}: the resampling itself leaves traces like a generator's"),
    "black_borders": template("the picture is smaller than {side} x {side} and was given black borders"),
}
