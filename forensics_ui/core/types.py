"""What travels between the rooms: a picture, what a detector looked at, what it found. All immutable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from forensics_ui.core.reasons import Reason

InputRule = Literal["native", "crop", "paper"]
INPUT_RULES: tuple[InputRule, ...] = ("native", "crop", "paper")


@dataclass(frozen=True)
class Picture:
    """One opened file: who it is, its pixels, and what was measured about it while it was opened.

    `rgb` is (height, width, 3) uint8, C-contiguous and read-only, in the orientation in which the pixels are stored:
    an EXIF orientation is a fact, never applied. `facts` is JSON-ready and is written by the intake only.
    """

    name: str
    sha256: str
    byte_count: int
    format: str
    rgb: np.ndarray
    facts: Mapping[str, Any] = field(default_factory=dict)
    # Share of the rows that could be decoded, 0..1; below 1 the picture is partial and gets no verdict.
    complete: float = 1.0

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels of the original picture."""

    left: int
    top: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Seen:
    """What a detector looked at: which pixels of the original, and what was done to them before the network."""

    rule: InputRule
    box: Box
    # (width, height) of what the network received; differs from the box only if `resampled` or `padded`.
    input_size: tuple[int, int]
    resampled: bool = False
    padded: bool = False
    notes: tuple[Reason, ...] = ()

    def share_of(self, width: int, height: int) -> float:
        """The share of the picture's pixels that was looked at, 0..1."""
        return self.box.area / (width * height)


@dataclass(frozen=True)
class Prepared:
    """Pixels as a network receives them, (height, width, 3) uint8, with the account of where they come from."""

    block: np.ndarray
    seen: Seen


@dataclass(frozen=True)
class Cells:
    """Where the cells of a feature map lie in the block: cell (row, column) is computed from the square of
    `field` pixels whose top left corner is (row * stride - inset, column * stride - inset)."""

    stride: int
    field: int
    inset: int


@dataclass(frozen=True)
class ExactMap:
    """The logit as a sum over places: `contributions.sum() + bias` is the logit (float64 rounding aside)."""

    contributions: np.ndarray  # (rows, columns) float32
    bias: float
    cells: Cells

    def total(self) -> float:
        """What the terms add up to."""
        return float(self.contributions.sum(dtype=np.float64)) + self.bias


@dataclass(frozen=True)
class TopKTerms:
    """The logit as a sum of channels x k terms, each `value * weight` at one cell: LFM's Top-K pooling and linear layer.

    All arrays are (channels, k), ordered by value within a channel. `row` and `column` are cells of the feature map.
    """

    value: np.ndarray
    weight: np.ndarray
    row: np.ndarray
    column: np.ndarray
    grid: tuple[int, int]  # (rows, columns) of the feature map
    bias: float
    cells: Cells

    @property
    def contributions(self) -> np.ndarray:
        """What each term adds to the logit."""
        products: np.ndarray = self.value * self.weight
        return products

    def total(self) -> float:
        """What the terms add up to."""
        return float((self.value.astype(np.float64) * self.weight).sum()) + self.bias


@dataclass(frozen=True)
class Finding:
    """What a network says of one block of pixels, with the exact account of how its parts add up to it."""

    logit: float
    evidence: ExactMap | TopKTerms | None = None


@dataclass(frozen=True)
class Analysis:
    """One picture, one detector: the score and everything that made it. Views are pure functions of this."""

    detector: str
    weights: str
    weights_sha256: str
    device: str
    precision: str
    logit: float
    seen: Seen
    evidence: ExactMap | TopKTerms | None
    seconds: float


@dataclass(frozen=True)
class Verdict:
    """Words with reasons. `band` is one of BANDS; low is never worded as authentic.

    `ratio` is the likelihood ratio, capped by the number of calibration pictures; `own_reals` names the user's own set of
    photographs that was chosen to judge by; `alone` is the band of the score alone, where a stability study lowered it.
    """

    band: str
    probability: float | None
    reasons: tuple[Reason, ...]
    ratio: float | None = None
    own_reals: str | None = None
    alone: str | None = None


STRONG, SOME, INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE = BANDS = (
    "strong evidence of generation",
    "some evidence of generation",
    "inconclusive",
    "no trace found",
    "not applicable",
)
