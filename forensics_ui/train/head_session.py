"""One training of UnivFD's head from folders to card. Stopped at any time, it goes on: the features that were computed are kept."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from typing import Any

import numpy as np
import torch

from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.imaging.open import Intake
from forensics_ui.service.device import choose_device
from forensics_ui.train.card import write_card, write_weights
from forensics_ui.train.features import CachedUnivFD
from forensics_ui.train.folders import Sample, counts_by_source
from forensics_ui.train.head import Head, Learnt, fit_own, fit_paper, head_preset
from forensics_ui.train.head_worth import crops_of, head_worth, judged
from forensics_ui.train.lines import source_weights
from forensics_ui.train.session import groups_of
from forensics_ui.train.squares import squares_of
from forensics_ui.words import sentence_of

TOLD_EVERY_SECONDS = 10.0
NOT_AS_IN_THE_PAPER = (
    "The paper augments every picture anew in every epoch; kept features cannot, so each picture has {copies} random copies, and an epoch takes one of "
    "them. Everything else is as printed for the preset."
)


class HeadSession:
    """Groups of pictures, the frozen tower, and what is written at the end."""

    def __init__(self, arguments: Namespace, tell: Callable[[dict[str, Any]], None]) -> None:
        self.arguments, self.tell = arguments, tell
        self.preset = head_preset(arguments.preset)
        self.name = arguments.name or f"univfd_{self.preset.name}"
        self.groups = groups_of(arguments)
        self.settings = Settings.load()
        device, _ = choose_device(arguments.device)
        self.detector = CachedUnivFD.installed(arguments.backbone, device, self.settings)

    def run(self) -> dict[str, Any]:
        """Features, head, figures, card; gives the card."""
        with closing(self.detector.store):
            return self._run()

    def _run(self) -> dict[str, Any]:
        began = time.monotonic()
        self.arguments.out.mkdir(parents=True, exist_ok=True)
        learnt = self._learn()
        self._say("features of the validation pictures")
        crops = crops_of(self.detector, self.groups["validation"])
        if set(crops["as_they_come"][1].tolist()) != {0, 1}:
            raise ForensicsError("The validation pictures need some of each class with sides of at least 224 pixels.")
        head = self._fit(learnt, lambda weight, bias: judged(crops, weight, bias))
        self._note(head)
        state = head.state()
        self.detector.set_head(**state)
        path = self.arguments.out / f"{self.name}.safetensors"
        metadata = {"detector": "univfd", "role": "head", "backbone_sha256": self.detector.backbone["sha256"]}
        card = {"name": self.name, "detector": "univfd", "role": "head", "preliminary": False, "sha256": write_weights(state, path, metadata)}
        self._say("measuring")
        card |= head_worth(self.detector, self.groups["validation"], self.groups.get("test"))
        card |= self._account(head, time.monotonic() - began)
        write_card(card, path)
        return card

    def _learn(self) -> Learnt:
        """Features of all training pictures, opened by the intake as pictures to be scored are."""
        samples, rows, told = self.groups["train"], [], time.monotonic()
        with Intake(self.settings.limits) as intake:
            for done, sample in enumerate(samples, 1):
                rows.append(self.detector.features(self._squares(intake, sample)))
                if done == len(samples) or time.monotonic() - told > TOLD_EVERY_SECONDS:
                    told = time.monotonic()
                    self._say(
                        f"features of {done} of {len(samples)} training pictures ({self.detector.computed} computed, {self.detector.recalled} kept)"
                    )
        return Learnt(np.stack(rows), np.array([s.label for s in samples]), source_weights([(s.label, s.source) for s in samples]) / len(samples))

    def _squares(self, intake: Intake, sample: Sample) -> np.ndarray:
        try:
            # Folders of training pictures are often made of links; the one who trains made them.
            picture = intake.open(sample.path.resolve(), sample.path.name)
        except BadImage as error:
            raise BadImage(f"{sample.path.name} cannot be used for training; take it out of the folder. {sentence_of(error)}") from None
        return squares_of(picture.rgb, picture.sha256, sample.label, self.preset, self.arguments.seed)

    def _fit(self, learnt: Learnt, judge: Callable[[np.ndarray, float], dict[str, float]]) -> Head:
        self._say(f"fitting the head to {learnt.features.shape[0] * learnt.features.shape[1]} features")
        if self.preset.method == "newton":
            return fit_own(learnt, judge)
        return fit_paper(learnt, self.preset, judge, self.arguments.seed, self.arguments.epochs)

    def _note(self, head: Head) -> None:
        text = "".join(json.dumps(entry) + "\n" for entry in head.log)
        (self.arguments.out / "log.jsonl").write_text(text, encoding="utf-8")

    def _account(self, head: Head, seconds: float) -> dict[str, Any]:
        return {
            "licence": None,
            "data": {name: counts_by_source(samples) for name, samples in self.groups.items()},
            "preset": self.preset.as_dict(),
            "seed": self.arguments.seed,
            "backbone": self.detector.backbone,
            "training": {
                "steps": head.steps,
                "seconds": round(seconds),
                "features_computed": self.detector.computed,
                "features_kept_from_before": self.detector.recalled,
                "torch": torch.__version__,
                **({"note": NOT_AS_IN_THE_PAPER.format(copies=self.preset.copies)} if self.preset.name == "paper" else {}),
            },
            "log": head.log,
        }

    def _say(self, words: str) -> None:
        self.tell({"words": words})
