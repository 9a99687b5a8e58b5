"""The card of a set of weights: what they learnt from, where their limits lie, how often they err.

The one place that knows the JSON of cards. A card may come from anybody: one that is not of the
form that training writes says why in `problem`, and judges nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# Cards that do not say so were made with these: at most 5 % of real pictures reach *some*,
# 1 % *strong*.
ALARMS = {"some": 0.05, "strong": 0.01}
# How older cards name the groups that were trained on; newer ones list theirs in `trained_on`.
TRAINED_ON = ("train", "test, in the end also trained on")


@dataclass(frozen=True)
class Platt:
    """Platt's sigmoid: the probability is 1 / (1 + exp(-(a * logit + b)))."""

    a: float
    b: float


@dataclass(frozen=True)
class Growth:
    """By how much scores of whole pictures with this side are higher than of the smallest."""

    side: float
    offset: float


@dataclass(frozen=True)
class ErrorRates:
    """How often the weights err on some pictures; None is what nobody counted."""

    n_real: int | None = None
    n_fake: int | None = None
    auc: float | None = None
    tpr_at_5pct_fpr: float | None = None
    tpr_at_some: float | None = None
    fpr_at_some: float | None = None
    tpr_at_strong: float | None = None
    fpr_at_strong: float | None = None

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> ErrorRates:
        """Take what a row of figures has."""
        return cls(**{name: row.get(name) for name in cls.__dataclass_fields__})

    def as_dict(self) -> dict[str, Any]:
        """What was counted, JSON-ready."""
        return {name: value for name, value in vars(self).items() if value is not None}


@dataclass(frozen=True)
class LimitRow:
    """Limits in logits, the pictures they were found on, and what is known of scores there."""

    some: float
    strong: float
    low: float
    rates: ErrorRates = ErrorRates()
    platt: Platt | None = None
    # The range of probabilities that the number of pictures supports.
    range: tuple[float, float] | None = None
    # The longest side, in pixels, that scores were followed to, and that errors were counted to.
    largest_side: float | None = None
    counted_side: float | None = None
    growth: tuple[Growth, ...] = ()

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> LimitRow:
        """Read a row of a calibration."""
        platt, ends = values.get("platt"), values.get("range")
        return cls(
            some=float(values["threshold_some"]),
            strong=float(values["threshold_strong"]),
            low=float(values["threshold_low"]),
            rates=ErrorRates.from_json(values),
            platt=Platt(platt["a"], platt["b"]) if platt else None,
            range=(ends[0], ends[1]) if ends else None,
            largest_side=values.get("largest_side"),
            counted_side=values.get("counted_side"),
            growth=tuple(Growth(row["side"], row["offset"]) for row in values.get("growth") or ()),
        )


@dataclass(frozen=True)
class Calibration:
    """The limits of one input rule: the strictest of all conditions, and those of each.

    `conditions` is None where conditions were not told apart. `set` names the pictures.
    """

    pooled: LimitRow
    conditions: Mapping[str, LimitRow] | None = None
    some_alarms: float = ALARMS["some"]
    strong_alarms: float = ALARMS["strong"]
    set: str | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Calibration:
        """Read what a card says of one rule; a condition says only what differs from all."""
        rows = values.get("conditions")
        alarms = {**ALARMS, **(values.get("alarms") or {})}
        apart = {name: LimitRow.from_json({**values, **row}) for name, row in (rows or {}).items() if row}
        return cls(
            LimitRow.from_json(values),
            None if rows is None else apart,
            alarms["some"],
            alarms["strong"],
            values.get("set"),
        )


@dataclass(frozen=True)
class SizeRow:
    """Error rates of whole pictures of some sizes, by condition."""

    name: str
    low: int
    high: int
    conditions: Mapping[str, ErrorRates]

    @classmethod
    def from_json(cls, name: str, rows: Mapping[str, Any]) -> SizeRow:
        """Read a row; its name is like `512-1023 px`."""
        low, high = (int(end) for end in name.removesuffix(" px").split("-"))
        return cls(name, low, high, {key: ErrorRates.from_json(row) for key, row in rows.items() if row})


@dataclass(frozen=True)
class DataGroup:
    """How many pictures of each source were used for what. `learnt`: the weights were fitted to it."""

    name: str
    real: Mapping[str, int]
    fake: Mapping[str, int]
    learnt: bool


@dataclass(frozen=True)
class Rebuilding:
    """How close an inverter's copies come, in dB (PSNR), and what it learnt from."""

    photographs: int
    sources: tuple[str, ...]
    held_out: int
    mean: float
    worst: tuple[tuple[str, float], ...]


@dataclass(frozen=True, eq=False)
class Card:
    """What is known of one set of weights. Equal cards have equal JSON and speak of the same bytes.

    `sha256` are the bytes it speaks of, `backbone_sha256` those of the network that a head stands
    on. Tables are by input rule or by condition. `fields` is the JSON as it was read.
    """

    detector: str = ""
    sha256: str | None = None
    name: str | None = None
    role: str | None = None
    preliminary: bool = False
    licence: str | None = None
    backbone_sha256: str | None = None
    calibration: Mapping[str, Calibration | None] = field(default_factory=dict)
    figures: Mapping[str, Mapping[str, ErrorRates]] = field(default_factory=dict)
    figures_set: str = ""
    measured_how: str = ""
    sizes: tuple[SizeRow, ...] = ()
    data: tuple[DataGroup, ...] = ()
    compared_with: tuple[str, Mapping[str, Mapping[str, ErrorRates]]] | None = None
    by_source: Mapping[str, Any] = field(default_factory=dict)
    reliability: Mapping[str, Any] = field(default_factory=dict)
    known_failures: tuple[str, ...] = ()
    training: Mapping[str, Any] = field(default_factory=dict)
    log: tuple[Mapping[str, Any], ...] = ()
    rebuilding: Rebuilding | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    # Of weights that no card speaks of: the network below the same head that one does speak of.
    measured_on: str = ""

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Card:
        """Read a card. One of another form keeps only what says whose it is, and its `problem`."""
        try:
            return cls(**_identity(fields), **_worth(fields), **_learning(fields), fields=fields)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            return cls(**_identity(fields), fields=fields, problem=f"{type(error).__name__}: {error}")

    @classmethod
    def unknown(cls, detector: str, weights_sha256: str) -> Card:
        """Of weights that no card speaks of."""
        return cls(detector=detector, sha256=weights_sha256)

    def __bool__(self) -> bool:
        return bool(self.fields)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the card says: two that could judge differently differ here."""
        text = json.dumps(dict(self.fields), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Card) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[str, str, str]:
        return self.digest, self.detector, self.weights_sha256

    @property
    def weights_sha256(self) -> str:
        """The bytes it speaks of as analyses name them: heads go by two hashes, `head+backbone`."""
        return "+".join(part for part in (self.sha256, self.backbone_sha256) if part)

    def speaks_of(self, weights_sha256: str) -> bool:
        """Whether it is the card of exactly these bytes."""
        return bool(self.sha256) and weights_sha256 == self.weights_sha256

    def rates(self, condition: str, rule: str) -> ErrorRates | None:
        """The error rates of one condition and rule on pictures kept apart; None if not counted."""
        return self.figures.get(condition, {}).get(rule)

    def rates_of_rule(self, rule: str) -> dict[str, ErrorRates]:
        """The same for every condition that was counted under the rule."""
        return {name: rows[rule] for name, rows in self.figures.items() if rule in rows}

    def learnt_from(self, label: str) -> dict[str, int]:
        """Pictures by source, `real` or `fake`, of all groups that the weights were fitted to."""
        groups = [getattr(group, label) for group in self.data if group.learnt]
        return {source: n for group in groups for source, n in group.items()}


def _identity(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Whose card it is; anything that is not text is as good as not said."""
    names = ("sha256", "name", "role", "licence")
    said = {name: value for name in names if isinstance(value := fields.get(name), str)}
    backbone = fields.get("backbone")
    below = backbone.get("sha256") if isinstance(backbone, Mapping) else None
    return {
        "detector": str(fields.get("detector") or ""),
        "preliminary": bool(fields.get("preliminary")),
        "backbone_sha256": below if isinstance(below, str) else None,
        **said,
    }


def _worth(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What scores are worth."""
    if fields.get("role") == "inverter":
        return {"rebuilding": _rebuilding(fields)}
    other, calibration = fields.get("compared_with"), fields.get("calibration") or {}
    return {
        "calibration": {rule: Calibration.from_json(each) if each else None for rule, each in calibration.items()},
        "figures": _figures(fields.get("figures") or {}),
        "figures_set": str(fields.get("figures_set") or ""),
        "measured_how": str(fields.get("measured_how") or ""),
        "sizes": tuple(SizeRow.from_json(*item) for item in (fields.get("native_by_size") or {}).items()),
        "compared_with": (other["name"], _figures(other["figures"])) if other else None,
        "by_source": fields.get("by_source") or {},
        "reliability": fields.get("reliability") or {},
        "known_failures": _texts(fields.get("known_failures")),
    }


def _figures(rows: Mapping[str, Any]) -> dict[str, dict[str, ErrorRates]]:
    return {name: {rule: ErrorRates.from_json(row) for rule, row in rules.items() if row} for name, rules in rows.items()}


def _texts(given: Any) -> tuple[str, ...]:
    return tuple(str(each) for each in given) if isinstance(given, list) else ()


def _learning(fields: Mapping[str, Any]) -> dict[str, Any]:
    """What they learnt from, and how."""
    training = fields.get("training") or {}
    log = fields.get("log") or training.get("log") or ()
    groups = () if fields.get("role") == "inverter" else (fields.get("data") or {}).items()
    trained_on = fields.get("trained_on") or TRAINED_ON
    return {
        "training": {key: value for key, value in training.items() if key != "log"},
        "log": tuple(log),
        "data": tuple(DataGroup(name, group.get("real") or {}, group.get("fake") or {}, name in trained_on) for name, group in groups),
    }


def _rebuilding(fields: Mapping[str, Any]) -> Rebuilding:
    data, found = fields["data"], fields["figures"]
    worst = tuple((row["picture"], row["psnr"]) for row in found["worst"])
    return Rebuilding(data["photographs"], tuple(data["sources"]), found["held_out_photographs"], found["psnr_mean"], worst)
