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
    assert quality is None or f"about {quality}" in found.here


@pytest.mark.parametrize(("format", "name"), [("WEBP", "WebP"), ("AVIF", "AVIF"), ("HEIF", "HEIC")])
def test_loss_that_was_never_measured_is_said_to_be_only_close_to_jpeg(format, name):
    found = condition_of(picture(format))
    assert found.key == "jpeg80" and found.unmeasured == f"no limit was measured for {name}" and found.here == f"saved as {name}, as a rule with loss"


def test_a_webp_that_says_how_it_was_saved_is_judged_by_that():
    found = condition_of(picture("WEBP", lossless=True))
    assert (found.key, found.unmeasured, found.here) == ("as_they_come", "", "WebP, saved without loss")
    assert condition_of(picture("WEBP", lossless=False)).unmeasured == "no limit was measured for WebP"


def test_a_jpeg_whose_quality_cannot_be_told_is_not_said_to_be_another_format():
    assert condition_of(picture("JPEG")).unmeasured == "the quality of this JPEG is not known"


def test_a_lossless_picture_half_as_large_as_its_exif_says_was_scaled_down():
    found = condition_of(picture(**exif(800, 600)))
    assert found.key == "halved" and not found.unmeasured and "1/2.0" in found.here
    assert condition_of(picture(**exif(600, 800))).key == "halved"  # turned since


def test_only_factors_near_the_measured_one_count_as_measured():
    assert "only halving" in condition_of(picture(**exif(4000, 3000))).unmeasured


def test_scaling_and_jpeg_together_were_not_measured():
    found = condition_of(picture("JPEG", jpeg={"quality": 82}, **exif(800, 600)))
    assert found.key == "jpeg80" and "not measured together" in found.unmeasured and "about 82" in found.here


@pytest.mark.parametrize("claim", [exif(400, 300), exif(800, 300), exif("x", 3), exif(None, None), exif(1, 1), {"exif": {}}, {}])
def test_exif_that_says_the_same_size_a_cut_or_nonsense_says_nothing_about_scaling(claim):
    assert condition_of(picture(**claim)).key == "as_they_come"
