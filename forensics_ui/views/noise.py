"""Noise residual: what is left of the picture when its smooth part is taken away."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import because, fact
from forensics_ui.imaging import resave
from forensics_ui.views.base import VIEWS, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import original, rounded

BLOCK = 16
# For normally distributed values the median of |x| is this part of the standard deviation; edges hardly move it.
MEDIAN_TO_SD = 0.6744897501960817


def residual(plane: np.ndarray, method: str, size: int) -> np.ndarray:
    """The plane minus its smooth part, signed."""
    smooth = cv2.medianBlur(np.ascontiguousarray(plane), size) if method == "median" else cv2.blur(plane, (size, size))
    return plane.astype(np.int16) - smooth


def block_spread(values: np.ndarray, block: int = BLOCK) -> np.ndarray:
    """The standard deviation of every whole block, (rows, columns) float32."""
    rows, columns = values.shape[0] // block, values.shape[1] // block
    squares = values[: rows * block, : columns * block].astype(np.float32).reshape(rows, block, columns, block)
    return squares.std(axis=(1, 3))


@VIEWS.register("noise")
class Noise(View):
    """High-pass residual of the brightness, and how strong it is from block to block."""

    name = "noise"
    title = "Noise residual"
    shows = "The fine grain of the picture without its smooth part, and how strong the grain is from place to place: a pasted part can carry another grain than its surroundings."
    misleads = (
        "Texture, focus and brightness change the grain inside every honest photograph, and phones remove or add it on purpose; "
        "even grain is no proof of a camera, and a smooth area is no sign of a generator."
    )
    options = (
        Option("method", "Smooth part by", "median", choices=("median", "mean")),
        Option("size", "Window", 3, choices=(3, 5, 7)),
        Option("gain", "Gain", 16.0, low=1, high=64, step=0.5, help="the scale ends at 255 / gain", paints=True),
    )
    order = 210

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture = subject.picture
        if min(picture.width, picture.height) < chosen["size"]:
            raise NotApplicable(because("smaller_than_window", width=picture.width, height=picture.height, window=chosen["size"]))
        values = residual(resave.luma(picture.rgb), chosen["method"], chosen["size"])
        end = 255 / chosen["gain"]
        panes = [original(subject), Pane("residual", "Residual of the brightness", lambda: values, Scale(-end, end, "levels", "signed", signed=True))]
        spread = block_spread(values)
        numbers: dict[str, Any] = {
            "method": chosen["method"],
            "size": chosen["size"],
            "sd": rounded(float(values.std())),
            "sd_from_median": rounded(float(np.median(np.abs(values))) / MEDIAN_TO_SD),
            "zero_share": rounded(float((values == 0).mean())),
        }
        sentences = [fact("residual_spread", sd=numbers["sd"], zero_share=numbers["zero_share"])]
        if spread.size:
            panes.append(Pane("strength", f"Strength in {BLOCK} x {BLOCK} blocks", lambda: spread, Scale(0.0, end, "levels", "viridis"), BLOCK))
            numbers["blocks"] = {
                "least": rounded(float(spread.min())),
                "median": rounded(float(np.median(spread))),
                "largest": rounded(float(spread.max())),
            }
            least, largest, median = float(spread.min()), float(spread.max()), float(np.median(spread))
            sentences.append(fact("residual_of_blocks", least=least, largest=largest, median=median))
        return Rendering(tuple(panes), numbers, tuple(sentences))
