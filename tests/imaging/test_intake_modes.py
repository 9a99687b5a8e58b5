from __future__ import annotations

import struct

import numpy as np
import pytest
from intake_samples import encode, photograph
from PIL import Image

from forensics_ui.core.errors import UnsupportedFormat
from tests.refusals import refused

GREY = np.arange(256, dtype=np.uint8).reshape(16, 16)


def test_rgb_needs_no_words(intake):
    assert intake.open(encode(photograph(), "PNG")).facts["conversion"] == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP"])
def test_grey_is_copied_to_three_channels(intake, kind):
    picture = intake.open(encode(Image.fromarray(GREY), kind, **({"quality": 100} if kind == "JPEG" else {})))
    assert np.array_equal(picture.rgb[..., 0], picture.rgb[..., 2])
    assert np.abs(picture.rgb[..., 0].astype(int) - GREY).max() <= (2 if kind == "JPEG" else 0)
    assert "Grey" in picture.facts["conversion"][0] and picture.facts["mode"] == "L"


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP"])
def test_one_bit_becomes_0_and_255(intake, kind):
    bits = Image.fromarray(GREY > 99)
    picture = intake.open(encode(bits, kind))
    assert np.array_equal(picture.rgb[..., 1], np.where(GREY > 99, 255, 0))
    assert picture.facts["conversion"]


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_of_16_bits_the_high_byte_is_kept(intake, kind):
    values = np.arange(0, 65536, 61, dtype=np.uint16)[:1024].reshape(32, 32)
    picture = intake.open(encode(Image.fromarray(values), kind))
    assert np.array_equal(picture.rgb[..., 0], values >> 8)
    assert picture.facts["bits"] == 16 and "high byte" in picture.facts["conversion"][0]


def test_16_bit_big_endian_tiff_is_read_as_such(intake):
    values = np.arange(0, 65536, 61, dtype=np.uint16)[:1024].reshape(32, 32)
    header = struct.pack(">2sHI", b"MM", 42, 8)
    entries = [
        (256, 3, 1, 32 << 16),
        (257, 3, 1, 32 << 16),
        (258, 3, 1, 16 << 16),
        (259, 3, 1, 1 << 16),
        (262, 3, 1, 1 << 16),
        (273, 4, 1, 200),
        (278, 3, 1, 32 << 16),
        (279, 4, 1, 2048),
    ]
    directory = struct.pack(">H", len(entries)) + b"".join(struct.pack(">HHII", *entry) for entry in entries) + bytes(4)
    data = (header + directory).ljust(200, b"\0") + values.astype(">u2").tobytes()
    assert np.array_equal(intake.open(data).rgb[..., 2], values >> 8)


def test_16_bit_colour_png_is_said_to_be_reduced(intake):
    import cv2

    values = np.random.default_rng(0).integers(0, 65536, (9, 7, 3), dtype=np.uint16)
    picture = intake.open(cv2.imencode(".png", values)[1].tobytes())
    assert np.array_equal(picture.rgb, (values >> 8)[..., ::-1])
    assert "16 bits per channel" in picture.facts["conversion"][0]


def test_palette_gives_the_palette_colours(intake):
    image = photograph().quantize(16)
    picture = intake.open(encode(image, "PNG"))
    assert np.array_equal(picture.rgb, np.asarray(image.convert("RGB")))
    assert "Palette" in picture.facts["conversion"][0]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted_by_the_plain_formula_and_said(intake, kind):
    picture = intake.open(encode(Image.new("CMYK", (16, 16), (255, 0, 0, 51)), kind))
    assert np.abs(picture.rgb[8, 8].astype(int) - (0, 204, 204)).max() <= 3
    assert "CMYK" in picture.facts["conversion"][0]
    assert ("Adobe" in picture.facts["conversion"][0]) == (kind == "JPEG")


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_dropped_and_hidden_colours_stay(intake, kind):
    pixels = np.dstack([np.asarray(photograph(16, 16)), GREY])
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    picture = intake.open(encode(Image.fromarray(pixels), kind, **options))
    assert np.array_equal(picture.rgb, pixels[..., :3])
    assert picture.facts["alpha"] == {"min": 0, "max": 255, "constant": False}
    assert "between 0 and 255" in picture.facts["conversion"][0]


def test_constant_alpha_is_said_to_be_constant(intake):
    picture = intake.open(encode(photograph().convert("RGBA"), "PNG"))
    assert picture.facts["alpha"]["constant"] and "the same everywhere (255)" in picture.facts["conversion"][0]


def test_grey_with_alpha_keeps_its_grey(intake):
    picture = intake.open(encode(Image.merge("LA", [Image.fromarray(GREY), Image.fromarray(GREY[::-1])]), "PNG"))
    assert np.array_equal(picture.rgb[..., 1], GREY) and picture.facts["mode"] == "LA"


def test_a_declared_transparent_colour_is_ignored_and_said(intake):
    picture = intake.open(encode(photograph().quantize(8), "PNG", transparency=3))
    assert picture.facts["alpha"]["constant"] is None
    assert any("declared transparent" in each for each in picture.facts["conversion"])


FLOATS = [
    ([[0.0, 0.5], [1.0, 0.25]], [[0, 128], [255, 64]], "multiplied by 255"),
    ([[-10.0, 0.0], [10.0, 5.0]], [[0, 128], [255, 191]], "stretched linearly"),
    ([[np.nan, 0.0], [1.0, np.inf]], [[0, 0], [255, 0]], "2 values are not finite"),
    ([[np.nan, np.nan], [np.nan, np.nan]], [[0, 0], [0, 0]], "4 values are not finite"),
    ([[7.0, 7.0], [7.0, 7.0]], [[0, 0], [0, 0]], "stretched linearly"),
]


@pytest.mark.parametrize(("values", "expected", "words"), FLOATS)
def test_floating_point_tiff_becomes_8_bit_in_a_stated_way(intake, values, expected, words):
    picture = intake.open(encode(Image.fromarray(np.array(values, np.float32)), "TIFF"))
    assert np.abs(picture.rgb[..., 0].astype(int) - expected).max() <= 1
    assert words in " ".join(picture.facts["conversion"])


@pytest.mark.parametrize(("top", "expected"), [(255, 255), (65535, 255), (1_000_000, 255)])
def test_32_bit_integers_are_scaled_in_a_stated_way(intake, top, expected):
    picture = intake.open(encode(Image.fromarray(np.array([[0, top]], np.int32)), "TIFF"))
    assert picture.rgb[0, :, 0].tolist() == [0, expected]
    assert "32-bit integers" in picture.facts["conversion"][0]


def test_a_colour_space_without_honest_conversion_is_refused(intake):
    with refused(UnsupportedFormat, "LAB"):
        intake.open(encode(Image.new("LAB", (4, 4)), "TIFF"))
