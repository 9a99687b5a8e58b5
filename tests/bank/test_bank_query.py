"""Neighbours, distances and votes, checked by hand on features of two numbers; and against plain arithmetic on many."""

from __future__ import annotations

import json

import numpy as np
import pytest

from forensics_ui.bank.file import Bank, Row
from forensics_ui.bank.query import KS, distances, neighbours_of
from forensics_ui.core.errors import ForensicsError
from tests.refusals import refused


def bank_of(features: list[list[float]] | np.ndarray, labels: list[int]) -> Bank:
    rows = tuple(Row(f"{i}.png", f"source{i}", f"{i:064x}") for i in range(len(labels)))
    return Bank(np.array(features, np.float32), np.array(labels, np.uint8), rows, "tiny", "ab" * 32, "crop")


CIRCLE = bank_of([[1, 0], [3, 3], [0, 2], [-1, 0], [0, -5]], [0, 1, 1, 0, 1])


def test_a_distance_is_one_minus_the_cosine_and_length_does_not_matter():
    for length in (1, 7.5):
        assert distances(CIRCLE, np.array([length, 0], np.float32)) == pytest.approx([0, 1 - 2**-0.5, 1, 2, 1], abs=1e-6)


def test_neighbours_come_nearest_first_with_label_source_name_and_hash_and_ties_in_the_order_of_the_bank():
    found = neighbours_of(CIRCLE, np.array([2, 0], np.float32))
    assert [n.name for n in found.neighbours] == ["0.png", "1.png", "2.png", "4.png", "3.png"]
    first = found.neighbours[1]
    assert (first.rank, first.label, first.source, first.sha256, first.distance) == (2, "fake", "source1", f"{1:064x}", pytest.approx(0.292893))


def test_k_nearest_vote_and_the_smallest_distance_to_each_class_is_told():
    found = neighbours_of(CIRCLE, np.array([2, 0], np.float32))
    assert [(found.votes[k]["real"], found.votes[k]["fake"], found.votes[k]["majority"]) for k in (1, 3, 5)] == [
        (1, 0, "real"),
        (1, 2, "fake"),
        (2, 3, "fake"),
    ]
    assert found.votes[9]["fewer_than_k"] and "fewer_than_k" not in found.votes[5]
    assert found.nearest == pytest.approx({"real": 0.0, "fake": 0.292893}, abs=1e-6)
    assert json.loads(json.dumps(found.as_dict()))["votes"]["3"]["majority"] == "fake"


def test_an_even_number_can_tie():
    assert neighbours_of(CIRCLE, np.array([2, 0], np.float32), ks=(2,)).votes[2]["majority"] == "tie"


def test_the_very_same_file_is_named_and_has_no_vote():
    found = neighbours_of(CIRCLE, np.array([2, 0], np.float32), sha256=f"{0:064x}")
    assert found.same_file.name == "0.png" and found.same_file.label == "real"
    assert found.neighbours[0].name == "1.png" and found.votes[1]["majority"] == "fake"
    assert neighbours_of(CIRCLE, np.array([2, 0], np.float32)).same_file is None


def test_many_features_give_what_sorting_plain_cosines_gives():
    rng = np.random.default_rng(3)
    bank = bank_of(rng.normal(size=(500, 48)), [0, 1] * 250)
    feature = rng.normal(size=48).astype(np.float32)
    cosines = [float(np.dot(f, feature) / (np.linalg.norm(f) * np.linalg.norm(feature))) for f in bank.features.astype(np.float64)]
    expected = np.argsort(-np.array(cosines))[: max(KS)]
    found = neighbours_of(bank, feature)
    assert [n.name for n in found.neighbours] == [f"{i}.png" for i in expected]
    assert [n.distance for n in found.neighbours] == pytest.approx([1 - cosines[i] for i in expected], abs=2e-6)


def test_features_of_another_width_are_refused():
    with refused(ForensicsError, "features of 2 numbers, this network gives 3"):
        neighbours_of(CIRCLE, np.zeros(3, np.float32))
