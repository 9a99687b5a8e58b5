"""Judging by the user's own photographs: only when chosen, never silently, never from too few."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_limits_by_condition import card, judged

from forensics_ui.core.errors import ForensicsError
from forensics_ui.verdict import own_reals


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
    assert any("limit comes from your own photographs 'newsroom': 100" in reason and "95% confidence" in reason for reason in found.reasons)
    assert own_judged(4.99, card(), tmp_path).band == "some evidence of generation"


def test_the_false_alarms_of_the_cards_limit_are_stated_with_their_interval(tmp_path):
    words = " ".join(own_judged(1.5, card(), tmp_path).reasons)
    assert "marks 50 of these 100 (between 39.8% and 60.2%" in words


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        ({"n": 58}, "only 58 of your own photographs 'newsroom'"),
        ({"rule": "crop"}, "not scored with these weights under the input rule 'native'"),
        ({"sha256": "9" * 64}, "not scored"),
    ],
)
def test_a_set_that_cannot_speak_changes_nothing_and_is_still_named(tmp_path, kinds, reason):
    found = own_judged(1.5, card(), tmp_path, **kinds)
    assert found.band == "some evidence of generation" and found.own_reals
    assert any(reason in line and "change nothing here" in line for line in found.reasons)


def test_photographs_in_another_condition_do_not_count(tmp_path):
    assert any("only 0 of your own" in line for line in own_judged(2.5, card(), tmp_path, "JPEG", 95).reasons)


def test_weights_without_a_card_get_a_limit_but_never_say_that_there_is_no_trace(tmp_path):
    above, below = own_judged(5.1, {}, tmp_path), own_judged(-9, {}, tmp_path)
    assert above.band == "some evidence of generation" and above.probability is None and above.ratio is None
    assert below.band == "inconclusive" and "never measured" in below.reasons[0]


def test_without_a_choice_nothing_is_said(tmp_path):
    own_reals.save(own_set(), tmp_path)
    found = judged(1.5, card())
    assert found.own_reals is None and not any("own photographs" in reason for reason in found.reasons)


def test_a_set_that_was_changed_by_hand_is_refused(tmp_path):
    own_reals.save(own_set(), tmp_path)
    file = tmp_path / "own_reals" / "newsroom.json"
    body = json.loads(file.read_text())
    body["parts"][0]["logits"]["as_they_come"] = [-9.0] * 100
    file.write_text(json.dumps(body))
    with pytest.raises(ForensicsError, match="changed by hand"):
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
