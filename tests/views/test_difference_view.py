from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.errors import NotApplicable
from forensics_ui.imaging.npr import npr
from forensics_ui.views.difference import Difference
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like


def both(noise=4, height=40, width=50):
    first = photo_like(height, width)
    second = np.clip(first + np.random.default_rng(3).normal(0, noise, first.shape), 0, 255).astype(np.uint8)
    return first, second


def test_the_numbers_are_those_of_numpy():
    first, second = both()
    numbers = look(Difference(), FakeSubject(first, (), second=second)).numbers
    a, b = npr(first).astype(float), npr(second).astype(float)
    for channel, name in enumerate(("red", "green", "blue")):
        d = a[..., channel] - b[..., channel]
        assert numbers["npr"][name]["mean_absolute_difference"] == pytest.approx(np.abs(d).mean(), abs=1e-5)
        assert numbers["npr"][name]["rms_difference"] == pytest.approx(np.sqrt((d**2).mean()), abs=1e-5)
        assert numbers["npr"][name]["correlation"] == pytest.approx(np.corrcoef(a[..., channel].ravel(), b[..., channel].ravel())[0, 1], abs=1e-5)
    error = ((first.astype(float) - second) ** 2).mean()
    assert numbers["psnr_db"] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-3)


def test_one_channel_shows_signed_differences():
    first, second = both()
    panes = {p.id: p for p in look(Difference(), FakeSubject(first, (), second=second), channel="blue").panes}
    assert np.array_equal(panes["npr_difference"].values, npr(first)[..., 2] - npr(second)[..., 2])
    assert panes["npr_difference"].scale == panes["npr_picture"].scale == panes["npr_inverted"].scale


def test_all_channels_show_their_rms():
    first, second = both()
    panes = {p.id: p for p in look(Difference(), FakeSubject(first, (), second=second)).panes}
    d = (npr(first) - npr(second)).astype(float)
    assert np.allclose(panes["npr_difference"].values, np.sqrt((d**2).mean(2)), atol=1e-4)


def test_identical_pictures_are_said_to_be_identical():
    first, _ = both()
    shown = look(Difference(), FakeSubject(first, (), second=first.copy()))
    assert shown.numbers["identical"] and shown.numbers["psnr_db"] is None
    assert any("identical" in line for line in shown.sentences)


def test_another_size_is_refused_and_said():
    with refused(NotApplicable, "50 x 42 pixels and the first 50 x 40"):
        look(Difference(), FakeSubject(photo_like(40, 50), (), second=photo_like(42, 50)))


def test_without_a_second_picture_the_inverter_is_asked():
    with refused(NotApplicable, "give a second picture"):
        look(Difference(), FakeSubject(photo_like(40, 40), ()))


def test_an_inverter_is_used_where_there_is_one():
    first, second = both()
    subject = FakeSubject(first, ())
    subject.inverted = lambda: second
    shown = look(Difference(), subject)
    assert shown.numbers["inverted_by"] == "the built-in inverter"
    assert np.array_equal(shown.panes[1].values, second)


def test_rows_that_fill_no_cell_are_said_to_be_left_out():
    first, second = both(height=41)
    shown = look(Difference(), FakeSubject(first, (), second=second))
    assert shown.panes[-1].values.shape == (40, 50)
    assert any("last 1 row" in line for line in shown.sentences)


def test_a_flat_map_has_no_correlation():
    shown = look(Difference(), FakeSubject(photo_like(20, 20), (), second=np.zeros((20, 20, 3), np.uint8)))
    assert shown.numbers["npr"]["red"]["correlation"] is None
    assert any("No correlation" in line for line in shown.sentences)


def test_it_says_that_inverted_is_not_negative():
    assert "does not mean the negative" in Difference.shows
