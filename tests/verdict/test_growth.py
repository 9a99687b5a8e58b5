from __future__ import annotations

import pytest

from forensics_ui.train.figures import Scored
from forensics_ui.train.sizes import FEWEST, growth, without_growth
from forensics_ui.verdict.growth import offset_at, side_of

ROWS = [{"side": 256, "offset": 0.0}, {"side": 512, "offset": 1.0}, {"side": 1024, "offset": 4.0}]


@pytest.mark.parametrize(("side", "offset"), [(100, 0.0), (256, 0.0), (512, 1.0), (724.1, 2.5), (1024, 4.0), (5000, 4.0)])
def test_between_two_measured_sides_the_growth_goes_by_the_logarithm(side: float, offset: float):
    assert offset_at(ROWS, side) == pytest.approx(offset, abs=1e-3)


def test_without_a_measurement_nothing_is_taken_off():
    assert offset_at((), 4000) == 0.0 and side_of((400, 100)) == 200


def scores(counts: dict[int, int], grown: dict[int, float]) -> dict:
    return {side: {c: {i: i / 100 + grown[side] for i in range(n)} for c in ("as_they_come", "jpeg80")} for side, n in counts.items()}


def test_growth_compares_the_same_photographs_and_stops_where_they_are_too_few():
    # The large ones are the first 50 of 100, which score low: taken against all at 256, they would seem to shrink.
    made = growth(scores({256: 100, 512: 50, 1024: FEWEST - 1}, {256: 0.0, 512: 0.75, 1024: 9.0}))
    assert [row["side"] for row in made] == [256, 512] and made[1]["offset"] == pytest.approx(0.75) and made[1]["n_real"] == 50


def test_growth_never_falls():
    made = growth(scores({256: 60, 384: 60, 512: 60}, {256: 0.0, 384: 0.5, 512: 0.3}))
    assert [row["offset"] for row in made] == pytest.approx([0.0, 0.5, 0.5])


def test_taking_growth_off_changes_native_scores_only_and_halved_pictures_are_half_as_large():
    scored = Scored(0, "camera", 1024, {c: {"native": 5.0, "crop": 1.0} for c in ("as_they_come", "halved")})
    logits = without_growth([scored], ROWS)[0].logits
    assert logits == {"as_they_come": {"native": 1.0, "crop": 1.0}, "halved": {"native": 4.0, "crop": 1.0}}
