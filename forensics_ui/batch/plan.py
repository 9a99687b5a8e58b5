"""What a run is: which pictures, which detectors with which weights, under which rule, by which build. Two plans that
differ in anything that could change a score are two runs, never mixed."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from forensics_ui import __version__
from forensics_ui.batch.scan import Source
from forensics_ui.core.errors import ForensicsError, NotApplicable
from forensics_ui.core.types import InputRule
from forensics_ui.verdict.joint import JointJudge, fitting
from forensics_ui.verdict.judge import Judge
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Workbench

PACKAGES = ("pillow", "numpy", "torch")


@dataclass(frozen=True)
class Choice:
    """A detector as it runs here: `asked` is how its weights are called for, the rest is what they turned out to be."""

    detector: str
    asked: str
    weights: str
    weights_sha256: str
    card_sha256: str
    device: str
    precision: str


@dataclass(frozen=True)
class Plan:
    """Everything that decides the results.

    `own_reals` names the user's own photographs that are judged by. `judges` are those of the
    choices, in their order; a plan that was read from a journal has none, and only tells. The joined
    answer is one of the choices, the last.
    """

    source: Source
    choices: tuple[Choice, ...]
    rule: InputRule
    limits: dict[str, Any]
    versions: dict[str, str]
    own_reals: str | None = None
    judges: tuple[Judge, ...] = field(default=(), compare=False)
    joint: JointJudge | None = field(default=None, compare=False)  # judges several scores together, where that was asked for

    def judge_of(self, choice: Choice) -> Judge:
        """Who judges the scores of a choice."""
        return dict(zip((each.detector for each in self.choices), self.judges, strict=True))[choice.detector]

    @property
    def asked(self) -> tuple[Choice, ...]:
        """The choices that look at pictures; the joined answer looks at what these say."""
        return tuple(choice for choice in self.choices if choice.detector != JOINED)

    @property
    def joined(self) -> Choice | None:
        """The joined answer, where it is one of the choices."""
        return next((choice for choice in self.choices if choice.detector == JOINED), None)

    @property
    def reference_set(self) -> ReferenceSet | None:
        """The user's own photographs that all judges go by."""
        return self.judges[0].reference_set if self.judges else None

    def as_dict(self) -> dict[str, Any]:
        """For the journal and for reports: JSON-ready."""
        own = {"own_reals": self.own_reals} if self.own_reals else {}
        return {
            "folder": None if self.source.folder is None else str(self.source.folder),
            "files": [str(file) for file in self.source.files],
            "detectors": [asdict(choice) for choice in self.choices],
            "input_rule": self.rule,
            "limits": self.limits,
            "versions": self.versions,
            **own,
        }

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Plan:
        """Read back what `as_dict` wrote."""
        source = Source(Path(fields["folder"]) if fields["folder"] else None, tuple(Path(file) for file in fields["files"]))
        choices = tuple(Choice(**choice) for choice in fields["detectors"])
        return cls(source, choices, fields["input_rule"], dict(fields["limits"]), dict(fields["versions"]), fields.get("own_reals"))

    def identity(self) -> str:
        """A short name that only equal plans share."""
        text = json.dumps({**self.as_dict(), "where": self.source.where()}, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:12]

    def differences(self, other: Plan) -> list[str]:
        """What is not the same, in words."""
        mine, theirs = self.as_dict(), other.as_dict()
        names = {
            "detectors": "the detectors, their weights or the device",
            "versions": "the version of this program or its libraries",
            "own_reals": "the own photographs to judge by",
        }
        return [names.get(key, key.replace("_", " ")) for key in {**mine, **theirs} if mine.get(key) != theirs.get(key)]


def make_plan(
    workbench: Workbench,
    source: Source,
    detectors: Sequence[str],
    rule: InputRule = "native",
    weights: Mapping[str, str] | None = None,
    reference_set: ReferenceSet | None = None,
) -> Plan:
    """Load every detector once, and write down what was loaded. `reference_set`: own photographs to judge by.

    `joined` among the detectors asks for the joined answer too; it is left out where no joint model
    is fitted to the weights of the others.
    """
    if not detectors:
        raise ForensicsError("No detector was chosen.")
    if not source.folder and not source.files:
        raise ForensicsError("No pictures were chosen.")
    names = dict.fromkeys(detectors)
    chosen = [choose(workbench, name, rule, (weights or {}).get(name), reference_set) for name in names if name != JOINED]
    joint = workbench.joint_judge({choice.detector: judge.card for choice, judge in chosen}, reference_set) if JOINED in names else None
    if joint and (together := _joined(joint, [choice for choice, _ in chosen], rule)):
        chosen.append(together)
    else:
        joint = None
    choices, judges = tuple(choice for choice, _ in chosen), tuple(judge for _, judge in chosen)
    own = reference_set.signature if reference_set else None
    return Plan(source, choices, rule, asdict(workbench.settings.limits), versions(), own, judges, joint)


def _joined(joint: JointJudge, choices: Sequence[Choice], rule: InputRule) -> tuple[Choice, Judge] | None:
    """The joined answer as a choice; None where no joint model is fitted to these weights under this rule."""
    model = fitting(joint.models, {choice.detector: choice.weights_sha256 for choice in choices})
    if model is None or rule not in model.card.calibration:
        return None
    name, made_of = str(model.card.name), [choice for choice in choices if choice.detector in model.joins]
    device, precision = ("+".join(dict.fromkeys(getattr(choice, what) for choice in made_of)) for what in ("device", "precision"))
    choice = Choice(JOINED, name, name, model.card.weights_sha256, model.card.digest, device, precision)
    return choice, Judge(model.card, joint.reference_set)


def choose(workbench: Workbench, detector: str, rule: InputRule, asked: str | None, reference_set: ReferenceSet | None) -> tuple[Choice, Judge]:
    """Score a small blank picture: only then weights, device and precision are facts."""
    blank = np.zeros((256, 256, 3), np.uint8)
    try:
        found = workbench.service.analyse(blank, detector, rule=rule, weights=asked, wait=60.0)
    except NotApplicable as reason:
        raise ForensicsError(f"{detector} does not work under the input rule {rule!r}: {sentence_of(reason)}") from None
    judge = workbench.judge_of(found, asked, reference_set)
    choice = Choice(
        detector=detector,
        asked=asked or found.weights.partition("+")[0],  # the head is asked for, its backbone comes with it
        weights=found.weights,
        weights_sha256=found.weights_sha256,
        card_sha256=judge.card.digest,
        device=found.device,
        precision=found.precision,
    )
    return choice, judge


def versions() -> dict[str, str]:
    """The build, as far as it can change a score."""
    found = {"forensics_ui": __version__, "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
