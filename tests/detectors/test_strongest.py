"""LFM's strongest places in squares: what covers a picture, and that PRC with them still adds up to the last place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import Cancelled, WeightsMismatch
from forensics_ui.detectors import DETECTORS, fast
from forensics_ui.detectors.prc import NETWORK
from forensics_ui.detectors.strongest import SIDE, StrongestPlaces, by_cell, mean_logit
from tests.detectors.helpers_networks import photo_like, plain_logit, seeded
from tests.detectors.helpers_prc import seeded_prc
from tests.refusals import refused

CPU = torch.device("cpu")
LFM = seeded("lfm")
SIZES = [(64, 80), (256, 256), (300, 256), (513, 700)]


def ignore(done: int, total: int) -> None:
    pass


def with_lfm(gate: float = 0.0) -> dict[str, torch.Tensor]:
    state = seeded_prc() | {"gate.weight": torch.zeros_like(seeded_prc()["gate.weight"]), "gate.bias": torch.tensor([gate])}
    return state | {NETWORK + name: tensor for name, tensor in LFM.state_dict().items()}


def prc(gate: float = 0.0):
    return DETECTORS.get("prc")(with_lfm(gate), CPU)


@pytest.mark.parametrize("size", [*SIZES, (1024, 257)])
def test_squares_are_whole_aligned_few_and_leave_out_at_most_seven_pixels(size):
    corners = fast.squares(*size, SIDE)
    covered = np.zeros(size, bool)
    for top, left in corners:
        assert top % 8 == left % 8 == 0
        part = covered[top : top + SIDE, left : left + SIDE]
        assert part.shape == tuple(min(SIDE, length) for length in size)
        part[:] = True
    assert covered[: size[0] - 7, : size[1] - 7].all()
    assert len(corners) == np.prod([-(-length // SIDE) for length in size])


@pytest.mark.parametrize("size", SIZES)
def test_the_score_is_the_mean_of_the_plain_networks_logits(size):
    block = photo_like(*size)
    squares = [block[top : top + SIDE, left : left + SIDE] for top, left in fast.squares(*size, SIDE)]
    expected = np.mean([plain_logit(LFM, square) for square in squares])
    assert mean_logit(StrongestPlaces(LFM.state_dict(), CPU).terms(block, ignore)) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", SIZES)
def test_cells_and_bias_are_that_score(size):
    found = StrongestPlaces(LFM.state_dict(), CPU).terms(photo_like(*size), ignore)
    cells, bias = by_cell(found, *(-(-length // 8) for length in size))
    assert cells.sum() + bias == pytest.approx(mean_logit(found), abs=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_evidence_adds_up_and_the_score_alone_is_the_same(size):
    block, detector = photo_like(*size), prc()
    finding = detector.findings([block])[0]
    assert finding.evidence.total() == finding.logit
    assert detector.logit(block) == pytest.approx(finding.logit, abs=1e-3)


def test_saved_pixels_do_not_ask_the_network():
    block = photo_like(256, 256)
    without = {name: tensor for name, tensor in with_lfm(1000.0).items() if not name.startswith(NETWORK)}
    assert prc(1000.0).logit(block) == pytest.approx(DETECTORS.get("prc")(without, CPU).logit(block), abs=1e-6)
    without["gate.bias"] = torch.tensor([-1000.0])
    assert prc(-1000.0).logit(block) - DETECTORS.get("prc")(without, CPU).logit(block) == pytest.approx(plain_logit(LFM, block), abs=1e-3)


def test_progress_goes_up_to_the_end_and_can_stop_the_work():
    told = []
    blocks = [photo_like(300, 900), photo_like(300, 900, seed=1)]
    prc().logits(blocks, lambda done, total: told.append(done / total))
    assert told == sorted(told) and told[-1] == 1 and max(told[:-1]) < 1

    def stop(done: int, total: int) -> None:
        raise Cancelled("enough")

    with pytest.raises(Cancelled):
        prc().findings(blocks, stop)


def test_another_networks_tensors_are_refused():
    state = with_lfm()
    state.pop(NETWORK + "fc1.weight")
    with refused(WeightsMismatch, "LFM"):
        DETECTORS.get("prc")(state, CPU)
