"""An LFM network joins PRC's clean line: how loudly it speaks, on pictures that neither of them learnt from.

A weight fitted on pictures that the network was trained on would trust it too much. So it gets a fixed share of the line's own
spread, and both together are brought to log odds again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from forensics_ui.detectors.patterns import SMALLEST, frequencies
from forensics_ui.detectors.prc import NETWORK
from forensics_ui.detectors.strongest import StrongestPlaces, mean_logit
from forensics_ui.imaging.npr import whole_cells
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.figures import platt
from forensics_ui.train.folders import Sample
from forensics_ui.train.measure import halved
from forensics_ui.train.pictures import decode

# Of the spread of the clean line. Between a third and 1, the louder it was the fewer edited photographs were marked, and the worse unseen
# generators were ranked, by a hundredth of AUC from one end to the other.
SAY = 0.5

State = dict[str, Tensor]


def joined(states: Sequence[State], network: State, samples: Sequence[Sample], folds: np.ndarray, device: torch.device) -> list[State]:
    """The same states with the network in them; `folds` says which of them never saw a sample's source."""
    strongest = StrongestPlaces(network, device)
    lines = [(s["clean.weight"].double().numpy(), float(s["clean.bias"])) for s in states]
    scores, labels = [], []
    for sample, fold in zip(samples, folds, strict=True):
        weight, bias = lines[fold]
        for block in _clean_blocks(sample):
            scores.append((frequencies(block) @ weight + bias, mean_logit(strongest.terms(block, lambda done, total: None))))
            labels.append(sample.label)
    line, lfm = np.array(scores).T
    say = SAY * line.std() / lfm.std()
    both, fake = line + say * lfm, np.array(labels) == 1
    factor, shift = platt(both[~fake], both[fake])
    return [_with(state, network, factor, shift, say) for state in states]


def _clean_blocks(sample: Sample) -> list[np.ndarray]:
    """A picture's pixels without a lossy save at their size: photographs, nearly all of which came as JPEG, only reduced."""
    whole = np.ascontiguousarray(aligned_crop(decode(sample.path)).block)
    blocks = [halved(whole), *([whole] if sample.label else [])]
    return [np.ascontiguousarray(whole_cells(block)) for block in blocks if min(block.shape[:2]) >= SMALLEST]


def _with(state: State, network: State, factor: float, shift: float, say: float) -> State:
    loud = {f"{NETWORK}{name}": tensor.clone() for name, tensor in network.items()}
    for name in ("fc1.weight", "fc1.bias"):
        loud[NETWORK + name] *= factor * say
    return {**state, "clean.weight": state["clean.weight"] * factor, "clean.bias": state["clean.bias"] * factor + shift, **loud}
