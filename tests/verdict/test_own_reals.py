"""Judging by the user's own photographs: only when chosen, never silently, never from too few."""

from __future__ import annotations

import json

import numpy as np
import pytest
from helpers_verdict import codes, values
from test_limits_by_condition import card, judged

from forensics_ui.core.errors import ForensicsError
from forensics_ui.verdict import own_reals
from tests.refusals import refused


def own_set(n: int = 100, highest: float = 5.0, rule: str = "native", sha256: str = "1" * 64) -> dict:
    logits = np.linspace(-3, highest, n).round(4).tolist()
    part = {
        "detector": "lfm",
        "weights": "w",
        "weights_sha256": sha256,
        "rule": rule,
        "largest_side": 4000,
        "logits": {"as_they_come": logits},
        "left_out": {},
    }
    return {
        "name": "newsroom",
        "folder": "photos",
        "made": "2026-01-02T03:04:05Z",
        "pictures": n,
        "pictures_sha256": "2" * 64,
        "failed": {},
        "parts": [part],
    }


def own_judged(logit: float, given: dict, tmp_path, *how, **kinds):
    """The verdict by a stored set of that kind."""
    return judged(logit, given, *how, own=own_reals.save(own_set(**kinds), tmp_path))


def test_the_limit_moves_to_where_few_of_the_users_photographs_lie(tmp_path):
    found = own_judged(1.5, card(), tmp_path)
    assert found.band == "inconclusive" and judged(1.5, card()).band == "some evidence of generation"
    assert found.own_reals.startswith("newsroom (")
    told = values(found, "own_limit")
    assert (told["name"], told["n"], told["confidence"], told["alarms"]) == ("newsroom", 100, 0.95, 0.05)
    assert own_judged(4.99, card(), tmp_path).band == "some evidence of generation"


def test_the_false_alarms_of_the_cards_limit_are_stated_with_their_interval(tmp_path):
    marked = values(own_judged(1.5, card(), tmp_path), "own_limit")["marked"]
    assert (marked["count"], marked["of"]) == (50, 100)
    assert (marked["low"], marked["high"]) == (pytest.approx(0.398, abs=1e-3), pytest.approx(0.602, abs=1e-3))


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ({"n": 58}, "own_too_few"),
        ({"rule": "crop"}, "own_not_scored"),
        ({"sha256": "9" * 64}, "own_not_scored"),
    ],
)
def test_a_set_that_cannot_speak_changes_nothing_and_is_still_named(tmp_path, kinds, code):
    found = own_judged(1.5, card(), tmp_path, **kinds)
    assert found.band == "some evidence of generation" and found.own_reals
    assert code in codes(found)


def test_photographs_in_another_condition_do_not_count(tmp_path):
    assert values(own_judged(2.5, card(), tmp_path, "JPEG", 95), "own_too_few")["n"] == 0


def test_weights_without_a_card_get_a_limit_but_never_say_that_there_is_no_trace(tmp_path):
    above, below = own_judged(5.1, {}, tmp_path), own_judged(-9, {}, tmp_path)
    assert above.band == "some evidence of generation" and above.probability is None and above.ratio is None
    assert below.band == "inconclusive" and below.reasons[0].code == "below_own_limit"


def test_without_a_choice_nothing_is_said(tmp_path):
    own_reals.save(own_set(), tmp_path)
    found = judged(1.5, card())
    assert found.own_reals is None and not [code for code in codes(found) if code.startswith("own")]


def test_a_set_that_was_changed_by_hand_is_refused(tmp_path):
    own_reals.save(own_set(), tmp_path)
    file = tmp_path / "own_reals" / "newsroom.json"
    body = json.loads(file.read_text())
    body["parts"][0]["logits"]["as_they_come"] = [-9.0] * 100
    file.write_text(json.dumps(body))
    with refused(ForensicsError, "changed by hand"):
        own_reals.load("newsroom", tmp_path)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "x" * 61, "nul\x00", "end."])
def test_names_cannot_leave_their_folder(tmp_path, name):
    with pytest.raises(ForensicsError):
        own_reals.load(name, tmp_path)


def test_a_set_can_be_listed_and_forgotten(tmp_path):
    own_reals.save(own_set(), tmp_path)
    assert own_reals.names(tmp_path) == ["newsroom"]
    own_reals.forget("newsroom", tmp_path)
    assert own_reals.names(tmp_path) == []


def test_an_account_tells_counts_limits_and_alarms(tmp_path):
    own = own_reals.save(own_set(), tmp_path)
    told = own_reals.account(own, "lfm", "1" * 64, "native", 1.0)["conditions"]["as_they_come"]
    assert told["n"] == 100 and told["marked_by_card"] == 50 and told["threshold"] == pytest.approx(4.92, abs=0.1)
