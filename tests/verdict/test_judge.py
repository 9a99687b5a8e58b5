"""A judge is a value: a card and a set of own photographs, nothing else decides."""

from __future__ import annotations

import pickle
from dataclasses import replace

from helpers_verdict import judge_of
from test_bands import CARD, analysis, picture
from test_own_reals import own_set

from forensics_ui.verdict import own_reals
from forensics_ui.verdict.conditions import condition_of
from forensics_ui.verdict.steadiness import Shift, Study


def test_equal_judges_are_one_and_give_equal_verdicts(tmp_path):
    own = own_reals.save(own_set(), tmp_path)
    one, same = (judge_of(CARD, own_reals.load("newsroom", tmp_path)) for _ in range(2))
    assert one == same and len({one, same, pickle.loads(pickle.dumps(one))}) == 1
    assert one != judge_of(CARD) and one != judge_of({**CARD, "preliminary": True}, own)
    assert one.judge(picture(), analysis(3)) == same.judge(picture(), analysis(3))


def test_a_card_says_nothing_of_other_weights_than_those_it_names():
    other = replace(analysis(99), weights_sha256="9" * 64)
    found = judge_of(CARD).judge(picture(), other)
    assert found.band == "inconclusive" and found.probability is None


def test_limits_need_no_analysis(tmp_path):
    own = own_reals.save(own_set(n=100), tmp_path)
    condition = condition_of(picture())
    assert judge_of(CARD).limits("native", condition).some == 2.0
    assert judge_of(CARD, own).limits("native", condition).some > 4
    assert judge_of(CARD).limits("paper", condition) is None


def test_a_stability_study_is_heard_by_the_judge_and_lowers():
    study = Study("crop", {"lfm": 9.0}, {"lfm": 2.0}, (Shift(1, 0, {"lfm": 1.0}),))
    judge = judge_of(CARD)
    found, alone = judge.judge(picture(), analysis(9), (study,)), judge.judge(picture(), analysis(9))
    assert (found.band, found.alone) == ("inconclusive", alone.band) and alone.alone is None
    assert found.reasons[1:] == alone.reasons and found.ratio == alone.ratio
