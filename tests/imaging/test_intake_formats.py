from __future__ import annotations

import hashlib
import io

import numpy as np
import pytest
from intake_samples import FORMATS, decoded, encode, photograph, sample
from PIL import Image

from forensics_ui.core.errors import BadImage, UnsupportedFormat
from forensics_ui.imaging.open import open_picture
from forensics_ui.words import sentence_of
from tests.refusals import refused


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_pixels_that_plain_pillow_gives(intake, kind):
    data = sample(kind)
    picture = intake.open(data, f"picture.{kind.lower()}")
    assert np.array_equal(picture.rgb, decoded(data))
    assert (picture.format, picture.width, picture.height, picture.complete) == (kind, 64, 48, 1.0)
    assert picture.rgb.dtype == np.uint8 and picture.rgb.flags.c_contiguous and not picture.rgb.flags.writeable


@pytest.mark.parametrize("kind", FORMATS)
def test_hashes_are_those_of_the_bytes_and_of_the_pixels(intake, kind):
    data = sample(kind)
    picture = intake.open(data)
    assert picture.sha256 == hashlib.sha256(data).hexdigest()
    assert picture.byte_count == len(data)
    assert picture.facts["pixels_sha256"] == hashlib.sha256(picture.rgb.tobytes()).hexdigest()


@pytest.mark.parametrize("kind", FORMATS)
def test_bytes_on_disk_and_in_memory_are_one_picture_and_stay_unmodified(intake, tmp_path, kind):
    data = sample(kind)
    path = tmp_path / f"one.{kind.lower()}"
    path.write_bytes(data)
    before = path.stat()
    picture = intake.open(path)
    after = path.stat()
    assert path.read_bytes() == data and before.st_mtime_ns == after.st_mtime_ns
    assert picture.name == path.name and np.array_equal(picture.rgb, intake.open(data).rgb)


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 37), (53, 1), (3, 5), (2049, 3)])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
def test_odd_and_tiny_sizes_are_normal(intake, kind, width, height):
    data = sample(kind, width, height)
    assert np.array_equal(intake.open(data).rgb, decoded(data))


@pytest.mark.parametrize("kind", FORMATS)
def test_the_content_decides_and_a_wrong_name_is_a_fact(intake, kind):
    wrong = "PNG" if kind != "PNG" else "JPEG"
    picture = intake.open(sample(kind), f"holiday.{wrong.lower()}")
    assert picture.format == kind
    assert picture.facts["declared_type"] == wrong and picture.facts["detected_type"] == kind
    assert picture.facts["type_mismatch"] and any(f"The name says {wrong}" in each for each in picture.facts["remarks"])


def test_a_second_picture_behind_the_first_is_said_and_not_used(intake):
    stream = io.BytesIO()
    photograph(seed=1).save(stream, "MPO", save_all=True, append_images=[photograph(seed=2)])
    picture = intake.open(stream.getvalue(), "stereo.mpo")
    assert picture.format == "JPEG" and picture.facts["frames"] == 2
    assert any("MPO" in each and "first one" in each for each in picture.facts["remarks"])


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_of_several_frames_the_first_is_used_and_the_number_is_said(intake, kind):
    frames = [Image.new("RGB", (20, 10), colour) for colour in ((200, 30, 30), (30, 200, 30), (30, 30, 200))]
    data = encode(frames[0], kind, save_all=True, append_images=frames[1:])
    picture = intake.open(data)
    assert picture.facts["frames"] == 3
    assert picture.rgb[5, 10, 0] > 150 > picture.rgb[5, 10, 1]
    assert any("3 frames" in each for each in picture.facts["remarks"])


REFUSED = [
    (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
    (b"%PDF-1.7\n%", "PDF"),
    (b"%!PS-Adobe-3.0 EPSF-3.0\n", "PostScript"),
    (b"PK\x03\x04" + bytes(60), "ZIP"),
    (b"<!doctype html><script>alert(1)</script>", "web page"),
    (b"BM is how this letter begins, and it goes on for a while.", "text"),
    (b"\0\0\0\x18ftypmp42" + bytes(40), "film"),
    (b"8BPS\0\1" + bytes(60), "Photoshop"),
    (bytes(100), "zero bytes"),
    (b"\x7fELF" + bytes(60), "program"),
    (b"\xde\xad\xbe\xef" * 9, "no kind of file"),
]


@pytest.mark.parametrize(("data", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_anything_else_is_refused_with_what_it_appears_to_be(intake, data, words):
    with refused(UnsupportedFormat, words) as refusal:
        intake.open(data, "photo.jpg")
    assert refusal.value.sha256 == hashlib.sha256(data).hexdigest()
    assert "JPEG, PNG, WebP" in sentence_of(refusal.value)


def test_an_empty_file_is_refused(intake):
    with refused(BadImage, "empty"):
        intake.open(b"")


def test_the_shared_intake_opens_pictures_too():
    data = sample("PNG")
    assert np.array_equal(open_picture(data, "a.png").rgb, decoded(data))
