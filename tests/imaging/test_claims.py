from __future__ import annotations

import json

import pytest
from claim_samples import (
    A1111,
    COMFY,
    DRAWN,
    FLUX,
    hidden,
    novelai,
    png,
    source_type,
    with_exif,
    xmp,
)
from intake_samples import encode, photograph

from forensics_ui.core.claims import Claim, claims_from
from forensics_ui.imaging.facts.claims import claims_of


def first(intake, data: bytes) -> Claim:
    return claims_of(intake.open(data).facts)[0]


def table(claim: Claim) -> dict[str, str]:
    return {each.name: each.text for each in claim.fields}


@pytest.mark.parametrize(
    ("version", "tool"),
    [
        ("v1.10.1", "Stable Diffusion web UI (A1111 format)"),
        ("f2.0.1v1.10.1-previous", "Stable Diffusion WebUI Forge"),
        ("abc, App: SD.Next", "SD.Next"),
        ("ComfyUI", "ComfyUI"),
    ],
)
@pytest.mark.parametrize("place", ["PNG", "JPEG", "WEBP"])
def test_parameters_of_the_web_ui_are_parsed_wherever_they_stand(intake, place, version, tool):
    text = A1111.format(version=version)
    if place == "PNG":
        data = png({"parameters": text})
    else:
        data = with_exif(place, {}, {0x9286: b"UNICODE\0" + text.encode("utf-16-be")})
    claim = first(intake, data)
    assert (claim.kind, claim.says, claim.trust) == (
        "generator_parameters",
        "generated",
        "anyone_can_write",
    )
    assert claim.tool == tool and claim.model == "sd_xl_base_1.0"
    found = table(claim)
    assert found["prompt"].endswith("second line") and found["negative prompt"] == "people, text"
    assert (found["seed"], found["steps"], found["sampler"], found["size"]) == (
        "12345",
        "20",
        "Euler a",
        "512x768",
    )
    assert found["lora hashes"] == "sea: 1, b: 2"


def test_little_endian_comments_are_read_too(intake):
    text = A1111.format(version="x")
    data = with_exif("JPEG", {}, {0x9286: b"UNICODE\0" + text.encode("utf-16-le")})
    assert table(first(intake, data))["seed"] == "12345"


def test_a_graph_of_comfyui_gives_model_seed_and_prompts_by_its_links(intake):
    claim = first(intake, png({"prompt": json.dumps(COMFY), "workflow": json.dumps(DRAWN)}))
    assert (claim.kind, claim.tool, claim.model) == ("workflow", "ComfyUI", "sd_xl_base_1.0")
    found = table(claim)
    assert found["prompt"] == "a red fox in snow" and found["negative prompt"] == "blurry"
    assert (found["seed"], found["cfg scale"], found["size"], found["nodes"]) == (
        "8566257",
        "8",
        "1024x768",
        "7",
    )
    assert claim.where == 'text "prompt", text "workflow"'


def test_a_graph_with_a_guider_is_followed(intake):
    claim = first(intake, png({"prompt": json.dumps(FLUX)}))
    found = table(claim)
    assert claim.model == "flux1-dev" and found["prompt"] == "a glass of milk"
    assert (found["seed"], found["steps"], found["sampler"], found["scheduler"]) == (
        "42",
        "25",
        "deis",
        "simple",
    )
    assert found["cfg scale"] == "3.5"


def test_a_drawn_workflow_alone_is_enough(intake):
    data = with_exif("WEBP", {0x010F: f"Workflow:{json.dumps(DRAWN)}"})
    claim = first(intake, data)
    assert claim.model == "dream" and claim.where == "EXIF Make"
    assert table(claim)["prompt"] == "a boat" and table(claim)["seed"] == "77" and table(claim)["steps"] == "12"


def test_a_workflow_longer_than_the_shown_text_is_still_read(intake):
    long = {**COMFY, "99": {"class_type": "Note", "inputs": {"note": "x" * 300_000}}}
    assert first(intake, png({"prompt": json.dumps(long)})).model == "sd_xl_base_1.0"


INVOKE = {
    **{
        "app_version": "3.3.0",
        "positive_prompt": "landscape",
        "negative_prompt": "low",
        "width": 768,
        "height": 432,
    },
    **{
        "seed": 356120443,
        "steps": 50,
        "scheduler": "dpmpp_2m_sde_k",
        "model": {"model_name": "amixx_3"},
    },
}
OLD_INVOKE = {
    "model_weights": "sd-1.5",
    "image": {"prompt": [{"prompt": "a hill"}], "seed": 4, "steps": 30},
}
SWARM = {"sui_image_params": {"prompt": "a man", "model": "Flux/flux1-dev-fp8", "seed": 123, "steps": 25}}
FOOOCUS = {
    "version": "Fooocus v2.5.5",
    "prompt": "a cup",
    "base_model": "juggernautXL",
    "seed": "9",
    "steps": 30,
}
DRAW = {
    "c": "a house",
    "uc": "bad",
    "seed": 1,
    "sampler": "DPM++",
    "steps": 8,
    "model": "flux_1_schnell_q8p.ckpt",
}

COMMENT = f"<exif:UserComment><rdf:Alt><rdf:li>{json.dumps(DRAW)}</rdf:li></rdf:Alt></exif:UserComment>"
DRAW_THINGS = xmp(f"xmp:CreatorTool='Draw Things'>{COMMENT}").decode()
EASY = {
    "prompt": "a tree",
    "seed": "3",
    "num_inference_steps": "25",
    "use_stable_diffusion_model": "sd-v1-4",
}


@pytest.mark.parametrize(
    ("texts", "tool", "model", "prompt"),
    [
        ({"invokeai_metadata": json.dumps(INVOKE)}, "InvokeAI", "amixx_3", "landscape"),
        ({"sd-metadata": json.dumps(OLD_INVOKE)}, "InvokeAI", "sd-1.5", "a hill"),
        ({"Dream": '"a river" -s50 -S123 -W512 -H512 -C7.5 -A k_euler'}, "InvokeAI", "", "a river"),
        ({"parameters": json.dumps(SWARM)}, "SwarmUI", "flux1-dev-fp8", "a man"),
        (
            {"parameters": json.dumps(FOOOCUS), "fooocus_scheme": "fooocus"},
            "Fooocus",
            "juggernautXL",
            "a cup",
        ),
        ({"XML:com.adobe.xmp": DRAW_THINGS}, "Draw Things", "flux_1_schnell_q8p", "a house"),
        (EASY, "Easy Diffusion", "sd-v1-4", "a tree"),
        (novelai(), "NovelAI", "", "1girl"),
    ],
)
def test_dialects_of_parameters_are_told_apart(intake, texts, tool, model, prompt):
    claim = first(intake, png(texts))
    assert (claim.kind, claim.tool, claim.model) == ("generator_parameters", tool, model)
    assert table(claim)["prompt"] == prompt


@pytest.mark.parametrize("word", ["stealth_pnginfo", "stealth_pngcomp", "stealth_rgbinfo", "stealth_rgbcomp"])
def test_parameters_hidden_in_the_lowest_bits_are_read(intake, word):
    claim = first(intake, hidden(A1111.format(version="v1"), word))
    assert claim.model == "sd_xl_base_1.0" and "lowest bits" in claim.where


def test_the_hidden_table_of_novelai_is_read(intake):
    claim = first(intake, hidden(json.dumps(novelai()), "stealth_pngcomp"))
    assert claim.tool == "NovelAI" and table(claim)["seed"] == "5"


def test_a_job_of_midjourney_is_read(intake):
    text = "a cat in a hat --v 6.1 --ar 16:9 Job ID: 12345678-90ab-cdef-1234-567890abcdef"
    for data in (png({"Description": text}), with_exif("JPEG", {0x010E: text})):
        claim = first(intake, data)
        assert (claim.tool, claim.model) == ("Midjourney", "v6.1")
        assert table(claim)["prompt"] == "a cat in a hat" and table(claim)["job id"].startswith("12345678")


@pytest.mark.parametrize("tag", [0x0131, 0x010E, 0x010F, 0x013B, 0x9C9C])
def test_the_mark_of_dall_e_is_found_in_every_tag(intake, tag):
    value = "OpenAI--ImageGeneration\0".encode("utf-16-le") if tag == 0x9C9C else "OpenAI--ImageGeneration"
    claim = first(intake, with_exif("JPEG", {tag: value}))
    assert (claim.tool, claim.says, claim.kind) == ("OpenAI", "generated", "exif")


def test_the_mark_of_dall_e_is_found_in_the_comment_and_outside_any_tag(intake):
    comment = b"UNICODE\0" + "OpenAI--ImageGeneration".encode("utf-16-be")
    assert first(intake, with_exif("WEBP", {}, {0x9286: comment})).where == "EXIF UserComment"
    assert first(intake, encode(photograph(), "PNG") + b"OpenAI--ImageGeneration").tool == "OpenAI"


def test_the_pair_of_tags_of_grok_is_known(intake):
    uuid = "123e4567-e89b-12d3-a456-426614174000"
    assert first(intake, with_exif("JPEG", {0x010E: "Signature: " + "A" * 88, 0x013B: uuid})).tool == "xAI Grok"
    assert not claims_of(intake.open(with_exif("JPEG", {0x010E: "Signature: J. Smith", 0x013B: uuid})).facts)


LABEL = {"Label": "1", "ContentProducer": "doubao", "ProduceID": "42", "ReservedCode1": ""}


@pytest.mark.parametrize(
    "data",
    [
        lambda: png({"AIGC": json.dumps(LABEL)}),
        lambda: encode(photograph(), "JPEG", xmp=xmp(f"><TC260:AIGC>{json.dumps(LABEL)}</TC260:AIGC>")),
        lambda: encode(
            photograph(),
            "WEBP",
            xmp=xmp('TC260:AIGC="' + json.dumps(LABEL).replace('"', "&quot;") + '">'),
        ),
        lambda: with_exif("JPEG", {}, {0x9286: b"ASCII\0\0\0" + json.dumps({"AIGC": LABEL}).encode()}),
    ],
)
def test_the_label_of_chinas_rules_is_read(intake, data):
    claim = first(intake, data())
    assert (claim.kind, claim.says, claim.tool, claim.detail) == (
        "aigc_label",
        "generated",
        "doubao",
        "label 1",
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("trainedAlgorithmicMedia", "generated"),
        ("compositeWithTrainedAlgorithmicMedia", "edited_by_model"),
        ("algorithmicMedia", "other"),
        ("digitalCapture", "camera"),
        ("computationalCapture", "camera"),
        ("minorHumanEdits", "editor"),
        ("somethingNew", "other"),
    ],
)
def test_digital_source_types_are_understood(intake, name, says):
    claim = first(intake, encode(photograph(), "JPEG", xmp=source_type(name)))
    assert (claim.kind, claim.says, claim.detail) == ("iptc_source_type", says, name)


@pytest.mark.parametrize(
    ("inner", "tool", "says"),
    [
        ('photoshop:Credit="Made with Google AI">', "Google AI", "generated"),
        ('photoshop:Credit="Edited with Google AI">', "Google AI", "edited_by_model"),
        ('photoshop:Credit="Imagined with AI">', "Meta AI", "generated"),
        ('xmp:CreatorTool="Adobe Firefly 3">', "Adobe Firefly", "generated"),
        ('Iptc4xmpExt:AISystemUsed="Microsoft Designer">', "Microsoft Designer", "generated"),
        (
            "><photoshop:Source>Bing Image Creator</photoshop:Source>",
            "Bing Image Creator",
            "generated",
        ),
        ('xmp:CreatorTool="DiffusionBee">', "DiffusionBee", "generated"),
    ],
)
def test_credits_of_services_are_known(intake, inner, tool, says):
    claim = first(intake, encode(photograph(), "JPEG", xmp=xmp(inner)))
    assert (claim.tool, claim.says, claim.kind) == (tool, says, "xmp")


def test_makers_that_are_generators_are_no_cameras(intake):
    found = claims_of(intake.open(with_exif("JPEG", {0x010F: "Ideogram AI"})).facts)
    assert [(each.tool, each.says) for each in found] == [("Ideogram", "generated")]


def test_a_camera_and_an_editor_are_named_with_their_facts(intake):
    base = {0x010F: "Canon", 0x0110: "Canon EOS R5", 0x0131: "Adobe Photoshop 25.0 (Windows)"}
    data = with_exif("JPEG", base, {0xA434: "RF 50mm", 0xA431: "0123456"})
    camera, editor = claims_of(intake.open(data).facts)
    assert (camera.tool, camera.says, camera.trust) == (
        "Canon EOS R5",
        "camera",
        "anyone_can_write",
    )
    assert table(camera)["lens"] == "RF 50mm" and table(camera)["serial number"] == "0123456"
    assert "serial number" not in table(camera.for_others())
    assert (editor.tool, editor.says) == ("Adobe Photoshop 25.0 (Windows)", "editor")


@pytest.mark.parametrize(
    "inner",
    [
        "><dc:description>The boss of OpenAI, maker of Midjourney and Stable Diffusion</dc:description>",
        'photoshop:Credit="Imagen: Juan Perez">',
        'photoshop:Source="Gemini Photo Agency">',
        'photoshop:Credit="Jan Grok">',
    ],
)
def test_captions_and_people_do_not_make_a_picture_generated(intake, inner):
    assert not claims_of(intake.open(encode(photograph(), "JPEG", xmp=xmp(inner))).facts)


def test_an_ordinary_picture_says_nothing(intake):
    assert claims_of(intake.open(encode(photograph(), "JPEG")).facts) == ()


def test_claims_survive_json(intake):
    found = claims_of(intake.open(png({"parameters": A1111.format(version="v1"), "Software": "Canva"})).facts)
    again = claims_from(json.loads(json.dumps([each.as_dict() for each in found])))
    assert again == found and len(found) == 2 and found[0].says == "generated"
