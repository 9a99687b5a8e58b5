"""Too small is an answer with a reason; other networks' weights are refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.detectors import DETECTORS
from tests.detectors.helpers_networks import photo_like, seeded
from tests.refusals import refused

CPU = torch.device("cpu")


@pytest.mark.parametrize("name", ["lfm", "npr", "univfd"])
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (2, 2), (31, 31)])
@pytest.mark.parametrize("rule", ["native", "crop"])
def test_too_small_is_not_applicable_and_says_why(name, size, rule):
    with refused(NotApplicable, "too small"):
        DETECTORS.get(name).prepare(np.zeros((*size, 3), np.uint8), rule)


def test_48_pixels_are_the_smallest_square_for_lfm():
    lfm = DETECTORS.get("lfm")
    assert lfm.prepare(photo_like(48, 48), "native").block.shape == (48, 48, 3)
    with pytest.raises(NotApplicable):
        lfm.prepare(photo_like(47, 47), "native")


def test_weights_of_another_network_are_refused():
    with refused(WeightsMismatch, "not those of a NPR"):
        DETECTORS.get("npr")(seeded("lfm").state_dict(), CPU)


def test_a_tensor_of_another_shape_is_refused():
    state = seeded("lfm").state_dict()
    state["fc1.weight"] = torch.zeros(1, 512)
    with refused(WeightsMismatch, r"fc1\.weight"):
        DETECTORS.get("lfm")(state, CPU)
