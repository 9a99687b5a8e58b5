"""Every detector on a GPU against the processor. Where there is no GPU these are skipped, and nothing else stands for them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.patterns import frequencies
from forensics_ui.detectors.prc import NETWORK
from forensics_ui.views.places import contributions
from tests.detectors.helpers_networks import photo_like, seeded
from tests.detectors.helpers_prc import seeded_prc
from tests.detectors.test_univfd import state_with_head

CPU = torch.device("cpu")
STATES = {
    "lfm": lambda: seeded("lfm").state_dict(),
    "npr": lambda: seeded("npr").state_dict(),
    "prc": lambda: seeded_prc(0.75) | {NETWORK + name: tensor for name, tensor in seeded("lfm").state_dict().items()},
    "univfd": state_with_head,
}


@pytest.fixture(scope="module", params=["cuda", "mps"])
def gpu(request) -> torch.device:
    if not {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}[request.param]():
        pytest.skip(f"this machine has no GPU that torch reaches by {request.param}")
    return torch.device(request.param)


@pytest.mark.parametrize("name", sorted(STATES))
def test_scores_and_evidence_are_those_of_the_processor(gpu, name):
    kind, state = DETECTORS.get(name), STATES[name]()
    for size in [(224, 224)] if name == "univfd" else [(256, 256), (600, 1100)]:
        block = photo_like(*size)
        here, there = (kind(state, device).findings([block])[0] for device in (CPU, gpu))
        assert there.logit == pytest.approx(here.logit, abs=1e-3)
        assert kind(state, gpu).logit(block) == pytest.approx(here.logit, abs=1e-3)
        # Which of two nearly equal places is the k-th strongest may differ in the last bit: LFM's places are not compared.
        if here.evidence is not None and name in ("npr", "prc"):
            assert np.allclose(contributions(there.evidence), contributions(here.evidence), atol=1e-3)


@pytest.mark.parametrize("name", ["lfm", "npr"])
def test_half_precision_stays_within_a_tenth(gpu, name):
    kind, state, block = DETECTORS.get(name), STATES[name](), photo_like(256, 256)
    assert kind(state, gpu, "fp16").logit(block) == pytest.approx(kind(state, CPU).logit(block), abs=0.1)


def test_patterns_are_counted_to_the_same_whole_numbers(gpu):
    if gpu.type != "cuda":
        pytest.skip("only CUDA counts; other GPUs leave it to the processor")
    block = photo_like(700, 530)
    assert np.array_equal(frequencies(block, device=gpu), frequencies(block))
