"""The training loop: resumable, deterministic with a seed, ended by epochs or by the clock."""

from __future__ import annotations

import copy
import hashlib
import json
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from forensics_ui.core.errors import ForensicsError
from forensics_ui.detectors.networks import normalise
from forensics_ui.train.ablations import Ablation, check_crops, loss_of, maps_of, network_of
from forensics_ui.train.draws import Draws, batches
from forensics_ui.train.measure import Validation
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.presets import Preset
from forensics_ui.train.teacher import Teacher, hint_loss

SAVE_MINUTES = 2
STATE = ("step", "seconds", "losses", "best", "best_figure", "checked_at")
Note = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Plan:
    """What is trained, for how long, and where its state lies."""

    detector: str
    preset: Preset
    out: Path
    seed: int = 0
    minutes: float | None = None  # ends by the clock; otherwise by epochs
    epochs: float | None = None  # default: the preset's
    workers: int = 0
    bf16: bool = False
    device: str = "cpu"
    check_minutes: float = 8.0
    teacher: Teacher | None = None
    start_from: dict[str, Tensor] | None = None  # weights to begin with, instead of random ones
    ablation: Ablation = field(default_factory=Ablation)


class Trainer:
    """One network on its way. `run` goes on from the checkpoint in `plan.out`, if there is one."""

    def __init__(self, plan: Plan, pictures: Pictures, validation: Validation | None = None, note: Note = lambda entry: None) -> None:
        self.plan, self.preset = plan, plan.preset
        self.draws, self.validation, self._tell = Draws(pictures, plan.preset, plan.seed), validation, note
        torch.manual_seed(plan.seed)
        self.net = network_of(plan.detector, plan.ablation).to(plan.device, memory_format=torch.channels_last)
        check_crops(self.net, plan.ablation, min(side for _, sides in plan.preset.crops for side in sides))
        if plan.start_from is not None:
            self.net.load_state_dict(plan.start_from)
        self.average = copy.deepcopy(self.net)
        settings = {"lr": plan.preset.rate, "weight_decay": plan.preset.weight_decay}
        self.optimiser = (
            torch.optim.AdamW(self.net.parameters(), **settings)
            if settings["weight_decay"]
            else torch.optim.Adam(self.net.parameters(), lr=settings["lr"])
        )
        if plan.teacher is not None:
            # By the first crops, also when a training goes on: its maps must not change their units on the way.
            plan.teacher.measure(self._first_crops().to(plan.device))
        self.step, self.seconds, self.losses = 0, 0.0, []
        self.best: dict[str, Tensor] | None = None
        self.best_figure, self.checked_at = -1.0, -1
        epochs = plan.epochs if plan.epochs is not None else plan.preset.epochs
        self.last_step = math.ceil(epochs * len(pictures.samples) / plan.preset.batch)

    def _first_crops(self) -> Tensor:
        side = self.draws.crop_at(0, 0.0)
        return torch.stack([self.draws[0, slot, side][1] for slot in range(self.preset.batch)])

    @property
    def checkpoint(self) -> Path:
        return self.plan.out / "checkpoint.pt"

    @property
    def progress(self) -> float:
        """From 0 to 1, by the clock or by steps."""
        return self.progress_at(self.step)

    def progress_at(self, step: int) -> float:
        """The progress at a step; by the clock it is that of now."""
        if self.plan.minutes is not None:
            return min(1.0, self.seconds / (60 * self.plan.minutes))
        return min(1.0, step / max(1, self.last_step))

    def run(self, stop_at: int | None = None) -> dict[str, Tensor]:
        """Train to the end (or to a step) and give the weights to keep."""
        self.plan.out.mkdir(parents=True, exist_ok=True)
        if self.checkpoint.exists():
            self._restore()
        try:
            self._loop(stop_at)
        finally:  # also when a person stops it
            self._save()
        if self.progress >= 1 and self.validation and self.checked_at != self.step:
            self._check()
            self._save()
        return self.best or self._kept().state_dict()

    def _loop(self, stop_at: int | None) -> None:
        source = batches(self.draws, self.step, self.plan.workers, self.progress_at)
        clock = checked = saved = time.monotonic()
        while self.progress < 1 and self.step != stop_at:
            self._one(*next(source))
            now = time.monotonic()
            self.seconds += now - clock
            clock = now
            if self.step % 50 == 0:
                self._note(loss=round(sum(self.losses) / len(self.losses), 4), rate=self.rate())
                self.losses = []
            if self.validation and now - checked > 60 * self.plan.check_minutes:
                self._check()
                checked = time.monotonic()
            if now - saved > 60 * SAVE_MINUTES:
                self._save()
                saved = time.monotonic()

    def rate(self) -> float:
        """The learning rate at this moment."""
        if self.preset.schedule == "constant":
            return self.preset.rate
        warm = 0.05
        if self.progress < warm:
            return self.preset.rate * (0.04 + 0.96 * self.progress / warm)
        return self.preset.rate * (0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * (self.progress - warm) / (1 - warm))))

    def _one(self, blocks: Tensor, before: Tensor, labels: Tensor) -> None:
        # Dropout and sampling draw from torch's generator: seeded per step, a resumed run draws the same.
        torch.manual_seed(self.plan.seed * 1_000_003 + self.step)
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate()
        loss = self._loss(*(part.to(self.plan.device) for part in (blocks, before, labels)))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        self.losses.append(float(loss.detach()))
        self.step += 1
        self._follow()

    def _precision(self) -> torch.autocast:
        return torch.autocast(torch.device(self.plan.device).type, torch.bfloat16, enabled=self.plan.bf16)

    def _loss(self, blocks: Tensor, before: Tensor, labels: Tensor) -> Tensor:
        # The subtraction of neighbours stays in fp32 under autocast (it is no matrix product); only convolutions run in bf16.
        x = normalise(blocks).contiguous(memory_format=torch.channels_last)
        with self._precision():
            maps = maps_of(self.net, x).float()
            lesson = self.plan.teacher.look(before, labels) if self.plan.teacher else None
        if lesson is None:
            return loss_of(self.net, maps, labels, self.plan.ablation)
        return loss_of(self.net, maps, lesson.targets, self.plan.ablation) + hint_loss(maps, lesson, self.progress)

    @torch.no_grad()
    def _follow(self) -> None:
        """Let the averaged weights follow; they follow closely at first."""
        if not self.preset.average:
            return
        decay = min(self.preset.average, (1 + self.step) / (10 + self.step))
        for slow, fast in zip(self.average.state_dict().values(), self.net.state_dict().values(), strict=True):
            if slow.is_floating_point():
                slow.lerp_(fast, 1 - decay)
            else:
                slow.copy_(fast)

    def _kept(self) -> nn.Module:
        return self.average if self.preset.average else self.net

    def _check(self) -> None:
        with self._precision():
            figures = self.validation.figures(self._kept())
        mean = sum(figures.values()) / len(figures)
        self.checked_at = self.step
        if mean > self.best_figure:
            self.best_figure = mean
            self.best = {k: v.detach().clone() for k, v in self._kept().state_dict().items()}
        self._note(validation=figures, mean=round(mean, 4))

    def _note(self, **entry: Any) -> None:
        entry = {"step": self.step, "seconds": round(self.seconds, 1), "progress": round(self.progress, 4), **entry}
        with (self.plan.out / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        self._tell(entry)

    def _save(self) -> None:
        """Write beside, then rename: a checkpoint is whole or not there."""
        state = {name: getattr(self, name) for name in STATE} | {"of": self._identity()}
        state |= {"net": self.net.state_dict(), "average": self.average.state_dict(), "optimiser": self.optimiser.state_dict()}
        beside = self.checkpoint.with_suffix(".part")
        torch.save(state, beside)
        os.replace(beside, self.checkpoint)

    def _identity(self) -> list[str | int]:
        plan = self.plan
        identity = [plan.detector, self.preset.name, plan.seed, len(self.draws.pictures.samples)]
        # What is not used is not named, so that the checkpoint of a plain training stays one.
        if plan.teacher is not None:
            teacher = plan.teacher
            identity.append(f"teacher {_fingerprint(teacher.net.state_dict())} {teacher.temperature} {teacher.share}")
        if plan.start_from is not None:
            identity.append(f"start {_fingerprint(plan.start_from)}")
        if plan.ablation.changes():
            identity.append(f"ablation {plan.ablation.words()}")
        return identity

    def _restore(self) -> None:
        state = torch.load(self.checkpoint, map_location=self.plan.device, weights_only=True)
        if state["of"] != self._identity():
            raise ForensicsError(
                "The output folder holds the checkpoint of another training (detector, preset, seed, pictures, teacher, start or ablation differ); choose another --out."
            )
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in STATE:
            setattr(self, name, state[name])


def _fingerprint(state: Mapping[str, Tensor]) -> str:
    """What tells the weights of one network from those of another."""
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
