"""What the measured facts of a file say about the condition that its pixels are in."""

from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.types import Picture
from forensics_ui.verdict.conditions import condition_of


def picture(format: str = "PNG", **facts) -> Picture:
    return Picture("a", "0" * 64, 1, format, np.zeros((300, 400, 3), np.uint8), facts)


def exif(width, height) -> dict:
    return {"exif": {"ExifImageWidth": width, "ExifImageHeight": height}}


@pytest.mark.parametrize(
    ("format", "quality", "key"),
    [("PNG", None, "as_they_come"), ("TIFF", None, "as_they_come"), ("JPEG", 96, "jpeg96"), ("JPEG", 90, "jpeg96"), ("JPEG", 89, "jpeg80")],
)
def test_format_and_quality_name_a_measured_condition(format, quality, key):
    found = condition_of(picture(format, **({"jpeg": {"quality": quality}} if quality else {})))
    assert (found.key, found.unmeasured) == (key, "")
    assert found.quality == quality and found.lossless is (quality is None)


@pytest.mark.parametrize("format", ["WEBP", "AVIF", "HEIF"])
def test_loss_that_was_never_measured_is_said_to_be_only_close_to_jpeg(format):
    found = condition_of(picture(format))
    assert found.key == "jpeg80" and found.unmeasured == "format" and not found.lossless


def test_a_webp_that_says_how_it_was_saved_is_judged_by_that():
    found = condition_of(picture("WEBP", lossless=True))
    assert (found.key, found.unmeasured, found.lossless) == ("as_they_come", "", True)
    assert condition_of(picture("WEBP", lossless=False)).unmeasured == "format"


def test_a_jpeg_whose_quality_cannot_be_told_is_not_said_to_be_another_format():
    assert condition_of(picture("JPEG")).unmeasured == "quality_unknown"


def test_a_lossless_picture_half_as_large_as_its_exif_says_was_scaled_down():
    found = condition_of(picture(**exif(800, 600)))
    assert found.key == "halved" and not found.unmeasured and found.shrunk == 2.0
    assert condition_of(picture(**exif(600, 800))).key == "halved"  # turned since


def test_only_factors_near_the_measured_one_count_as_measured():
    assert condition_of(picture(**exif(4000, 3000))).unmeasured == "scaled_otherwise"


def test_scaling_and_jpeg_together_were_not_measured():
    found = condition_of(picture("JPEG", jpeg={"quality": 82}, **exif(800, 600)))
    assert found.key == "jpeg80" and found.unmeasured == "scaled_and_saved" and (found.quality, found.shrunk) == (82, 2.0)


@pytest.mark.parametrize("claim", [exif(400, 300), exif(800, 300), exif("x", 3), exif(None, None), exif(1, 1), {"exif": {}}, {}])
def test_exif_that_says_the_same_size_a_cut_or_nonsense_says_nothing_about_scaling(claim):
    assert condition_of(picture(**claim)).key == "as_they_come"
