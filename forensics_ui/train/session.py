"""One training from folders to card: the glue that the command line calls."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from typing import Any

import torch

from forensics_ui.core.settings import Settings
from forensics_ui.detectors import DETECTORS, Detector
from forensics_ui.service.device import choose_device
from forensics_ui.train.ablations import Ablation
from forensics_ui.train.card import write_card, write_weights
from forensics_ui.train.figures import RULES, Scored, by_size, by_source, calibration, figures, reliability, score_samples
from forensics_ui.train.folders import Sample, counts_by_source, labelled_files, split_by_source
from forensics_ui.train.given import start_of, teacher_of
from forensics_ui.train.loop import Plan, Trainer
from forensics_ui.train.measure import Validation
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.plain_detector import PlainDetector
from forensics_ui.train.presets import preset_for
from forensics_ui.train.sizes import growth, scores_by_side, without_growth

HELD_OUT = 0.2


class Session:
    """Groups of pictures, a trainer, and what is written at the end."""

    def __init__(self, arguments: Namespace, tell: Callable[[dict[str, Any]], None]) -> None:
        self.arguments, self.tell = arguments, tell
        self.preset = preset_for(arguments.preset, arguments.detector)
        self.ablation = ablation_of(arguments)
        self.name = arguments.name or "_".join(filter(None, (arguments.detector, self.preset.name, self.ablation.words())))
        self.groups = groups_of(arguments)
        device, _ = choose_device(arguments.device)
        wanted = {key: getattr(arguments, key) for key in ("detector", "out", "seed", "minutes", "epochs", "workers", "bf16")}
        self.given: dict[str, Any] = {}
        self.plan = Plan(preset=self.preset, device=device.type, ablation=self.ablation, **self._given(device), **wanted)

    def _given(self, device: torch.device) -> dict[str, Any]:
        """Teacher and start, for the plan; who they are is kept for the card."""
        weights_dir, made = Settings.load().weights_dir, {}
        if self.arguments.teacher:
            made["teacher"], self.given["teacher"] = teacher_of(self.arguments.teacher, device, weights_dir)
        if self.arguments.start_from:
            made["start_from"], self.given["start_from"] = start_of(self.arguments.start_from, self.arguments.detector, self.ablation, weights_dir)
        return made

    def run(self) -> dict[str, Any]:
        """Train to the end and write everything; gives the card."""
        self._say("reading " + ", ".join(f"{len(samples)} {name} pictures" for name, samples in self.groups.items()))
        trainer = Trainer(self.plan, Pictures(self.groups["train"], seed=self.plan.seed), Validation(self.groups["validation"]), self.tell)
        state = trainer.run()
        weights = self.plan.out / f"{self.name}.safetensors"
        changes = self.ablation.changes()
        # Under a name of its own, no list of weights offers a variant as the detector's.
        card = {"name": self.name, "detector": self.plan.detector + "_ablation" * bool(changes), "preliminary": False}
        card |= {"ablation": changes} if changes else {}
        metadata = {"detector": self.plan.detector, "k": str(self.ablation.k)} | ({"ablation": json.dumps(changes)} if changes else {})
        card["sha256"] = write_weights(state, weights, metadata)
        card |= self._account(trainer) | self._worth(state)
        write_card(card, weights)
        return card

    def _account(self, trainer: Trainer) -> dict[str, Any]:
        entries = [json.loads(line) for line in (self.plan.out / "log.jsonl").read_text(encoding="utf-8").splitlines()]
        return {
            "licence": None,
            "data": {name: counts_by_source(samples) for name, samples in self.groups.items()},
            "preset": self.preset.as_dict(),
            "seed": self.plan.seed,
            "training": {
                "steps": trainer.step,
                "seconds": round(trainer.seconds),
                "bf16_convolutions": self.plan.bf16,
                "torch": torch.__version__,
                **self.given,
            },
            "log": [entry for entry in entries if "validation" in entry],
        }

    def _worth(self, state: dict[str, torch.Tensor]) -> dict[str, Any]:
        detector = self._detector(state, torch.device(self.plan.device))
        self._say("measuring")
        return worth(detector, self.groups["validation"], self.groups.get("test"))

    def _detector(self, state: dict[str, torch.Tensor], device: torch.device) -> Detector:
        if self.ablation.changes():
            return PlainDetector(self.plan.detector, self.ablation, state, device)
        return DETECTORS.get(self.plan.detector)(state, device)

    def _say(self, words: str) -> None:
        self.tell({"words": words})


def ablation_of(arguments: Namespace) -> Ablation:
    """The variant that the flags ask for."""
    asked = {name: value for name in Ablation.__dataclass_fields__ if (value := getattr(arguments, name)) is not None}
    return Ablation(**asked).check(arguments.detector)


def groups_of(arguments: Namespace) -> dict[str, list[Sample]]:
    """The pictures to learn from, to choose by, and to state error rates on."""
    train = labelled_files(arguments.folder)
    if arguments.validation:
        validation = labelled_files(arguments.validation)
    else:
        train, validation = split_by_source(train, HELD_OUT, arguments.seed)
    groups = {"train": train, "validation": validation}
    if arguments.test:
        groups["test"] = labelled_files(arguments.test)
    return groups


def worth(detector: Detector, validation: list[Sample], test: list[Sample] | None) -> dict[str, Any]:
    """Score everything there is to know of a detector's worth, and put it together."""
    grown = growth(scores_by_side(detector, validation))
    return worth_of(score_samples(detector, validation), score_samples(detector, test) if test else None, grown)


def worth_of(validation: list[Scored], test: list[Scored] | None, grown: list[dict[str, Any]], group: str = "validation group") -> dict[str, Any]:
    """Calibrate on the one group, state error rates on the other; without a test group they are the validation group's, and said so."""
    scored = without_growth(validation, grown)
    calibrated = {rule: calibration(scored, rule, group, grown) for rule in RULES}
    measured = without_growth(test, grown) if test else scored
    return {
        "figures_set": "test" if test else f"{group} (also used for the thresholds, so these are optimistic)",
        "figures": figures(measured, calibrated),
        "native_by_size": by_size(measured, calibrated),
        "by_source": {rule: by_source(measured, rule, calibrated[rule]) for rule in RULES},
        "calibration": {**calibrated, "paper": None},
        "reliability": {rule: reliability(measured, rule, calibrated[rule]) for rule in RULES} if test else None,
        "known_failures": [],
    }
