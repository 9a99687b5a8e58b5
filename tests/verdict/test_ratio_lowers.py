"""A score that few real pictures reach is evidence only where generated pictures reach it more often."""

from __future__ import annotations

import pytest

from forensics_ui.core.reasons import Reason
from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG
from forensics_ui.verdict.bands import LEAST_SOME, LEAST_STRONG, _supported
from forensics_ui.verdict.conditions import Condition

SAVED = Condition("jpeg96", "JPEG", quality=96)
WHY = Reason("above_limit", "cause", {"alarms": 0.01, "n_real": 500})


@pytest.mark.parametrize(
    ("band", "ratio", "expected"),
    [
        (STRONG, LEAST_STRONG, STRONG),
        (STRONG, LEAST_STRONG - 0.1, SOME),
        (STRONG, 1.7, INCONCLUSIVE),
        (SOME, LEAST_SOME, SOME),
        (SOME, LEAST_SOME - 0.1, INCONCLUSIVE),
        (SOME, 50.0, SOME),
        (NO_TRACE, 0.1, NO_TRACE),
        (INCONCLUSIVE, 50.0, INCONCLUSIVE),
        (STRONG, None, STRONG),
    ],
)
def test_the_likelihood_ratio_lowers_a_band_and_never_raises_it(band: str, ratio: float | None, expected: str):
    assert _supported(band, WHY, ratio, SAVED)[0] == expected


def test_the_reason_names_the_condition_and_the_ratio():
    lowered, weaker = (_supported(STRONG, WHY, ratio, SAVED)[1] for ratio in (1.69, 5.0))
    assert (lowered.code, lowered.values["condition"]["quality"], lowered.values["ratio"]) == ("ratio_too_small", 96, 1.69)
    assert weaker.code == WHY.code and weaker.values == {**WHY.values, "weaker": "ratio", "ratio": 5.0}
