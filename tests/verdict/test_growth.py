from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.train.figures import Scored
from forensics_ui.train.sizes import FEWEST, centre, growth, without_growth
from forensics_ui.verdict.growth import levelled, offset_at, side_of
from forensics_ui.weightstore.card import Growth

GIVEN = [{"side": 256, "offset": 0.0}, {"side": 512, "offset": 1.0}, {"side": 1024, "offset": 4.0}]
ROWS = [Growth(**row) for row in GIVEN]


@pytest.mark.parametrize(("side", "offset"), [(100, 0.0), (256, 0.0), (512, 1.0), (724.1, 2.5), (1024, 4.0), (5000, 4.0)])
def test_between_two_measured_sides_the_growth_goes_by_the_logarithm(side: float, offset: float):
    assert offset_at(ROWS, side) == pytest.approx(offset, abs=1e-3)


def test_without_a_measurement_nothing_is_taken_off():
    assert offset_at((), 4000) == 0.0 and side_of((400, 100)) == 200


def rows(**offsets: float) -> list[Growth]:
    return [Growth(int(side.removeprefix("px")), offset) for side, offset in offsets.items()]


def test_growth_has_ended_where_the_last_doubling_of_the_side_added_next_to_nothing():
    assert levelled(rows(px256=0.0, px512=0.6, px768=0.8, px1536=0.85))
    assert not levelled(rows(px256=0.0, px512=0.0, px768=0.0, px1536=0.15)), "that they began to grow late is growth"
    assert not levelled(rows(px256=0.0, px384=0.05)) and not levelled([]), "too small a range to tell"


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
    logits = without_growth([scored], GIVEN)[0].logits
    assert logits == {"as_they_come": {"native": 1.0, "crop": 1.0}, "halved": {"native": 4.0, "crop": 1.0}}


@pytest.mark.parametrize("shape", [(600, 900), (901, 601), (300, 2000)])
def test_a_centre_has_the_pictures_shape_the_pixels_of_a_square_and_keeps_the_grid(shape: tuple[int, int]):
    places = np.stack(np.meshgrid(np.arange(shape[0]), np.arange(shape[1]), indexing="ij"), axis=2)
    block = centre(places, 256)
    height, width = block.shape[:2]
    assert 256**2 - 2 * (height + width) <= height * width <= 256**2 and width / height == pytest.approx(shape[1] / shape[0], rel=0.03)
    assert tuple(block[0, 0] % 8) == (0, 0) and abs(2 * block[0, 0, 0] + height - shape[0]) <= 16, "it lies in the middle"
