"""Scores without evidence: counted in pieces of any size they are the same, and asking for them asks for less."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.detectors import DETECTORS, fast, patterns
from tests.detectors.helpers_networks import photo_like, seeded
from tests.detectors.helpers_prc import seeded_prc


@pytest.mark.parametrize("size", [(64, 64), (131, 97), (200, 321)], ids=lambda s: f"{s[1]}x{s[0]}")
def test_pieces_count_what_the_whole_counts(monkeypatch, size):
    block = photo_like(*size)
    whole = patterns.frequencies(block)
    told = []
    monkeypatch.setattr(patterns, "PIECE", 64)
    pieces = patterns.frequencies(block, lambda done, total: told.append((done, total)))
    assert np.array_equal(whole, pieces)
    assert told[-1] == (len(told), len(told)) and (len(told) > 1) is (max(size) > 128)


def test_the_widest_pattern_ends_within_what_a_piece_sees_beyond_itself():
    widest = max(pattern.scale * (reach + 1) for pattern in patterns.PATTERNS for extent in patterns._extents(pattern) for reach in extent)
    assert widest <= patterns.BEYOND


def test_scores_of_several_pictures_are_those_of_each():
    detector = DETECTORS.get("prc")(seeded_prc(), torch.device("cpu"))
    blocks = [photo_like(96, 128, seed=seed) for seed in range(3)]
    assert detector.logits(blocks) == [detector.logit(block) for block in blocks]


def test_a_detector_without_a_shorter_way_gives_what_its_findings_say():
    detector = DETECTORS.get("lfm")(seeded("lfm").state_dict(), torch.device("cpu"))
    blocks = [photo_like(96, 128, seed=seed) for seed in range(2)]
    assert detector.logits(blocks) == [finding.logit for finding in detector.findings(blocks)]


def test_counting_stays_on_one_core_and_leaves_the_others_to_everybody_else():
    before = torch.get_num_threads()
    pool = fast.one_core()
    assert pool.submit(torch.get_num_threads).result() == 1
    numbers = torch.rand(1 << 20)
    assert pool.submit(lambda: float((numbers + numbers).sum())).result() == pytest.approx(2 * float(numbers.sum()), rel=1e-4)
    assert pool.submit(torch.get_num_threads).result() == 1 and torch.get_num_threads() == before
