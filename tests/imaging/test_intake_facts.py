from __future__ import annotations

import hashlib
import io
import json
import struct

import pytest
from intake_samples import FORMATS, encode, photograph, sample
from PIL import Image, ImageCms, PngImagePlugin

from forensics_ui.core.settings import Limits


@pytest.mark.parametrize("kind", FORMATS)
def test_facts_of_every_format_are_json_and_the_same_twice(intake, kind):
    first, second = (intake.open(sample(kind), "a.bin").facts for _ in range(2))
    assert json.dumps(first, sort_keys=True, allow_nan=False) == json.dumps(second, sort_keys=True)
    assert first["decoder"]["version"] and first["decoder"]["name"] in ("Pillow", "pillow-heif")
    assert first["declared_type"] is None and first["type_mismatch"] is False and first["c2pa"]["state"] == "absent"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_orientation_is_a_fact_and_never_applied(intake, kind):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encode(photograph(64, 48), kind, exif=exif)
    picture = intake.open(data)
    assert picture.facts["orientation"] == 6 and (picture.width, picture.height) == (64, 48)
    assert any("orientation 6" in each for each in picture.facts["remarks"])


@pytest.mark.parametrize("lossless", [True, False])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
@pytest.mark.parametrize("frames", [1, 3])
def test_a_webp_says_whether_its_pixels_were_kept(intake, lossless, mode, frames):
    images = [photograph(64, 48, seed=seed).convert(mode) for seed in range(frames)]
    if mode == "RGBA":
        for image in images:
            image.putalpha(120)
    more = {"save_all": True, "append_images": images[1:]} if frames > 1 else {}
    assert intake.open(encode(images[0], "WEBP", lossless=lossless, **more)).facts["lossless"] is lossless
    assert intake.open(encode(images[0].convert("RGB"), "PNG")).facts["lossless"] is None


def exif_with_place() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F] = "Maker\x1b[31m\x08gnp.exe"
    exif[0x0131] = "Editor 1.0"
    exif.get_ifd(0x8769)[0x829A] = (1, 250)
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 0.0)})
    return exif


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_place_is_kept_apart_from_the_other_tags(intake, kind):
    facts = intake.open(encode(photograph(), kind, exif=exif_with_place())).facts
    assert facts["gps"]["GPSLatitudeRef"] == "N" and facts["gps"]["GPSLatitude"][0] == "52/1"
    assert not any("GPS" in key for key in facts["exif"])
    assert facts["software"] == ["Editor 1.0"]


def test_control_and_direction_characters_are_replaced(intake):
    maker = intake.open(encode(photograph(), "JPEG", exif=exif_with_place())).facts["exif"]["Make"]
    assert maker == "Maker\ufffd[31m\ufffdgnp.exe"
    assert intake.open(sample("PNG"), "ab\u202egpj.\nexe").name == "ab\ufffdgpj.\ufffdexe"
    assert intake.open(sample("PNG"), "../../etc/pass wd.png").name == "pass wd.png"


def test_long_strings_are_cut_and_the_cut_is_marked(intake):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "ü" * 100_000)
    text = intake.open(encode(photograph(), "PNG", pnginfo=info)).facts["text"]["parameters"]
    assert len(text.encode()) <= Limits().text_bytes and text.endswith("…")


def test_broken_exif_is_a_remark_and_not_a_refusal(intake):
    good = encode(photograph(), "JPEG")
    broken = b"\xff\xe1" + struct.pack(">H", 2 + 6 + 12) + b"Exif\0\0" + b"XX*\0\xff\xff\xff\xff" + bytes(4)
    facts = intake.open(good[:2] + broken + good[2:]).facts
    assert facts["exif"] == {} and "There is EXIF data, but no tag of it can be read." in facts["remarks"]


def test_the_colour_profile_is_named_and_not_applied(intake):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    facts = intake.open(encode(photograph(), "PNG", icc_profile=profile)).facts
    assert "sRGB" in facts["icc"]["name"] and facts["icc"]["sha256"] == hashlib.sha256(profile).hexdigest()
    assert "The embedded colour profile is not applied." in facts["remarks"]


def test_a_thumbnail_is_found_with_its_size_and_hash(intake):
    small = encode(photograph(16, 12), "JPEG")
    # A second directory (IFD1) that points at the thumbnail behind it, as cameras write it.
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 0) + struct.pack("<I", 14)
    tiff += struct.pack("<H", 2) + struct.pack("<HHII", 0x0201, 4, 1, 44) + struct.pack("<HHII", 0x0202, 4, 1, len(small)) + bytes(4)
    facts = intake.open(encode(photograph(), "JPEG", exif=b"Exif\0\0" + tiff + small)).facts
    assert facts["thumbnails"] == [
        {"where": "EXIF", "type": "JPEG", "bytes": len(small), "sha256": hashlib.sha256(small).hexdigest(), "width": 16, "height": 12}
    ]


def test_a_photoshop_thumbnail_is_found(intake):
    small = encode(photograph(16, 12), "JPEG")
    body = bytes(28) + small
    resource = b"Photoshop 3.0\0" + b"8BIM\x04\x0c\0\0" + struct.pack(">I", len(body)) + body
    data = encode(photograph(), "JPEG")
    segment = b"\xff\xed" + struct.pack(">H", 2 + len(resource)) + resource
    (found,) = intake.open(data[:2] + segment + data[2:]).facts["thumbnails"]
    assert found["sha256"] == hashlib.sha256(small).hexdigest() and found["width"] == 16


def test_comments_are_text(intake):
    assert intake.open(encode(photograph(), "JPEG", comment=b"first light")).facts["text"] == {"comment": "first light"}
    assert intake.open(encode(photograph().quantize(8), "GIF", comment=b"loop")).facts["text"] == {"comment": "loop"}


@pytest.mark.parametrize("quality", [1, 30, 50, 75, 90, 96, 100])
def test_the_quality_of_standard_tables_is_exact(intake, quality):
    jpeg = intake.open(encode(photograph(), "JPEG", quality=quality)).facts["jpeg"]
    assert (jpeg["quality"], jpeg["tables"]) == (quality, "standard")


def test_other_tables_are_called_non_standard_with_the_nearest_quality(intake):
    base = Image.open(io.BytesIO(encode(photograph(), "JPEG", quality=80))).quantization
    tables = [[value + (index % 3 == 0) for index, value in enumerate(table)] for table in base.values()]
    jpeg = intake.open(encode(photograph(), "JPEG", qtables=tables)).facts["jpeg"]
    assert jpeg["tables"] == "non-standard" and 75 <= jpeg["quality"] <= 82 and jpeg["table_distance"] > 0


def test_tables_are_listed_row_by_row(intake):
    data = encode(photograph(), "JPEG", quality=50)
    tables = intake.open(data).facts["jpeg"]["quantisation"]
    assert tables["0"][:8] == [16, 11, 10, 16, 24, 40, 51, 61]
    assert tables == {str(number): list(table) for number, table in Image.open(io.BytesIO(data)).quantization.items()}


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_chroma_subsampling_is_read(intake, sampling):
    assert intake.open(encode(photograph(), "JPEG", subsampling=sampling)).facts["jpeg"]["subsampling"] == sampling


def test_order_of_scans_restarts_and_adobe_marker_are_read(intake):
    jpeg = intake.open(encode(photograph(), "JPEG", progressive=True, restart_marker_blocks=4)).facts["jpeg"]
    assert jpeg["progressive"] and jpeg["scans"] > 1 and jpeg["restart_interval"] == 4 and jpeg["adobe_transform"] is None
    plain = intake.open(encode(photograph().convert("L"), "JPEG")).facts["jpeg"]
    assert not plain["progressive"] and plain["scans"] == 1 and plain["subsampling"] is None
    assert intake.open(encode(photograph().convert("CMYK"), "JPEG")).facts["jpeg"]["adobe_transform"] == 0
