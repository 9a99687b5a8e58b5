"""Scores without evidence: counted in pieces of any size they are the same, and asking for them asks for less."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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


def test_pieces_are_counted_on_one_core_each_and_others_keep_what_they_had():
    before = torch.get_num_threads()
    pool = fast.single_cores()
    numbers = torch.rand(1 << 20)
    assert all(pool.map(lambda _: bool(torch.isclose((numbers + numbers).sum(), 2 * numbers.sum(), rtol=1e-4)), range(8)))
    assert set(pool.map(lambda _: torch.get_num_threads(), range(8))) == {1} and torch.get_num_threads() == before


def test_pieces_counted_at_the_same_time_are_told_in_order_and_a_cancelled_count_leaves_none_behind(monkeypatch):
    monkeypatch.setattr(patterns, "PIECE", 64)
    block, begun = photo_like(640, 640), []
    counted, told = patterns._count_piece, []
    monkeypatch.setattr(patterns, "_count_piece", lambda *piece: begun.append(1) or counted(*piece))
    with ThreadPoolExecutor(3) as pool:
        together = patterns.frequencies(block, lambda done, total: told.append(done), pool.map)
    assert np.array_equal(together, patterns.frequencies(block)) and told == list(range(1, 82))

    def cancel(done: int, total: int) -> None:
        raise KeyboardInterrupt

    begun.clear()
    with ThreadPoolExecutor(1) as pool, pytest.raises(KeyboardInterrupt):
        patterns.frequencies(block, cancel, pool.map)
    assert len(begun) < 10
