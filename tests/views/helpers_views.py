"""A subject without files or services: the real fast detectors on seeded random weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn

from forensics_ui.core.errors import Cancelled, NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.core.types import Analysis, Picture
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import LFMNet, NPRNet
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
from forensics_ui.views.base import Rendering, View
from forensics_ui.views.plain import recipe_of
from forensics_ui.words.rendering import spoken
from tests.detectors.helpers_prc import seeded_prc

CPU = torch.device("cpu")


def seeded_network(name: str) -> nn.Module:
    torch.manual_seed(1)
    network = {"lfm": LFMNet, "npr": NPRNet}[name]()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    # Logits as large as trained networks give, so that a wrong term cannot hide below a tolerance.
    nn.init.normal_(network.fc1.weight, 0, {"lfm": 0.5, "npr": 0.05}[name])
    return network.eval()


def tiny_univfd_state() -> dict[str, torch.Tensor]:
    """UnivFD's head on a vision transformer with UnivFD's input size and nothing else of its weight."""
    ensure_torchvision()
    from open_clip.transformer import VisionTransformer

    torch.manual_seed(2)
    tower = VisionTransformer(224, 32, 64, 3, 1, 2.0, output_dim=16)
    state = {f"backbone.visual.{name}": tensor.clone() for name, tensor in tower.state_dict().items()}
    return {**state, "weight": torch.randn(1, 16), "bias": torch.randn(1)}


@cache
def state_of(name: str) -> dict[str, torch.Tensor]:
    made = {"univfd": tiny_univfd_state, "prc": seeded_prc}.get(name)
    return made() if made else seeded_network(name).state_dict()


@cache
def detector_of(name: str) -> Any:
    return DETECTORS.get(name)(state_of(name), CPU)


@cache
def plain_of(name: str) -> nn.Module:
    return recipe_of(name).build(state_of(name))


def photo_like(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth structure with noise on it, as in photographs."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [np.sin(x / rng.uniform(5, 60) + y / rng.uniform(5, 60) + c) for c in range(3)]
    return np.clip(128 + 60 * np.stack(waves, 2) + rng.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)


def picture_of(rgb: np.ndarray, **facts: Any) -> Picture:
    rgb = np.ascontiguousarray(rgb)
    rgb.setflags(write=False)
    return Picture("test.png", "0" * 64, 1000, "PNG", rgb, facts)


def look(view: View, subject: Any, **options: Any) -> Rendering:
    """What the view shows, in words as people read them."""
    return spoken(view.render(subject, **options))


class FakeSubject:
    """Implements `views.base.Subject`; `judge` replaces the networks by a function of pixels."""

    def __init__(self, rgb: np.ndarray, detectors: tuple[str, ...] = ("lfm", "npr"), *, second: np.ndarray | None = None, **settings: Any) -> None:
        self.picture = picture_of(rgb, **settings.pop("facts", {}))
        self.second = None if second is None else picture_of(second)
        self.rule = settings.pop("rule", "native")
        self.judge: Callable[[np.ndarray], float] | None = settings.pop("judge", None)
        self.limit: float | None = settings.pop("limit", None)
        self.cancel_after: int | None = settings.pop("cancel_after", None)
        assert not settings
        self._detectors = list(detectors)
        self.steps: list[tuple[int, int]] = []
        self.scored = 0

    def detectors(self) -> list[str]:
        return self._detectors

    def analysis(self, detector: str, rule: Any = None) -> Analysis:
        prepared = DETECTORS.get(detector).prepare(self.picture.rgb, rule or self.rule)
        finding = detector_of(detector).findings([prepared.block])[0]
        return Analysis(detector, "seeded", "0" * 64, "cpu", "fp32", finding.logit, prepared.seen, finding.evidence, 0.0)

    def logit_of(self, rgb: np.ndarray, detector: str, rule: Any = None) -> float:
        self.scored += 1
        if self.judge is not None:
            return self.judge(rgb)
        prepared = DETECTORS.get(detector).prepare(rgb, rule or self.rule)
        return detector_of(detector).findings([prepared.block])[0].logit

    def threshold(self, detector: str, rule: Any = None) -> float | None:
        return self.limit

    def threshold_origin(self, detector: str, rule: Any = None) -> str:
        return "from the weights' card"

    def inverted(self) -> np.ndarray:
        raise NotApplicable(because("no_inverter"))

    def plain_network(self, detector: str) -> nn.Module:
        return plain_of(detector)

    def progress(self, done: int, total: int) -> None:
        self.steps.append((done, total))
        if self.cancel_after is not None and len(self.steps) > self.cancel_after:
            raise Cancelled("stopped by the test")
