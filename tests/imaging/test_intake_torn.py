from __future__ import annotations

import numpy as np
import pytest
from intake_samples import FORMATS, decoded, encode, photograph, sample
from PIL import Image, ImageFile

from forensics_ui.core.errors import BadImage, TruncatedImage
from forensics_ui.words import sentence_of
from tests.refusals import refused

CUTS = (0.02, 0.2, 0.5, 0.8, 0.95)
ROWWISE = ("JPEG", "PNG", "BMP", "GIF", "TIFF")


def torn(kind: str, share: float, width: int = 96, height: int = 160) -> tuple[bytes, bytes]:
    whole = sample(kind, width, height)
    return whole, whole[: max(20, int(len(whole) * share))]


@pytest.mark.parametrize("share", CUTS)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_torn_file_is_refused_by_default(intake, kind, share):
    _, part = torn(kind, share)
    with pytest.raises(BadImage) as refusal:
        intake.open(part)
    assert sentence_of(refusal.value).endswith((".", ")"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "GIF", "WEBP", "HEIF"])
def test_a_torn_file_is_called_truncated(intake, kind):
    with refused(TruncatedImage, "ends before"):
        intake.open(torn(kind, 0.6)[1])


@pytest.mark.parametrize("kind", ROWWISE)
def test_partial_gives_the_rows_that_are_there_and_counts_them(intake, kind):
    whole, part = torn(kind, 0.5)
    picture = intake.open(part, partial=True)
    rows = round(picture.complete * picture.height)
    assert 0.25 < picture.complete < 0.55
    # GIF rows come interlaced and BMP rows from below: the count is what matters.
    assert (picture.rgb == decoded(whole)).all(axis=(1, 2)).sum() == rows
    assert picture.rgb.shape == (160, 96, 3) and f"{rows} of 160 rows" in picture.facts["conversion"][-1]


@pytest.mark.parametrize("kind", ROWWISE)
def test_more_of_the_file_is_never_fewer_rows(intake, kind):
    shares = [intake.open(torn(kind, cut)[1], partial=True).complete for cut in (0.4, 0.6, 0.8, 0.9)]
    assert shares == sorted(shares) and shares[0] < shares[-1] < 1


@pytest.mark.parametrize("value", [0, 1, 255])
@pytest.mark.parametrize("kind", ["PNG", "BMP"])
def test_rows_are_counted_whatever_their_colour(intake, kind, value):
    noise = np.random.default_rng(1).integers(0, 256, (100, 40, 3), dtype=np.uint8)
    noise[:40] = value
    whole = encode(Image.fromarray(noise), kind)
    # BMP stores the bottom row first: the uniform rows come last there.
    share = intake.open(whole[: len(whole) * 3 // 4], partial=True).complete
    assert 0.7 < share < 0.9 if kind == "PNG" else 0.7 < share < 0.8


def test_a_whole_file_opened_as_partial_is_complete(intake):
    for kind in FORMATS:
        assert intake.open(sample(kind), partial=True).complete == 1.0


def test_a_torn_progressive_jpeg_is_shown_but_no_row_is_called_complete(intake):
    whole = encode(photograph(160, 160), "JPEG", progressive=True, quality=90)
    picture = intake.open(whole[: len(whole) // 2], partial=True)
    assert picture.complete == 0.0 and "progressive" in picture.facts["conversion"][-1]
    assert np.abs(picture.rgb.astype(int) - decoded(whole)).mean() < 30


def test_a_torn_file_without_one_row_has_no_part_to_show(intake):
    for kind in ("JPEG", "PNG", "GIF"):
        with pytest.raises(BadImage):
            intake.open(torn(kind, 0.005)[1], partial=True)


@pytest.mark.parametrize("kind", ["WEBP", "AVIF", "HEIF"])
def test_formats_without_whole_rows_say_so(intake, kind):
    with refused(BadImage, r"no whole rows|cannot be read"):
        intake.open(torn(kind, 0.6)[1], partial=True)


def test_a_partial_picture_leaves_no_lenience_behind(intake):
    _, part = torn("JPEG", 0.5)
    for _ in range(4):
        intake.open(part, partial=True)
        with pytest.raises(TruncatedImage):
            intake.open(part)
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


def test_a_missing_end_marker_alone_is_a_remark(intake):
    picture = intake.open(encode(photograph(), "PNG")[:-12])
    assert picture.complete == 1.0 and picture.facts["end_missing"]
    assert any("end marker" in each for each in picture.facts["remarks"])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "AVIF", "HEIF"])
def test_bytes_behind_the_picture_are_counted(intake, kind):
    assert intake.open(sample(kind)).facts["trailing_bytes"] == 0
    picture = intake.open(sample(kind) + b"PK\x03\x04 hidden archive")
    assert picture.facts["trailing_bytes"] == 19 and any("begin like a ZIP archive" in each for each in picture.facts["remarks"])
