"""What a view is: a picture (and what detectors found in it) in, panes, numbers and two honest sentences out.

A new view is one new file in this folder: a subclass of `View` under `@VIEWS.register(name)`. It then appears on the
screen, as `view NAME FILE` on the command line and in reports, and `tests/test_every_plugin.py` runs it.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol

import numpy as np

from forensics_ui.core.reasons import Reason
from forensics_ui.core.registry import Registry
from forensics_ui.core.types import Analysis, Box, InputRule, Picture
from forensics_ui.imaging.pyramid import Lazy

Reduce = Literal["mean", "max", "rms"]


@dataclass(frozen=True)
class Scale:
    """How numbers become colours: one printed scale, never stretched in silence."""

    low: float
    high: float
    unit: str
    colours: str  # a name of imaging.colour
    signed: bool = False


@dataclass(frozen=True)
class Pane:
    """One picture or map. Its pixel (column, row) covers `step` x `step` picture pixels from `offset` + column * step."""

    id: str
    title: str
    make: Callable[[], np.ndarray]  # (height, width, 3) uint8 for a picture, (height, width) numbers for a map
    scale: Scale | None = None  # None for a picture
    step: int = 1
    offset: tuple[int, int] = (0, 0)
    reduce: Reduce = "max"  # how it is shrunk for the screen; a picture is always averaged
    note: str = ""
    # Maps that lie over the picture (CAM): 0 hides the picture, 1 hides the map.
    over_picture: bool = False
    # Width and height, where they are known before the numbers are: a screen is laid out without waiting for them.
    known_size: tuple[int, int] | None = None
    # The same numbers, computed only where somebody looks; without it, the first look computes all of them.
    lazy: Lazy | None = None

    @cached_property
    def values(self) -> np.ndarray:
        """The numbers themselves, computed when first asked for."""
        return self.make()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of its own."""
        return self.known_size or (self.values.shape[1], self.values.shape[0])


@dataclass(frozen=True)
class Mark:
    """A rectangle drawn on the panes, in picture pixels."""

    box: Box
    label: str = ""
    kind: Literal["seen", "fake", "real", "neutral"] = "neutral"


@dataclass(frozen=True)
class Table:
    """Rows that people read and sort. `marks` gives the place a row is about, so that a click can fly there."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    marks: tuple[Box, ...] = ()


@dataclass(frozen=True)
class Curve:
    """Values against one axis, e.g. a detector's logit against JPEG quality."""

    title: str
    x_label: str
    y_label: str
    x: tuple[Any, ...]
    lines: Mapping[str, tuple[float | None, ...]]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    logarithmic: bool = False
    bars: bool = False


@dataclass(frozen=True)
class Rendering:
    """Everything a view has to say about one picture under one set of options."""

    panes: tuple[Pane, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)  # JSON-ready; the same on screen, command line and report
    # What these numbers say; `words.rendering.spoken` puts reasons into words, here and in numbers and tables.
    sentences: tuple[str | Reason, ...] = ()
    marks: tuple[Mark, ...] = ()
    tables: tuple[Table, ...] = ()
    curves: tuple[Curve, ...] = ()
    crops: tuple[tuple[str, Box], ...] = ()  # a gallery of places: caption and where
    reasons: tuple[Reason, ...] = ()  # of sentences that were put into words


@dataclass(frozen=True)
class Option:
    """One control of a view. `choices` makes a list, a range a slider, a bool default a switch.

    `paints` promises that it changes only how the numbers of panes are coloured, never one of them: the screen keeps what it has.
    A number that paints divides the ends of every scale.
    """

    name: str
    label: str
    default: Any
    choices: tuple[Any, ...] = ()
    low: float | None = None
    high: float | None = None
    step: float | None = None
    help: str = ""
    paints: bool = False

    def parse(self, value: Any) -> Any:
        """The value as the default's type, checked; ValueError with the allowed ones."""
        if value is None:
            return self.default
        if isinstance(self.default, bool):
            value = self._switch(value)
        elif isinstance(self.default, int | float):
            value = self._number(value)
        if self.choices and value not in self.choices:
            raise ValueError(f"{self.label}: {value!r} is not one of {', '.join(map(str, self.choices))}")
        if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
            raise ValueError(f"{self.label}: {value} is not between {self.low:g} and {self.high:g}")
        return value

    def _switch(self, value: Any) -> bool:
        words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
        if str(value).lower() not in words:
            raise ValueError(f"{self.label}: {value!r} is neither yes nor no")
        return words[str(value).lower()]

    def _number(self, value: Any) -> int | float:
        try:
            number = float(value)
            kept = type(self.default)(number)
        except (TypeError, ValueError, OverflowError):
            number = kept = math.nan
        # A fraction where a whole number belongs would be cut in silence; NaN passes every comparison.
        if kept != number:
            raise ValueError(f"{self.label}: {value!r} is not a {'whole ' if isinstance(self.default, int) else ''}number")
        return kept


class Subject(Protocol):
    """What a view may ask about: the picture, a second one if the user gave it, and the detectors that can be used.

    Whoever shows views provides this (the workbench does); calls may take long, report progress, and raise Cancelled.
    """

    picture: Picture
    second: Picture | None
    rule: InputRule

    def detectors(self) -> list[str]:
        """Names of the detectors that can be used here."""

    def analysis(self, detector: str, rule: InputRule | None = None) -> Analysis:
        """The analysis of the picture; NotApplicable if there is none. Computed once."""

    def logit_of(self, rgb: np.ndarray, detector: str, rule: InputRule | None = None) -> float:
        """The score of other pixels (a re-saved or cut version of the picture), under the same weights."""

    def threshold(self, detector: str, rule: InputRule | None = None) -> float | None:
        """The logit from which the verdict on this picture speaks of evidence; None if there is no limit."""

    def threshold_origin(self, detector: str, rule: InputRule | None = None) -> str:
        """Where that logit comes from, in words: from a card, or from own photographs."""

    def inverted(self) -> np.ndarray:
        """The picture rebuilt by the built-in inverter, uint8 of the same size; NotApplicable if there is none."""

    def plain_network(self, detector: str) -> Any:
        """The detector's network as its paper draws it: a differentiable torch module under the same weights."""

    def progress(self, done: int, total: int) -> None:
        """Tell how far a long view is; raises Cancelled when nobody wants it any more."""


class View(ABC):
    """One way to look at a picture. Stateless: options come in, a Rendering goes out."""

    name: ClassVar[str]
    title: ClassVar[str]
    shows: ClassVar[str]  # one sentence: what it shows
    misleads: ClassVar[str]  # one sentence: how it misleads
    options: ClassVar[tuple[Option, ...]] = ()
    needs_second: ClassVar[bool] = False
    slow: ClassVar[bool] = False  # runs in the background with progress
    order: ClassVar[int] = 100  # place among the tabs

    @abstractmethod
    def render(self, subject: Subject, **options: Any) -> Rendering:
        """Look; NotApplicable if this view has nothing to say about this picture."""

    def at_once(self, subject: Subject, **options: Any) -> Rendering | None:
        """What can be shown before anything is counted: the same panes as `render` gives; None if that takes as long."""
        return None

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """All options, given or default, checked; ValueError names an unknown one."""
        known = {option.name: option for option in cls.options}
        if unknown := [name for name in values if name not in known]:
            raise ValueError(f"the view {cls.name!r} has no option {unknown[0]!r}; it has {', '.join(known) or 'none'}")
        return {name: option.parse(values.get(name)) for name, option in known.items()}


VIEWS: Registry[type[View]] = Registry("view")
