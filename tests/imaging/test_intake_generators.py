from __future__ import annotations

import json

import numpy as np
import pytest
from intake_samples import encode, photograph
from PIL import Image, PngImagePlugin

A1111 = "a lighthouse, storm\nNegative prompt: people\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 12345, Size: 512x512, Model hash: abc"
COMFY = json.dumps({"3": {"inputs": {"seed": 5}, "class_type": "KSampler"}})
MODEL_MADE = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><r Iptc4xmpExt:DigitalSourceType="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia" xmp:CreatorTool="Adobe Firefly"/></x:xmpmeta>'


def png(**texts: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    for key, value in texts.items():
        info.add_text(key.replace("__", "-"), value)
    return encode(photograph(), "PNG", pnginfo=info)


def names(intake, data: bytes) -> set[str]:
    return {each["name"] for each in intake.open(data).facts["generators"]}


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({"parameters": A1111}, "Stable Diffusion web UI (A1111 format)"),
        ({"prompt": COMFY}, "ComfyUI"),
        ({"workflow": '{"last_node_id": 9, "nodes": []}'}, "ComfyUI"),
        ({"invokeai_metadata": "{}"}, "InvokeAI"),
        ({"sd__metadata": "{}"}, "InvokeAI"),
        ({"Software": "NovelAI", "Comment": '{"steps": 28, "sampler": "k_euler"}'}, "NovelAI"),
        ({"Description": "a cat --v 6 Job ID: 1234"}, "Midjourney"),
    ],
)
def test_parameters_in_png_text_name_their_program(intake, texts, expected):
    assert expected in names(intake, png(**texts))


def test_the_parameters_are_shown_where_they_stand(intake):
    (mark,) = intake.open(png(parameters=A1111)).facts["generators"]
    assert mark["where"] == "text 'parameters'" and mark["text"] == A1111


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_parameters_in_the_exif_comment_are_read(intake, kind):
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + A1111.encode("utf-16-be")
    facts = intake.open(encode(photograph(), kind, exif=exif)).facts
    assert facts["exif"]["UserComment"] == A1111
    assert facts["generators"][0]["name"].startswith("Stable Diffusion web UI")


def test_a_workflow_in_the_camera_fields_is_read(intake):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = 'Workflow:{"last_node_id": 3}', f"Prompt:{COMFY}"
    marks = intake.open(encode(photograph(), "WEBP", exif=exif)).facts["generators"]
    assert {(each["name"], each["where"]) for each in marks} == {("ComfyUI", "EXIF Make"), ("ComfyUI", "EXIF Model")}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_digital_source_type_of_xmp_is_read(intake, kind):
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_itxt("XML:com.adobe.xmp", MODEL_MADE.decode())
        data = encode(photograph(), kind, pnginfo=info)
    elif kind == "TIFF":
        data = encode(photograph(), kind, tiffinfo={700: MODEL_MADE})
    else:
        data = encode(photograph(), kind, xmp=MODEL_MADE)
    facts = intake.open(data).facts
    assert facts["digital_source_type"] == ["trainedAlgorithmicMedia"] and "Adobe Firefly" in facts["software"]
    assert {each["name"] for each in facts["generators"]} == {"Adobe Firefly", "unnamed"}
    assert facts["xmp"].startswith("<x:xmpmeta") and facts["xmp_names_place"] is False


def test_a_place_in_xmp_is_flagged(intake):
    assert intake.open(encode(photograph(), "JPEG", xmp=b'<x exif:GPSLatitude="52,30N"/>')).facts["xmp_names_place"] is True


@pytest.mark.parametrize("mode", ["RGBA", "RGB"])
def test_parameters_hidden_in_the_lowest_bits_are_found(intake, mode):
    word = b"stealth_pnginfo" if mode == "RGBA" else b"stealth_rgbinfo"
    bits = np.unpackbits(np.frombuffer(word, np.uint8))
    pixels = np.asarray(photograph(70, 50).convert(mode)).copy()
    columns = pixels.transpose(1, 0, 2).copy()
    plane = columns[..., 3:] if mode == "RGBA" else columns
    flat = plane.reshape(-1).copy()
    flat[: bits.size] = flat[: bits.size] & 0xFE | bits
    plane[...] = flat.reshape(plane.shape)
    data = encode(Image.fromarray(np.ascontiguousarray(columns.transpose(1, 0, 2))), "PNG")
    (mark,) = intake.open(data).facts["generators"]
    assert mark["where"] == "lowest bits of the pixels" and mark["text"] == word.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_ordinary_picture_names_no_generator(intake, kind):
    exif = Image.Exif()
    exif[0x010F], exif[0x0131] = "Canon", "GIMP 2.10 (prompt saver)"
    facts = intake.open(encode(photograph(), kind, exif=exif)).facts
    assert facts["generators"] == [] and facts["digital_source_type"] == []
