"""What a detector is: a published method, its input rules, and how it scores blocks of pixels.

A new detector is one new file in this folder: a subclass of `Detector` under `@DETECTORS.register(name)`. It then
appears in the screen, on the command line, in batches and reports, and `tests/test_every_plugin.py` runs it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch

from forensics_ui.core.registry import Registry
from forensics_ui.core.types import Finding, InputRule, Prepared

Precision = Literal["fp32", "fp16"]
# Called between pieces of long work with (done, total); raises Cancelled when the work is not wanted any more.
Checkpoint = Callable[[int, int], None]


def no_checkpoint(done: int, total: int) -> None:
    """For callers that neither show progress nor cancel."""


@dataclass(frozen=True)
class DetectorSpec:
    """The facts about a method that the screen, the command line and reports print."""

    name: str
    title: str
    paper: str
    looks_at: str  # one sentence for people
    limits: str  # one sentence: how it misleads
    parameters: int
    rules: tuple[InputRule, ...] = ("native", "crop", "paper")
    slow_on_cpu: bool = False
    # What kind of network its own weights are a head of; which one, the head says. Its tensors reach `state` under `backbone.`.
    backbone: str | None = None


class Detector(ABC):
    """One loaded network on one device. Not thread-safe: the service's worker is its only caller."""

    spec: ClassVar[DetectorSpec]

    def __init__(self, state: Mapping[str, torch.Tensor], device: torch.device, precision: Precision = "fp32") -> None:
        """Build the fast network from a published or own state dict; WeightsMismatch if it is another network's."""
        self.device = device
        self.precision = precision

    @classmethod
    @abstractmethod
    def prepare(cls, rgb: np.ndarray, rule: InputRule) -> Prepared:
        """Cut or squash the pixels as the rule says; NotApplicable if nothing can be said of such a picture."""

    @abstractmethod
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        """Score blocks of one and the same shape. Large blocks are tiled inside, exactly, in bounded memory."""

    def logits(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[float]:
        """The scores alone, for those that want thousands; a detector overrides it where leaving out the evidence saves time."""
        return [finding.logit for finding in self.findings(blocks, checkpoint)]

    def logit(self, block: np.ndarray) -> float:
        """The score of one block."""
        return self.logits([block])[0]


DETECTORS: Registry[type[Detector]] = Registry("detector")
