"""The joined answer: a sum of parts that only rises, judged by its own card, that never hides a disagreement."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from helpers_verdict import codes, values
from test_bands import analysis, picture

from forensics_ui.verdict.joint import APART, JointJudge, JointLine, JointModel, fitting
from forensics_ui.weightstore.card import Card

SHAS = {"lfm": "1" * 64, "prc": "2" * 64, "univfd": "3" * 64}
LIMITS = {"threshold_low": -1.0, "threshold_some": 1.0, "threshold_strong": 3.0}
ROW = {**LIMITS, "n_real": 900, "n_fake": 400, "tpr_at_some": 0.8, "fpr_at_some": 0.01, "platt": {"a": 1.0, "b": 0.0}, "range": [0.002, 0.999]}
CARD = {
    "detector": "joined",
    "name": "joined_three",
    "sha256": "9" * 64,
    "calibration": {"crop": {**ROW, "alarms": {"some": 0.015, "strong": 0.003}, "conditions": {"as_they_come": ROW}}},
    "figures": {"as_they_come": {"crop": {"n_real": 900, "n_fake": 400, "tpr_at_some": 0.8, "fpr_at_some": 0.01}}},
}
LINE = JointLine(bias=0.2, weight=(0.5, 1.0, 0.8), neutral=(0.0, 1.0, -0.5), low=(-8.0,) * 3, high=(8.0,) * 3)


def model(*names: str, line: JointLine = LINE) -> JointModel:
    count = len(names)
    cut = replace(line, **{field: getattr(line, field)[:count] for field in ("weight", "neutral", "low", "high")})
    return JointModel(Card.from_json(CARD), {name: SHAS[name] for name in names}, {"as_they_come": cut})


def analyses(*logits: float, **changes):
    made = (replace(analysis(logit, "crop"), detector=name, weights_sha256=SHAS[name]) for name, logit in zip(SHAS, logits, strict=False))
    return {each.detector: replace(each, **changes) for each in made}


def judged(*logits: float, models=None):
    models = models or (model("lfm", "prc", "univfd"),)
    return JointJudge(models, {name: Card() for name in SHAS}).judge(picture(), analyses(*logits))


def test_the_score_is_exactly_its_bias_and_its_parts():
    found = judged(2.0, 3.0, 1.0)
    assert [part.added for part in found.parts] == pytest.approx([1.0, 2.0, 1.2])
    assert found.analysis.logit == pytest.approx(0.2 + 1.0 + 2.0 + 1.2)
    assert (found.analysis.detector, found.analysis.weights, found.analysis.weights_sha256) == ("joined", "joined_three", "9" * 64)
    assert found.verdict.band == "strong evidence of generation"
    assert found.verdict.ratio == pytest.approx(math.exp(4.4))
    told = values(found.verdict, "joined_parts")["parts"]
    assert [part["detector"] for part in told] == ["lfm", "prc", "univfd"]


def test_no_detector_shouts_louder_than_it_was_ever_heard():
    found = judged(0.0, 1e6, -0.5)
    assert found.parts[1].added == 7.0 and found.parts[1].beyond
    assert "beyond_range" in codes(found.verdict)
    assert not any(part.beyond for part in judged(1.0, 1.0, 1.0).parts)


def test_one_voice_alone_against_the_others_gives_no_strong_word_and_is_named():
    found = judged(-4.0, 8.0, -1.5)
    assert found.analysis.logit > 3 and found.verdict.band == "some evidence of generation"
    assert values(found.verdict, "apart") == {"for": ["prc"], "against": ["lfm"]}
    cause = next(reason for reason in found.verdict.reasons if reason.role == "cause")
    assert cause.values["weaker"] == "apart"


def test_one_low_score_against_the_others_is_no_absence_of_traces():
    found = judged(3.0, -7.0, 1.0)
    assert found.analysis.logit < -1 and found.verdict.band == "inconclusive"
    assert judged(-3.0, -7.0, -1.0).verdict.band == "no trace found"


def test_a_higher_logit_of_any_detector_never_gives_a_weaker_word():
    order = ["no trace found", "inconclusive", "some evidence of generation", "strong evidence of generation"]
    rng = np.random.default_rng(0)
    for logits in rng.uniform(-6, 6, (200, 3)):
        for at in range(3):
            more = logits.copy()
            more[at] += rng.uniform(0, 4)
            assert order.index(judged(*more).verdict.band) >= order.index(judged(*logits).verdict.band)


def test_detectors_that_agree_are_not_said_to_pull_apart():
    assert "apart" not in codes(judged(4.0, 4.0, 4.0).verdict)
    assert "apart" not in codes(judged(APART, 0.0, 0.0).verdict)


def test_of_several_models_the_one_that_joins_most_speaks_and_only_of_its_own_weights():
    two, three = model("lfm", "prc"), model("lfm", "prc", "univfd")
    assert len(judged(1.0, 2.0, models=(two, three)).parts) == 2
    assert len(judged(1.0, 2.0, 3.0, models=(two, three)).parts) == 3
    assert fitting([two, three], {**SHAS, "prc": "7" * 64}) is None
    assert judged(1.0, models=(two, three)) is None


def test_a_condition_or_a_rule_without_a_line_has_no_joined_answer():
    paper = {name: replace(each, seen=replace(each.seen, rule="paper")) for name, each in analyses(1.0, 2.0, 3.0).items()}
    judge = JointJudge((model("lfm", "prc", "univfd"),), {name: Card() for name in SHAS})
    assert judge.judge(picture(), paper) is None
    assert judge.judge(picture(format="JPEG", facts={"jpeg": {"quality": 80}}), analyses(1.0, 2.0, 3.0)) is None
