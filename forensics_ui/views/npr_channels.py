"""NPR channels: the neighbouring pixel relationships of red, green and blue beside the picture, as in Fig. 1 of the NPR paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.imaging.colour import NAMES
from forensics_ui.imaging.npr import Reference, trimmed
from forensics_ui.imaging.npr_map import NprMap
from forensics_ui.views.base import VIEWS, Curve, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import CHANNELS, original, rounded
from forensics_ui.views.npr_levels import measure


@VIEWS.register("npr_channels")
class NprChannels(View):
    """Heatmaps of the pixel relationships per channel, on one printed scale."""

    name = "npr_channels"
    title = "NPR channels"
    shows = "How each pixel differs from the reference pixel of its cell, for red, green and blue: the raw material that the NPR and LFM detectors work on."
    misleads = (
        "Every picture has such differences: edges and texture light up on a real photograph, and JPEG or resizing change the pattern more than a generator does; "
        "with l = 2, a quarter of the map is zero by construction."
    )
    options = (
        Option("l", "Cell size l", 2, low=2, high=16, step=1, help="the paper's choice is 2"),
        Option(
            "reference",
            "Compared with",
            "pixel",
            choices=("pixel", "average", "maximum"),
            help="one pixel of the cell, the cell's average, or its maximum",
        ),
        Option("j", "Reference pixel j", 1, low=1, high=256, step=1, help="counted row by row from the top left; 1 is the paper's choice"),
        Option("sign", "Sign", "signed", choices=("signed", "absolute")),
        Option(
            "gain", "Gain", 8.0, low=1, high=64, step=0.5, help="the scale ends at 255 / gain; larger differences get the end's colour", paints=True
        ),
        Option("colours", "Colours", "automatic", choices=("automatic", *NAMES), paints=True),
    )
    order = 10

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        chosen = super().parse(values)
        if chosen["reference"] == "pixel" and chosen["j"] > chosen["l"] ** 2:
            raise ValueError(
                f"Reference pixel j: {chosen['j']} is not in a cell of {chosen['l']} x {chosen['l']}, whose pixels are 1 to {chosen['l'] ** 2}"
            )
        return chosen

    def at_once(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture, cell = subject.picture, chosen["l"]
        if min(picture.width, picture.height) < cell:
            raise NotApplicable(because("too_small_for_a_cell", width=picture.width, height=picture.height, cell=cell))
        reference, scale = _reference(chosen), _scale(chosen)
        numbers = {"l": cell, "reference": reference, "sign": chosen["sign"], "scale": [scale.low, scale.high]}
        maps = NprMap(picture.rgb, cell, reference, absolute=chosen["sign"] == "absolute")
        return Rendering(panes=(original(subject), *_panes(maps, scale)), numbers=numbers)

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen, shown = self.parse(options), self.at_once(subject, **options)
        picture, cell, reference = subject.picture, chosen["l"], _reference(chosen)
        # There is no progress to tell of, but a hand that drags a slider leaves this behind at every step.
        figures, counts = measure(picture.rgb, cell, reference, lambda: subject.progress(0, 0))
        left_out, end = trimmed(picture.width, picture.height, cell), _scale(chosen).high
        numbers = {
            **shown.numbers,
            "channels": dict(zip(CHANNELS, figures, strict=True)),
            "beyond_scale": [rounded(float(counts[np.abs(np.arange(-255, 256)) > end, c].sum() / counts[:, c].sum())) for c in range(3)],
            "trimmed": left_out,
        }
        return replace(shown, numbers=numbers, sentences=_sentences(figures, cell, reference, left_out), curves=(_histogram(counts),))


def _reference(chosen: Mapping[str, Any]) -> Reference:
    return chosen["j"] if chosen["reference"] == "pixel" else chosen["reference"]


def _scale(chosen: Mapping[str, Any]) -> Scale:
    end, signed = 255 / chosen["gain"], chosen["sign"] == "signed"
    automatic = "signed" if signed else "inferno"
    return Scale(-end if signed else 0.0, end, "levels", automatic if chosen["colours"] == "automatic" else chosen["colours"], signed)


def _panes(maps: NprMap, scale: Scale) -> list[Pane]:
    note = f"l = {maps.cell}, {'pixel ' if isinstance(maps.reference, int) else ''}{maps.reference}"
    planes = [maps.channel(index) for index in range(len(CHANNELS))]
    size = (maps.shape[1], maps.shape[0])
    return [
        Pane(f"npr_{name}", f"NPR {name}", plane.values, scale, note=note, known_size=size, lazy=plane)
        for name, plane in zip(CHANNELS, planes, strict=True)
    ]


def _sentences(figures: list[dict[str, float | None]], cell: int, reference: Reference, left_out: Reason | None) -> tuple[Reason, ...]:
    shares = {name: figure["zero_share"] for name, figure in zip(CHANNELS, figures, strict=True)}
    others = {name: figure["zero_share_of_others"] for name, figure in zip(CHANNELS, figures, strict=True)}
    lines = [fact("npr_zeros", shares=shares)]
    if reference != "average":
        lines.append(fact("npr_zeros_of_others", itself=1 / cell**2, shares=others))
    return (*lines, *([fact("as_sentence", why=left_out)] if left_out else []))


def _histogram(counts: np.ndarray) -> Curve:
    used = np.flatnonzero(counts.any(axis=1))
    low, high = used[0], used[-1] + 1
    lines = {name: tuple(float(n) for n in counts[low:high, c]) for c, name in enumerate(CHANNELS)}
    return Curve(
        "How often each difference occurs",
        "difference in levels",
        "pixels",
        tuple(range(int(low) - 255, int(high) - 255)),
        lines,
        logarithmic=True,
        bars=True,
    )
