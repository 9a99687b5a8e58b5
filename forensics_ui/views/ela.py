"""Error level analysis: what one more JPEG save changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from forensics_ui.core.reasons import fact
from forensics_ui.imaging import resave
from forensics_ui.views.base import VIEWS, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import CHANNELS, original, rounded


@VIEWS.register("ela")
class ErrorLevels(View):
    """The size of the change that a save at a known quality makes, pixel by pixel."""

    name = "ela"
    title = "Error levels"
    shows = "How much each pixel changes when the picture is saved as JPEG once more: parts with another compression history than their surroundings can stand out."
    misleads = (
        "Edges, fine texture and saturated colours light up on every picture, untouched ones too, and smooth areas stay dark; only a difference between areas of the same kind means something; "
        "it does not tell generated pictures from photographs."
    )
    options = (
        Option("quality", "JPEG quality", 90, low=50, high=100, step=1),
        Option("gain", "Gain", 16.0, low=1, high=64, step=0.5, help="the scale ends at 255 / gain", paints=True),
    )
    order = 200

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        rgb = subject.picture.rgb
        change = np.abs(rgb.astype(np.int16) - resave.jpeg(rgb, chosen["quality"])).astype(np.uint8)
        largest = change.max(axis=2)
        scale = Scale(0.0, 255 / chosen["gain"], "levels", "inferno")
        pane = Pane(
            "error_levels",
            f"Change by a save at quality {chosen['quality']}",
            lambda: largest,
            scale,
            note="the largest of the three channels, chroma at half size",
        )
        numbers = {
            "quality": chosen["quality"],
            "scale": [scale.low, scale.high],
            "mean": {name: rounded(float(change[..., c].mean())) for c, name in enumerate(CHANNELS)},
            "largest": int(largest.max()),
            "unchanged_share": rounded(float((largest == 0).mean())),
        }
        sentence = fact("save_changes", quality=chosen["quality"], unchanged=numbers["unchanged_share"], largest=numbers["largest"])
        return Rendering((original(subject), pane), numbers, (sentence,))
