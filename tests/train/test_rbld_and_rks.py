from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from forensics_ui.detectors.networks import LFMNet
from forensics_ui.train.topk import drop_probabilities, lfm_loss, random_k_sampling, rank_based_linear_dropout


def test_the_largest_value_is_dropped_with_probability_03_and_the_sixteenth_with_01():
    probabilities = drop_probabilities(16)
    assert probabilities[0] == pytest.approx(0.3) and probabilities[-1] == pytest.approx(0.1)
    assert torch.allclose(probabilities.diff(), torch.full((15,), -0.2 / 15), atol=1e-6)


def test_values_are_dropped_as_often_as_their_rank_says_and_otherwise_kept_as_they_are():
    torch.manual_seed(0)
    top = torch.arange(16, 0, -1.0).expand(2000, 10, 16)
    dropped = rank_based_linear_dropout(top)
    assert torch.allclose((dropped == 0).float().mean((0, 1)), drop_probabilities(16), atol=0.015)
    assert torch.equal(dropped[dropped != 0], top[dropped != 0])


def test_random_values_come_from_their_own_map_without_repetition_in_descending_order():
    torch.manual_seed(0)
    maps = torch.randperm(3 * 5 * 40).float().view(3, 5, 40)
    values = random_k_sampling(maps, 16)
    assert values.shape == (3, 5, 16) and (values.diff(dim=2) < 0).all()
    for b in range(3):
        for c in range(5):
            assert set(values[b, c].tolist()) <= set(maps[b, c].tolist())
    assert not torch.equal(values, random_k_sampling(maps, 16))


def test_random_values_are_not_the_largest_ones():
    torch.manual_seed(0)
    flat = torch.arange(400.0).expand(50, 8, 400)
    assert random_k_sampling(flat, 16).mean() == pytest.approx(199.5, abs=5)


def test_the_loss_is_the_main_term_plus_a_tenth_of_the_auxiliary_one():
    net, maps, labels = LFMNet(), torch.randn(4, 64, 6, 6), torch.tensor([0.0, 1.0, 1.0, 0.0])
    torch.manual_seed(5)
    loss = lfm_loss(net, maps, labels)
    torch.manual_seed(5)
    flat = maps.flatten(2)
    kept = rank_based_linear_dropout(flat.topk(16, dim=2).values)
    sampled = random_k_sampling(flat, 16)
    bce = [F.binary_cross_entropy_with_logits(net.fc1(v.flatten(1)).squeeze(1), labels) for v in (kept, sampled)]
    assert loss.item() == pytest.approx((bce[0] + 0.1 * bce[1]).item(), rel=1e-6)


def test_without_the_two_aids_the_loss_is_that_of_the_plain_network():
    torch.manual_seed(0)
    net, x, labels = LFMNet().eval(), torch.randn(2, 3, 64, 64), torch.tensor([0.0, 1.0])
    expected = F.binary_cross_entropy_with_logits(net(x), labels)
    assert lfm_loss(net, net.maps(x), labels, rbld=False, rks=False).item() == pytest.approx(expected.item(), rel=1e-6)
