"""Real vs inverted: a picture beside its reconstruction by a generator, and what differs in their pixel relationships (Fig. 1e of the NPR paper)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.imaging.closeness import psnr
from forensics_ui.imaging.npr import npr, trimmed
from forensics_ui.views.base import VIEWS, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import CHANNELS, original, rounded


def inverse_of(subject: Subject) -> tuple[np.ndarray, str]:
    """The pixels to compare with, and who made them: the second picture if there is one, else the built-in inverter."""
    picture, second = subject.picture, subject.second
    if second is None:
        return subject.inverted(), "the built-in inverter"
    if (second.width, second.height) != (picture.width, picture.height):
        raise NotApplicable(
            because("second_of_other_size", width=second.width, height=second.height, first_width=picture.width, first_height=picture.height)
        )
    return second.rgb, "the second picture"


def compare(first: np.ndarray, second: np.ndarray) -> dict[str, float | None]:
    """Mean, RMS and largest size of the difference of two planes, and their correlation (None if one of them is flat)."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    d = a - b
    a, b = a - a.mean(), b - b.mean()
    power = np.sqrt((a * a).sum() * (b * b).sum())
    return {
        "mean_absolute_difference": rounded(float(np.abs(d).mean())),
        "rms_difference": rounded(float(np.sqrt((d * d).mean()))),
        "largest_difference": rounded(float(np.abs(d).max())),
        "correlation": rounded(float((a * b).sum() / power)) if power > 0 else None,
    }


@VIEWS.register("difference")
class Difference(View):
    """NPR of a picture and of its inversion, per channel, and their difference."""

    name = "difference"
    title = "Real vs inverted"
    shows = (
        "What changes in the pixel relationships when a picture passes through a generator: inverted means reconstructed by a generator "
        "(encoded, then built up again by up-sampling) and does not mean the negative of its colours."
    )
    misleads = (
        "A difference shows what this one reconstruction changed, not where a picture was faked: it lights up on every photograph, and two saves of one picture differ too; "
        "a second picture must be the same scene, pixel by pixel, or the difference means nothing."
    )
    options = (
        Option("l", "Cell size l", 2, low=2, high=16, step=1),
        Option("channel", "Channel", "all", choices=("all", *CHANNELS), help="'all' shows the RMS of the three"),
        Option("gain", "Gain", 8.0, low=1, high=64, step=0.5, help="the scale ends at 255 / gain", paints=True),
    )
    slow = True  # the built-in inverter rebuilds a large picture tile by tile
    order = 20

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture, cell = subject.picture, chosen["l"]
        if min(picture.width, picture.height) < cell:
            raise NotApplicable(because("too_small_for_a_cell", width=picture.width, height=picture.height, cell=cell))
        other, maker = inverse_of(subject)
        # The difference of two NPR maps of 8-bit pixels fits into their 16 bits.
        first, second = npr(picture.rgb, cell), npr(other, cell)
        per_channel = {name: compare(first[..., c], second[..., c]) for c, name in enumerate(CHANNELS)}
        decibels = rounded(psnr(picture.rgb, other), 4)
        numbers = {
            "l": cell,
            "inverted_by": maker,
            "channel": chosen["channel"],
            "identical": decibels is None,
            "psnr_db": decibels,
            "npr": per_channel,
        }
        other_pane = Pane("inverted", "Inverted", lambda: other, reduce="mean", note=f"made by {maker}")
        panes = (original(subject), other_pane, *_maps(first, second, chosen))
        return Rendering(panes=panes, numbers=numbers, sentences=tuple(_sentences(numbers, trimmed(picture.width, picture.height, cell))))


def _maps(first: np.ndarray, second: np.ndarray, chosen: dict[str, Any]) -> list[Pane]:
    end = 255 / chosen["gain"]
    if chosen["channel"] == "all":
        scale = Scale(0.0, end, "levels, RMS of three channels", "inferno")

        def reduce(values: np.ndarray) -> np.ndarray:
            return np.sqrt((values.astype(np.float32) ** 2).mean(axis=2))
    else:
        scale, channel = Scale(-end, end, "levels", "signed", signed=True), CHANNELS.index(chosen["channel"])

        def reduce(values: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(values[..., channel])

    @lru_cache(1)
    def difference() -> np.ndarray:
        return reduce(first - second)

    size = (first.shape[1], first.shape[0])
    return [
        Pane("npr_picture", "NPR of the picture", lambda: reduce(first), scale, known_size=size),
        Pane("npr_inverted", "NPR of the inverted", lambda: reduce(second), scale, known_size=size),
        Pane("npr_difference", "Difference of the two", difference, scale, known_size=size),
    ]


def _sentences(numbers: dict[str, Any], left_out: Reason | None) -> list[Reason]:
    lines = [fact("inverted_means")]
    if numbers["identical"]:
        lines.append(fact("pictures_identical"))
    else:
        lines.append(fact("pictures_differ", psnr=numbers["psnr_db"], by=numbers["inverted_by"]))
    flat = [name for name, figures in numbers["npr"].items() if figures["correlation"] is None]
    if flat:
        lines.append(fact("no_correlation", names=flat))
    return [*lines, *([fact("as_sentence", why=left_out)] if left_out else [])]
