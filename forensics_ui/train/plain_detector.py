"""A variant as a detector, for measuring alone: the network as it is written, without the fast path that serves people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.types import Finding, InputRule, Prepared
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.base import Checkpoint, Detector, no_checkpoint
from forensics_ui.detectors.networks import normalise
from forensics_ui.train.ablations import Ablation, network_of


class PlainDetector(Detector):
    """Scores what the published detector would score, by another network."""

    def __init__(self, name: str, ablation: Ablation, state: Mapping[str, Tensor], device: torch.device) -> None:
        super().__init__(state, device)
        self._published = DETECTORS.get(name)
        self._net = network_of(name, ablation)
        self._net.load_state_dict(dict(state))
        self._net.eval().requires_grad_(False).to(device)

    def prepare(self, rgb: np.ndarray, rule: InputRule) -> Prepared:
        """The published detector's own cut."""
        return self._published.prepare(rgb, rule)

    @torch.inference_mode()
    def findings(self, blocks: Sequence[np.ndarray], checkpoint: Checkpoint = no_checkpoint) -> list[Finding]:
        logits = self._net(normalise(torch.from_numpy(np.stack(blocks)).to(self.device)))
        checkpoint(1, 1)
        return [Finding(float(logit)) for logit in logits]
