"""Weights that a training is given: the teacher's, and those it starts from. Read as detectors read them."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.core.settings import Settings
from forensics_ui.detectors.fast import load_strictly
from forensics_ui.train.ablations import Ablation, network_of
from forensics_ui.train.teacher import Teacher
from forensics_ui.weightstore.load import LoadedWeights, load_weights

NETWORKS = ("lfm", "npr")


def identity_of(weights: LoadedWeights) -> dict[str, str]:
    """For the card: who they are."""
    return {"name": weights.name, "sha256": weights.sha256, "detector": weights.detector}


def teacher_of(name_or_path: str, device: torch.device, weights_dir: Path) -> tuple[Teacher, dict[str, str | float]]:
    """The teacher of that name or file, and what the card says of it; it need not be the same network as its pupil."""
    weights = load_weights(name_or_path, None, weights_dir)
    if weights.detector not in NETWORKS:
        raise WeightsMismatch(f"A teacher looks at single crops: its weights must be those of LFM or NPR, not of {weights.detector}.")
    net = load_strictly(network_of(weights.detector, Ablation()), weights.state, weights.detector.upper())
    teacher = Teacher(net.to(device))
    return teacher, {**identity_of(weights), "temperature": teacher.temperature, "share": teacher.share, "hints": teacher.hints}


def start_of(name_or_path: str, detector: str, ablation: Ablation, weights_dir: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The state to begin with, complete, and what the card says of it."""
    weights = load_weights(name_or_path, detector, weights_dir)
    # Counters of training steps, which published files lack, come from the network itself.
    net = load_strictly(network_of(detector, ablation), weights.state, f"{detector.upper()}{' ' * bool(ablation.words())}{ablation.words()}")
    return net.state_dict(), identity_of(weights)


def lfm_of(name_or_path: str) -> tuple[dict[str, Tensor], dict[str, dict[str, str]]]:
    """The state of the LFM network that joins PRC, and what the card says of it."""
    weights = load_weights(name_or_path, "lfm", Settings.load().weights_dir)
    return dict(weights.state), {"lfm": identity_of(weights)}
