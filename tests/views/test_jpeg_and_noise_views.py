from __future__ import annotations

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from forensics_ui.core.errors import NotApplicable
from forensics_ui.imaging import resave
from forensics_ui.views.ela import ErrorLevels
from forensics_ui.views.ghosts import Ghosts, depths, follows_from, step_scale
from forensics_ui.views.noise import Noise
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look


def textured(height=256, width=256, seed=0):
    """Blurred noise of several sizes: enough detail in every block for a quality to matter."""
    rng = np.random.default_rng(seed)
    layers = [cv2.GaussianBlur(rng.normal(0, 1, (height, width, 3)), (0, 0), s) * s * 30 for s in (0.7, 1.5, 4)]
    return np.clip(128 + sum(layers), 0, 255).astype(np.uint8)


def saved(rgb, *qualities):
    for quality in qualities:
        rgb = resave.jpeg(rgb, quality)
    return rgb


def found_in(rgb, **options):
    return [each["quality"] for each in look(Ghosts(), FakeSubject(rgb, ()), **options).numbers["saved_at"]]


@pytest.mark.parametrize("qualities", [(80,), (93,), (60, 90), (85, 92)])
def test_ghosts_name_the_qualities_of_the_saves(qualities):
    found = found_in(saved(textured(), *qualities))
    assert sorted(found) == sorted(qualities)


def test_a_picture_never_saved_as_jpeg_shows_no_ghost():
    assert found_in(textured()) == []


def test_a_cropped_grid_is_found_at_its_shift_only():
    rgb = saved(textured(), 75)[5:, 3:]
    assert 75 not in found_in(rgb)
    assert found_in(rgb, shift_x=5, shift_y=3) == [75]


def test_the_map_shows_a_part_with_another_history():
    rgb = saved(textured(), 70).copy()
    rgb[:, 128:] = saved(textured(seed=1), 50)[:, 128:]
    best = look(Ghosts(), FakeSubject(rgb, ())).panes[1].values
    # Neighbouring qualities have almost the same tables: a single block cannot always tell them apart.
    assert np.nanmedian(best[:, :8]) == pytest.approx(70, abs=1) and np.nanmedian(best[:, 8:]) == pytest.approx(50, abs=1)


def test_dips_of_a_finer_save_that_a_coarser_one_explains_are_set_aside():
    assert step_scale(75) == 50 and step_scale(25) == 200
    dips = [(75, 0.2), (88, 0.4), (95, 0.3)]
    assert follows_from(dips[1], dips) == 75  # half the steps of 75 lie between 87 and 88
    assert follows_from(dips[0], dips) is None and follows_from((88, 0.1), dips) is None


def test_a_smooth_curve_has_no_depth():
    assert np.allclose(depths(np.linspace(10, 1, 71)), 1)


def test_error_levels_are_the_change_of_one_more_save():
    rgb = textured()
    shown = look(ErrorLevels(), FakeSubject(rgb, ()), quality=85, gain=4)
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=85, subsampling="4:2:0")
    expected = np.abs(rgb.astype(int) - np.asarray(Image.open(buffer)))
    assert np.array_equal(shown.panes[1].values, expected.max(2))
    assert shown.numbers["mean"]["blue"] == pytest.approx(expected[..., 2].mean(), abs=1e-5)
    assert shown.numbers["scale"] == [0.0, 255 / 4]


def test_the_residual_is_the_brightness_minus_its_median():
    rgb = textured(40, 50)
    pane = look(Noise(), FakeSubject(rgb, ()), size=5).panes[1]
    plane = np.asarray(Image.fromarray(rgb).convert("L"))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(plane, 2, mode="edge"), (5, 5))
    assert np.array_equal(pane.values, plane.astype(int) - np.median(windows, axis=(2, 3)).astype(int))


def test_stronger_grain_in_a_part_shows_in_its_blocks():
    rng = np.random.default_rng(0)
    rgb = np.repeat(np.clip(128 + rng.normal(0, 2, (128, 128, 1)), 0, 255), 3, 2)
    rgb[64:, 64:] = np.clip(128 + rng.normal(0, 10, (64, 64, 1)), 0, 255)
    strength = look(Noise(), FakeSubject(rgb.astype(np.uint8), ())).panes[2].values
    assert strength.shape == (8, 8) and strength[4:, 4:].min() > 2 * strength[:4, :4].max()


def test_the_known_strength_of_noise_is_measured():
    rng = np.random.default_rng(0)
    rgb = np.repeat(np.clip(128 + rng.normal(0, 8, (256, 256, 1)), 0, 255).astype(np.uint8), 3, 2)
    numbers = look(Noise(), FakeSubject(rgb, ()), method="mean", size=7).numbers
    assert numbers["sd_from_median"] == pytest.approx(8, rel=0.1)


def test_what_is_smaller_than_a_window_or_block_is_told():
    with refused(NotApplicable, "smaller than the window"):
        look(Noise(), FakeSubject(textured(2, 40), ()))
    with refused(NotApplicable, "the least that can be compared"):
        look(Ghosts(), FakeSubject(textured(40, 12), ()))


def test_saves_keep_the_size_and_the_planes():
    rgb = textured(33, 47)
    for made in (resave.jpeg(rgb, 80), resave.webp(rgb, 80), resave.palette(rgb)):
        assert made.shape == rgb.shape and made.dtype == np.uint8
    assert resave.jpeg(resave.luma(rgb), 80).shape == (33, 47)
    assert len(np.unique(resave.palette(rgb).reshape(-1, 3), axis=0)) <= 256
    assert resave.resized(rgb, 0.5).shape == (16, 24, 3)
    assert np.array_equal(resave.shifted(rgb, 1, 2), rgb[2:, 1:])
