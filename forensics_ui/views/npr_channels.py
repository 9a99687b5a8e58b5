"""NPR channels: the neighbouring pixel relationships of red, green and blue beside the picture, as in Fig. 1 of the NPR paper."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.imaging.colour import NAMES
from forensics_ui.imaging.npr import Reference, npr, trimmed_sentence, whole_cells
from forensics_ui.views.base import VIEWS, Curve, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import CHANNELS, original, rounded

STRIP_BYTES = 1 << 20  # of pixels at a time: the differences of a strip stay in the processor's cache
LEVELS = 511  # differences of 8-bit pixels: -255 to 255


def level_counts(rgb: np.ndarray, cell: int, reference: Reference) -> np.ndarray:
    """How often each difference from -255 to 255 occurs, (511, channels) int64; integer references only."""
    pixels = whole_cells(rgb, cell)
    counts = np.zeros((LEVELS, pixels.shape[2]), np.int64)
    step = max(1, STRIP_BYTES // pixels[0].size // cell) * cell
    for top in range(0, pixels.shape[0], step):
        shifted = npr(pixels[top : top + step], cell, reference) + np.int16(255)
        for channel in range(counts.shape[1]):
            counts[:, channel] += np.bincount(shifted[..., channel].ravel(), minlength=LEVELS)
    return counts


def figures_of_levels(counts: np.ndarray, references: int) -> dict[str, float | None]:
    """Share of zeros, mean size and RMS of one channel from its counts; `references` of the zeros are so by construction."""
    levels, total = np.abs(np.arange(-255, 256)), int(counts.sum())
    others = total - references
    return {
        "zero_share": rounded(counts[255] / total),
        "zero_share_of_others": rounded((counts[255] - references) / others),
        "mean_absolute": rounded(float((counts * levels).sum()) / total),
        "rms": rounded(float(np.sqrt((counts * levels**2).sum() / total))),
    }


def average_counts(rgb: np.ndarray, cell: int) -> tuple[list[dict[str, float | None]], np.ndarray]:
    """The same for differences to the cell's average, which have fractions: figures are exact, counts are of rounded levels."""
    pixels = whole_cells(rgb, cell)
    sums = np.zeros((3, pixels.shape[2]))  # zeros, sizes, squares
    counts = np.zeros((LEVELS, pixels.shape[2]), np.int64)
    step = max(1, STRIP_BYTES // pixels[0].size // cell) * cell
    for top in range(0, pixels.shape[0], step):
        values = npr(pixels[top : top + step], cell, "average").reshape(-1, pixels.shape[2])
        sums += np.stack([(values == 0).sum(0), np.abs(values).sum(0, dtype=np.float64), (values.astype(np.float64) ** 2).sum(0)])
        for channel in range(counts.shape[1]):
            counts[:, channel] += np.bincount(np.rint(values[:, channel]).astype(np.intp) + 255, minlength=LEVELS)
    zero, size, square = sums / (pixels.shape[0] * pixels.shape[1])
    figures = [
        {"zero_share": rounded(z), "zero_share_of_others": rounded(z), "mean_absolute": rounded(a), "rms": rounded(float(np.sqrt(s)))}
        for z, a, s in zip(zero, size, square, strict=True)
    ]
    return figures, counts


def measure(rgb: np.ndarray, cell: int, reference: Reference) -> tuple[list[dict[str, float | None]], np.ndarray]:
    """Figures per channel, and counts of the (rounded) levels."""
    if reference == "average":
        return average_counts(rgb, cell)
    counts = level_counts(rgb, cell, reference)
    cells = (rgb.shape[0] // cell) * (rgb.shape[1] // cell)
    return [figures_of_levels(counts[:, channel], cells) for channel in range(counts.shape[1])], counts


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

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture, cell = subject.picture, chosen["l"]
        if min(picture.width, picture.height) < cell:
            raise NotApplicable(f"the picture is {picture.width} x {picture.height} pixels, too small for a single {cell} x {cell} cell")
        reference: Reference = chosen["j"] if chosen["reference"] == "pixel" else chosen["reference"]
        figures, counts = measure(picture.rgb, cell, reference)
        scale = _scale(chosen)
        trimmed = trimmed_sentence(picture.width, picture.height, cell)
        numbers = {
            "l": cell,
            "reference": reference,
            "sign": chosen["sign"],
            "scale": [scale.low, scale.high],
            "channels": dict(zip(CHANNELS, figures, strict=True)),
            "beyond_scale": [rounded(float(counts[np.abs(np.arange(-255, 256)) > scale.high, c].sum() / counts[:, c].sum())) for c in range(3)],
            "trimmed": trimmed,
        }
        panes = (original(subject), *_panes(picture.rgb, cell, reference, chosen["sign"] == "absolute", scale))
        return Rendering(panes=panes, numbers=numbers, sentences=_sentences(figures, cell, reference, trimmed), curves=(_histogram(counts),))


def _scale(chosen: Mapping[str, Any]) -> Scale:
    end, signed = 255 / chosen["gain"], chosen["sign"] == "signed"
    automatic = "signed" if signed else "inferno"
    return Scale(-end if signed else 0.0, end, "levels", automatic if chosen["colours"] == "automatic" else chosen["colours"], signed)


def _panes(rgb: np.ndarray, cell: int, reference: Reference, absolute: bool, scale: Scale) -> list[Pane]:
    @lru_cache(1)
    def planes() -> list[np.ndarray]:
        # All three at once: the differences of interleaved pixels are made together, and any pane brings the others.
        values = npr(rgb, cell, reference)
        return [np.ascontiguousarray(plane) for plane in np.moveaxis(np.abs(values) if absolute else values, 2, 0)]

    note = f"l = {cell}, {'pixel ' if isinstance(reference, int) else ''}{reference}"
    size = (rgb.shape[1] // cell * cell, rgb.shape[0] // cell * cell)
    return [Pane(f"npr_{name}", f"NPR {name}", lambda c=c: planes()[c], scale, note=note, known_size=size) for c, name in enumerate(CHANNELS)]


def _sentences(figures: list[dict[str, float | None]], cell: int, reference: Reference, trimmed: str | None) -> tuple[str, ...]:
    shares = ", ".join(f"{name} {figure['zero_share']:.1%}" for name, figure in zip(CHANNELS, figures, strict=True))
    others = ", ".join(f"{name} {figure['zero_share_of_others']:.1%}" for name, figure in zip(CHANNELS, figures, strict=True))
    lines = [f"Differences of exactly zero: {shares}."]
    if reference != "average":
        lines.append(
            f"One pixel in every cell, {1 / cell**2:.1%} of all, is compared with itself and is zero by construction; among the others: {others}."
        )
    return (*lines, *([trimmed[0].upper() + trimmed[1:] + "."] if trimmed else []))


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
