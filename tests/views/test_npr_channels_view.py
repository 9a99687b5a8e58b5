from __future__ import annotations

import time

import numpy as np
import pytest

from forensics_ui.core.errors import Cancelled, NotApplicable
from forensics_ui.imaging.npr import npr
from forensics_ui.views.npr_channels import NprChannels
from forensics_ui.views.npr_levels import measure
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like

REFERENCES = [(2, 1), (2, 3), (3, 5), (4, "maximum"), (2, "average"), (5, "average")]


def options_for(cell, reference):
    return {"l": cell, "reference": "pixel", "j": reference} if isinstance(reference, int) else {"l": cell, "reference": reference}


@pytest.mark.parametrize(("cell", "reference"), REFERENCES)
def test_the_panes_are_the_npr_of_each_channel(cell, reference):
    rgb = photo_like(61, 47)
    shown = look(NprChannels(), FakeSubject(rgb, ()), **options_for(cell, reference))
    expected = npr(rgb, cell, reference)
    for channel, pane in enumerate(shown.panes[1:]):
        assert np.array_equal(pane.values, expected[..., channel])


def test_absolute_panes_have_no_sign_and_share_one_scale():
    rgb = photo_like(32, 32)
    shown = look(NprChannels(), FakeSubject(rgb, ()), sign="absolute", gain=4)
    assert np.array_equal(shown.panes[2].values, np.abs(npr(rgb)[..., 1]))
    assert {(p.scale.low, p.scale.high) for p in shown.panes[1:]} == {(0.0, 255 / 4)}
    assert shown.numbers["scale"] == [0.0, 255 / 4]


@pytest.mark.parametrize(("cell", "reference"), REFERENCES)
def test_the_figures_are_those_of_the_whole_map(cell, reference):
    rgb = photo_like(90, 101)
    values = npr(rgb, cell, reference).astype(np.float64)
    figures, _ = measure(rgb, cell, reference)
    for channel, found in enumerate(figures):
        plane = values[..., channel]
        assert found["zero_share"] == pytest.approx((plane == 0).mean(), abs=1e-6)
        assert found["mean_absolute"] == pytest.approx(np.abs(plane).mean(), abs=1e-5)
        assert found["rms"] == pytest.approx(np.sqrt((plane**2).mean()), abs=1e-5)


@pytest.mark.parametrize("reference", ["maximum", "average"])
def test_figures_that_nobody_wants_any_more_are_not_counted_to_the_end(reference):
    subject = FakeSubject(photo_like(1200, 900), ())
    subject.cancel_after = 2
    with pytest.raises(Cancelled):
        look(NprChannels(), subject, reference=reference)
    assert subject.steps == [(0, 0)] * 3, "there is no progress to be told"


def test_zeros_by_construction_are_told_apart():
    rgb = photo_like(64, 64)
    figures, _ = measure(rgb, 2, 1)
    others = np.concatenate([npr(rgb)[::2, 1::2, 0].ravel(), npr(rgb)[1::2, :, 0].ravel()])
    assert figures[0]["zero_share_of_others"] == pytest.approx((others == 0).mean(), abs=1e-6)
    assert figures[0]["zero_share"] == pytest.approx(0.25 + 0.75 * figures[0]["zero_share_of_others"], abs=1e-5)


def test_a_flat_picture_is_zero_everywhere():
    shown = look(NprChannels(), FakeSubject(np.full((20, 20, 3), 77, np.uint8), ()))
    assert shown.numbers["channels"]["red"] == {"zero_share": 1.0, "zero_share_of_others": 1.0, "mean_absolute": 0.0, "rms": 0.0}


def test_the_histogram_counts_every_pixel():
    shown = look(NprChannels(), FakeSubject(photo_like(40, 40), ()))
    assert sum(shown.curves[0].lines["green"]) == 1600


def test_odd_sizes_are_trimmed_and_said():
    shown = look(NprChannels(), FakeSubject(photo_like(21, 33), ()))
    assert shown.panes[1].values.shape == (20, 32)
    assert any("last 1 column and 1 row" in line for line in shown.sentences)


def test_a_picture_one_pixel_wide_has_no_cell():
    with refused(NotApplicable, "too small for a single 2 x 2 cell"):
        look(NprChannels(), FakeSubject(photo_like(50, 1), ()))


def test_a_reference_outside_the_cell_is_refused():
    with pytest.raises(ValueError, match="whose pixels are 1 to 4"):
        NprChannels.parse({"l": 2, "j": 5})
    assert NprChannels.parse({"l": 3, "j": "9"})["j"] == 9


def test_twelve_megapixels_cost_little_more_than_a_look_at_the_pixels():
    rgb = np.random.default_rng(0).integers(0, 256, (3000, 4000, 3), np.uint8)
    subject = FakeSubject(rgb, ())
    start = time.perf_counter()
    sum(int(np.abs(npr(rgb[top : top + 100])).sum()) for top in range(0, 3000, 100))
    plain = time.perf_counter() - start
    start = time.perf_counter()
    look(NprChannels(), subject)
    assert time.perf_counter() - start < 4 * plain  # a ratio: the machine that runs this may be busy
