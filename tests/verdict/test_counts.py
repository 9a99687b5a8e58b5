"""Intervals and limits from counts, against what is known of them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from forensics_ui.verdict.counts import at_most, fewest, interval, tolerance_limit


def test_the_binomial_is_that_of_the_book():
    assert at_most(2, 10, 0.3) == pytest.approx(sum(math.comb(10, i) * 0.3**i * 0.7 ** (10 - i) for i in range(3)))
    assert at_most(10, 10, 0.3) == 1 and at_most(0, 5, 1.0) == 0


@pytest.mark.parametrize(("k", "n", "low", "high"), [(0, 20, 0, 0.1684), (1, 10, 0.0025, 0.4450), (10, 10, 0.6915, 1), (5, 100, 0.0164, 0.1128)])
def test_the_interval_is_clopper_and_pearsons(k, n, low, high):
    assert interval(k, n) == pytest.approx((low, high), abs=1e-4)


def test_a_limit_at_five_percent_needs_59_photographs():
    assert fewest() == 59 and 0.95**59 < 0.05 < 0.95**58
    assert tolerance_limit(range(58)) is None
    assert tolerance_limit(range(59)) == pytest.approx(58, abs=1e-3)


def test_a_score_at_the_limit_is_above_every_photograph_that_it_passes():
    assert tolerance_limit([1.25] * 100) > 1.25


@pytest.mark.parametrize("n", [59, 93, 200, 400])
def test_the_promise_holds_in_19_of_20_draws(n):
    """With uniform scores the share above the limit is known, so that the promise can be counted."""
    rng = np.random.default_rng(n)
    kept = np.mean([1 - tolerance_limit(rng.random(n)) <= 0.05 for _ in range(1000)])
    assert 0.93 < kept <= 1


def test_more_photographs_allow_a_lower_limit():
    scores = np.random.default_rng(0).random(2000)
    assert tolerance_limit(scores) < 0.97 and tolerance_limit(scores[:59]) > 0.97
