"""What a report holds: who asked, what was asked of which bytes, with what, what came out, and how far it can be trusted.

Only data, no torch, no pixels: pictures stand in `images` by the SHA-256 of their PNG bytes, and the record names them by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from forensics_ui.report.canonical import body_hash, tidy

SCHEMA = "forensics_ui report 1"
Kind = Literal["picture", "batch", "evaluation"]
# Everything that another run on the same inputs may say differently stands under this one key.
TIMES = "times"


@dataclass(frozen=True)
class Case:
    """What the person who asked wants to see at the top."""

    name: str = ""
    examiner: str = ""
    notes: str = ""


@dataclass(frozen=True)
class DetectorEntry:
    """One detector as it was used: which bytes of weights, under which rule, how, and what is known of its errors."""

    name: str
    title: str
    paper: str
    looks_at: str
    limits: str
    parameters: int
    weights: str | None
    weights_sha256: str | None
    input_rule: str
    device: str | None
    precision: str | None
    licence: str | None = None
    source: str | None = None
    preliminary: bool = False
    # {"low", "some", "strong"} in logits; empty where nobody calibrated these weights under this rule.
    thresholds: Mapping[str, float] = field(default_factory=dict)
    thresholds_from: str = ""
    calibration_note: str = ""
    # Condition to {"n_real", "n_fake", "fpr_at_some", "tpr_at_some", "auc", ...}, as the weights' card has them.
    figures: Mapping[str, Any] = field(default_factory=dict)
    figures_from: str = ""  # on which pictures they were measured
    families: tuple[str, ...] = ()  # the generators that the weights were trained on
    # The user's own photographs that the verdicts were judged by: set, counts, limits and false alarms; empty where none were chosen.
    own_reals: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PaneEntry:
    """One picture or map of a view: where it lies on the picture (in its pixels), and its printed scale."""

    id: str
    title: str
    image: str | None
    small: str | None  # the same reduced for a narrow column; the image itself where that is narrow
    place: tuple[float, float, float, float]
    scale: Mapping[str, Any] | None = None
    over_picture: bool = False
    note: str = ""


@dataclass(frozen=True)
class Section:
    """One view of a picture, or any other part with sentences, tables and plots (histograms, evaluation tables)."""

    name: str
    title: str
    shows: str = ""
    misleads: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    sentences: tuple[str, ...] = ()
    reason_codes: tuple[Mapping[str, Any], ...] = ()  # the sentences of a view as data
    numbers: Mapping[str, Any] = field(default_factory=dict)
    panes: tuple[PaneEntry, ...] = ()
    marks: tuple[Mapping[str, Any], ...] = ()
    tables: tuple[Mapping[str, Any], ...] = ()
    curves: tuple[Mapping[str, Any], ...] = ()
    crops: tuple[Mapping[str, Any], ...] = ()
    not_shown: str = ""  # why there is nothing


@dataclass(frozen=True)
class PictureEntry:
    """One file: its identity, what it is, and every score of it, or why there is none."""

    path: str
    sha256: str | None
    # The path's own bytes in hexadecimal, where the printed path is not exactly it.
    path_hex: str | None = None
    bytes: int | None = None
    format: str | None = None
    declared_type: str | None = None
    detected_type: str | None = None
    width: int | None = None
    height: int | None = None
    complete: float | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    condition: str = ""  # which row of the weights' figures speaks of such pictures
    condition_note: str = ""  # why that row is only the closest one; empty where it is the picture's own
    file_says: tuple[Mapping[str, Any], ...] = ()  # what the file says of itself, with sentences
    scores: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None
    error_code: str | None = None
    preview: str | None = None
    compared_with: Mapping[str, Any] | None = None  # the second picture of the views that compare
    views: tuple[Section, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """A file that was not scored, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The whole record. `as_dict` is what every format renders and what `verify` reads again."""

    kind: Kind
    title: str
    answer: tuple[str, ...]
    case: Case = field(default_factory=Case)
    propositions: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    tool: Mapping[str, Any] = field(default_factory=dict)
    packages: Mapping[str, Any] = field(default_factory=dict)
    codecs: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    command: tuple[str, ...] = ()
    detectors: tuple[DetectorEntry, ...] = ()
    files: tuple[PictureEntry, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    sections: tuple[Section, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)  # of the scores, by sha256/detector/rule
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    images: Mapping[str, bytes] = field(default_factory=dict)  # PNG by the SHA-256 of its bytes

    def as_dict(self) -> dict[str, Any]:
        """The record as JSON: clean text, rounded numbers, times under one key, and the hash of all the rest."""
        names = [name for name in self.__dataclass_fields__ if name not in ("images", "created", "seconds")]
        body = tidy({"schema": SCHEMA, **{name: _plain(getattr(self, name)) for name in names}})
        times = {"created": self.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "seconds": tidy(self.seconds)}
        return {**body, TIMES: times, "body_sha256": body_hash(body)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value
