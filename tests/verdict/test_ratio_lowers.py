"""A score that few real pictures reach is evidence only where generated pictures reach it more often."""

from __future__ import annotations

import pytest

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, SOME, STRONG
from forensics_ui.verdict.bands import LEAST_SOME, LEAST_STRONG, _supported
from forensics_ui.verdict.conditions import Condition

SAVED = Condition("jpeg96", "pictures saved as JPEG", "saved as JPEG at about 96")


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
    assert _supported(band, "why", ratio, SAVED)[0] == expected


def test_the_reason_names_the_condition_and_the_ratio():
    assert _supported(STRONG, "why", 1.69, SAVED)[1].endswith("saved as JPEG at about 96, hardly more generated ones do (likelihood ratio 1.7)")
    assert _supported(STRONG, "why", 5.0, SAVED)[1].startswith("why; ")
