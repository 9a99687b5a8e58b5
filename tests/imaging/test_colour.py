from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from forensics_ui.imaging.colour import NAMES, NO_VALUE, colourise, jpeg, palette_spec, png, preview, table

SIGNED = [name for name in NAMES if name.startswith("signed")]


def lightness(colours: np.ndarray) -> np.ndarray:
    """CIE L* of sRGB, written apart from the package's own colour arithmetic."""
    c = colours / 255
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)


@pytest.mark.parametrize("name", SIGNED)
def test_zero_is_neutral_and_the_two_signs_are_told_apart(name):
    red, _, blue = colourise(np.array([[-8, 0, 8]], np.int16), -8, 8, name)[0].astype(int).T
    assert np.ptp(colourise(np.array([[0]], np.int16), -8, 8, name)) == 0
    assert blue[0] - red[0] > 60 and red[2] - blue[2] > 60


@pytest.mark.parametrize("name", SIGNED)
def test_both_signs_gain_contrast_evenly_and_alike(name):
    light = lightness(table(name)[1:].astype(float))
    below, above = light[127::-1], light[127:]
    for arm in (below, above):
        steps = np.diff(arm) * np.sign(arm[-1] - arm[0])
        # Four entries together: single ones are rounded to 8 bits.
        assert np.all(np.add.reduceat(steps, np.arange(0, 124, 4)) > 0)
    assert np.abs(below - above[: len(below)]).max() < 6, "neither sign looks stronger than the other"


@pytest.mark.parametrize("name", ["grey", "inferno", "viridis"])
def test_more_is_never_darker(name):
    assert np.all(np.diff(lightness(table(name)[1:].astype(float))) > -0.6)


@pytest.mark.parametrize("name", NAMES)
def test_entry_zero_is_kept_for_no_value(name):
    assert table(name).shape == (256, 3) and tuple(table(name)[0]) == NO_VALUE
    assert tuple(colourise(np.array([[np.nan]], np.float32), 0, 1, name)[0, 0]) == NO_VALUE


def test_an_unknown_palette_is_answered_with_the_known_ones():
    with pytest.raises(KeyError, match="signed-dark"):
        table("rainbow")


def test_the_scale_is_the_one_given_and_what_lies_outside_gets_the_end():
    shown = colourise(np.array([[-300, -16, 16, 300]], np.int16), -16, 16, "signed")[0]
    assert np.array_equal(shown[0], shown[1]) and np.array_equal(shown[2], shown[3])
    assert np.array_equal(shown[1], table("signed")[1]) and np.array_equal(shown[2], table("signed")[255])
    half = colourise(np.array([[8]], np.int16), -16, 16, "signed")[0, 0]
    assert not np.array_equal(half, shown[2]), "a map with small numbers stays pale: nothing is stretched to fill the scale"


def test_integers_and_fractions_of_the_same_value_have_the_same_colour():
    plane = np.arange(-255, 256, dtype=np.int16)[None]
    assert np.array_equal(colourise(plane, -40, 40, "turbo"), colourise(plane.astype(np.float32), -40, 40, "turbo"))
    grey = np.arange(256, dtype=np.uint8)[None]
    assert np.array_equal(colourise(grey, 0, 100, "viridis"), colourise(grey.astype(np.int16), 0, 100, "viridis"))


def test_a_scale_without_extent_is_refused():
    with pytest.raises(ValueError, match="above its low end"):
        colourise(np.zeros((1, 1), np.uint8), 3, 3, "grey")


def test_the_viewer_gets_table_and_numbers():
    spec = palette_spec("signed", -16, 16, "levels", clips=True)
    assert len(spec["table"]) == 768 and spec["table"][3 * 128 : 3 * 128 + 3] == table("signed")[128].tolist()
    assert (spec["low"], spec["high"], spec["unit"], spec["clips"]) == (-16, 16, "levels", True)


@pytest.mark.parametrize(("shape", "dtype"), [((5, 7, 3), np.uint8), ((5, 7), np.uint8), ((5, 7), np.uint16)])
def test_png_loses_nothing(shape, dtype):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, shape).astype(dtype)
    for level in (1, 6):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(pixels, level)))), pixels)


def test_a_preview_is_a_small_jpeg_in_the_right_colours():
    pixels = np.full((300, 900, 3), (200, 40, 10), np.uint8)
    shown = Image.open(io.BytesIO(preview(pixels, 300)))
    assert shown.format == "JPEG" and shown.size == (300, 100)
    assert np.abs(np.asarray(shown, int) - (200, 40, 10)).max() <= 4
    assert Image.open(io.BytesIO(preview(pixels, 2000))).size == (900, 300), "nothing is enlarged"
    assert Image.open(io.BytesIO(jpeg(pixels))).size == (900, 300)


@pytest.mark.parametrize("size", [(2001, 1001), (1999, 640), (1, 3000)])
def test_a_preview_that_is_halved_on_the_way_still_averages_what_it_shows(size):
    across, down = np.meshgrid(np.linspace(0, 255, size[0]), np.linspace(0, 255, size[1]))
    shown = np.asarray(Image.open(io.BytesIO(preview(np.stack([across, down, across], 2).astype(np.uint8), 300, 100)))).astype(int)
    scale = 300 / max(size)
    assert shown.shape[:2] == tuple(max(1, round(length * scale)) for length in size[::-1])
    expected = np.linspace(0, 255, shown.shape[1]), np.linspace(0, 255, shown.shape[0])
    assert np.abs(shown[..., 0].mean(axis=0) - expected[0]).max() < (6 if size[0] > 1 else 256)
    assert np.abs(shown[..., 1].mean(axis=1) - expected[1]).max() < 6
