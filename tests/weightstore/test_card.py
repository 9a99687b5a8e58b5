"""The card of a set of weights: typed, of any form, parsed once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from forensics_ui.core.settings import WEIGHTS
from forensics_ui.weightstore import manifest
from forensics_ui.weightstore.card import Card

ROW = {"threshold_some": 1.0, "threshold_strong": 2.0, "threshold_low": -1.0, "n_real": 300, "range": [0.1, 0.9]}


@pytest.mark.parametrize("name", ["prc_joined", "lfm_distilled"])
def test_a_shipped_card_says_all_that_its_json_says(name):
    fields = json.loads((WEIGHTS / f"{name}.json").read_text(encoding="utf-8"))
    card = Card.from_json(fields)
    assert not card.problem and card.fields == fields and card.speaks_of(fields["sha256"])
    for rule, values in fields["calibration"].items():
        told = card.calibration[rule]
        assert (told is None) == (values is None)
        for condition, row in (values or {}).get("conditions", {}).items():
            limits = told.conditions[condition]
            assert (limits.low, limits.some, limits.strong) == tuple(row[f"threshold_{each}"] for each in ("low", "some", "strong"))
            assert limits.largest_side == values.get("largest_side") and len(limits.growth) == len(values.get("growth") or ())
    figures = {name: {rule: row.as_dict() for rule, row in rows.items()} for name, rows in card.figures.items()}
    assert figures == fields["figures"]
    assert {group.name for group in card.data if group.learnt} == {"train", "test, in the end also trained on"} & set(fields["data"])


def test_a_condition_says_only_what_differs_from_all_together():
    rows = {"jpeg96": {"threshold_some": 3.0, "n_real": 9}, "halved": None}
    card = Card.from_json({"calibration": {"native": {**ROW, "conditions": rows}, "paper": None}})
    limits = card.calibration["native"].conditions["jpeg96"]
    assert (limits.some, limits.strong, limits.rates.n_real, limits.range) == (3.0, 2.0, 9, (0.1, 0.9))
    assert "halved" not in card.calibration["native"].conditions and card.calibration["paper"] is None


@pytest.mark.parametrize(
    "fields",
    [{"calibration": 3}, {"calibration": {"native": {"n_real": 3}}}, {"figures": {"a": 1}}, {"data": ["x"]}, {"native_by_size": {"big": {}}}],
)
def test_a_card_of_another_form_keeps_whose_it_is_and_judges_nothing(fields):
    card = Card.from_json({"detector": "lfm", "sha256": "1" * 64, **fields})
    assert card.problem and card.detector == "lfm" and not card.calibration and not card.figures and card.fields


def test_groups_that_were_trained_on_are_named_by_the_card_not_guessed():
    data = {"training pictures kept apart": {"real": {"a": 1}}, "b": {"real": {"c": 2}, "fake": {"d": 3}}}
    card = Card.from_json({"data": data, "trained_on": ["b"]})
    assert card.learnt_from("real") == {"c": 2} and card.learnt_from("fake") == {"d": 3}


def test_the_card_of_a_head_speaks_of_it_on_its_backbone_and_nothing_else():
    card = Card.from_json({"sha256": "1" * 64, "backbone": {"name": "clip", "sha256": "2" * 64}})
    assert card.speaks_of(f"{'1' * 64}+{'2' * 64}")
    assert not card.speaks_of("1" * 64) and not card.speaks_of(f"{'1' * 64}+{'3' * 64}") and not Card().speaks_of("")


def test_a_card_is_parsed_once_and_again_when_it_changed(tmp_path: Path, monkeypatch):
    parsed, real = [], Card.from_json.__func__
    monkeypatch.setattr(Card, "from_json", classmethod(lambda cls, fields: parsed.append(1) or real(cls, fields)))
    file = tmp_path / "own.safetensors"
    file.with_suffix(".json").write_text(json.dumps({"detector": "lfm", "sha256": "1" * 64}))
    assert [manifest.read_card(file).sha256 for _ in range(50)] == ["1" * 64] * 50 and len(parsed) == 1
    file.with_suffix(".json").write_text(json.dumps({"detector": "lfm", "sha256": "2" * 63}))
    assert manifest.read_card(file).sha256 == "2" * 63 and len(parsed) == 2
