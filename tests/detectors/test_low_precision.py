"""Half precision is only safe after the integer front end: the normalised image must never be rounded."""

from __future__ import annotations

import pytest
import torch

from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import normalise
from tests.detectors.helpers_networks import PLAIN, photo_like, plain_logit, seeded


@pytest.mark.parametrize("name", sorted(PLAIN))
def test_half_precision_stays_within_a_tenth_of_fp32(name):
    plain = seeded(name)
    half = DETECTORS.get(name)(plain.state_dict(), torch.device("cpu"), "fp16")
    blocks = [photo_like(128, 128, seed) for seed in range(4)]
    drift = [abs(half.findings([b])[0].logit - plain_logit(plain, b)) for b in blocks]
    assert max(drift) < 0.1


def test_rounding_the_normalised_image_first_would_not_be_safe():
    plain = seeded("lfm")
    block = photo_like(128, 128)
    image = normalise(torch.from_numpy(block)[None])
    half = DETECTORS.get("lfm")(plain.state_dict(), torch.device("cpu"), "fp16")
    exact = plain_logit(plain, block)
    with torch.inference_mode():
        naive = float(plain(image.bfloat16().float()))
    assert abs(naive - exact) > 10 * abs(half.findings([block])[0].logit - exact)
