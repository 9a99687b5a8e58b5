from __future__ import annotations

import json
import random
import time

import pytest
from claim_samples import A1111, COMFY, hidden, png, xmp
from intake_samples import encode, photograph

from forensics_ui.core.claims import LONGEST_FIELD, MOST_CLAIMS, Claim, claims_from
from forensics_ui.imaging.facts import (
    claim_comfy,
    claim_marks,
    claim_parameters,
    claim_signed,
    credentials,
)
from forensics_ui.imaging.facts.claim_texts import Said
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.words.claims import sentence, short

DEEP = '{"nodes": ' + "[" * 100_000
CIRCLE = {str(n): {"class_type": "KSampler", "inputs": {"positive": [str((n + 1) % 50), 0]}} for n in range(50)}
WRONG_KINDS = {
    "1": {"class_type": ["a"], "inputs": "b"},
    "2": {"class_type": "KSampler", "inputs": {"seed": {}, "positive": [{}, 0]}},
}
TEXTS = [
    DEEP,
    '{"class_type": ' * 5000,
    json.dumps(CIRCLE),
    json.dumps(WRONG_KINDS),
    json.dumps(
        {
            "nodes": [{"id": {}, "type": "KSampler", "widgets_values": {}, "inputs": 5}],
            "links": [[[], {}, 0, 0, 0]],
        }
    ),
    json.dumps({"nodes": "x", "links": 1}),
    '{"prompt": "a", "seed": ' + "9" * 10_000 + "}",
    json.dumps({"prompt": {"prompt": [[]]}, "seed": True, "steps": 1e308, "model": [{"name": {}}]}),
    "Steps: 20, Sampler: " + "a, b: " * 50_000,
    "Steps: 20, " + "Sampler" * 100_000,
    'Steps: 2, Seed: 1, X: "' + "\\" * 200_000,
    "Job ID: " + "a" * 100_000,
    '{"AIGC": {"Label": {}, "ContentProducer": ["x"]}}',
    '{"AIGC": "{\\"Label\\": "}',
    "\u202eevil\x00 <script>alert(1)</script> Steps: 1, Seed: 2, ",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("key", ["parameters", "prompt", "workflow", "Comment", "AIGC", "Dream", "invokeai_metadata"])
def test_odd_texts_raise_nothing_and_take_no_time(text, key):
    said, start = Said("text", key, text), time.perf_counter()
    claim_comfy.read([said])
    claim_parameters.read(said, "")
    list(claim_marks.aigc([said]))
    list(claim_marks.services([said], b""))
    list(claim_marks.named([said], [text]))
    assert time.perf_counter() - start < 2


def test_odd_texts_in_a_real_file_leave_the_picture_readable(intake):
    data = png({f"parameters{n}" if n else "parameters": text.replace("\0", "") for n, text in enumerate(TEXTS[:12])})
    picture = intake.open(data)
    assert picture.width == 64
    for claim in claims_of(picture.facts):
        assert all(len(each.text) <= LONGEST_FIELD for each in claim.fields)
        assert "\n" not in sentence(claim) and len(sentence(claim)) < 400


@pytest.mark.parametrize("seed", range(40))
def test_mutated_texts_raise_nothing(seed):
    chance = random.Random(seed)
    for text in (json.dumps(COMFY), A1111, json.dumps({"AIGC": {"Label": "1"}})):
        letters = list(text)
        for _ in range(chance.randrange(1, 40)):
            letters[chance.randrange(len(letters))] = chance.choice('{}[]",:\\0\n')
        said = Said("text", "prompt", "".join(letters))
        claim_comfy.read([said])
        claim_parameters.read(said, "")
        list(claim_marks.aigc([said]))


def test_hidden_bits_that_announce_too_much_or_bombs_are_refused(intake):
    bomb = hidden("a" * 30_000_000, "stealth_pngcomp", (700, 400))
    start = time.perf_counter()
    facts = intake.open(bomb).facts
    assert time.perf_counter() - start < 10 and facts["generators"] and not claims_of(facts)
    cut = hidden(A1111, "stealth_pngcomp", (96, 80))
    assert intake.open(cut).width == 96


def test_packets_of_open_tags_take_no_time(intake):
    packet = xmp(">" + "<exif:UserComment " * 3000 + "<TC260:AIGC>" * 1000)
    start = time.perf_counter()
    intake.open(encode(photograph(), "WEBP", xmp=packet * 20))
    assert time.perf_counter() - start < 5


def test_manifests_of_the_wrong_form_raise_nothing():
    for store in (
        {},
        {"manifests": [], "active_manifest": {}},
        {
            "manifests": {"a": {"assertions": [1, {"label": "c2pa.actions", "data": []}], "ingredients": {}}},
            "active_manifest": "a",
        },
        {
            "manifests": {"a": {"ingredients": [{"active_manifest": "a", "relationship": "parentOf"}] * 99}},
            "active_manifest": "a",
        },
    ):
        found = credentials.sources(store)
        assert claim_signed.read({"state": "valid", "signer": 5, "agents": [{}], **found}) is not None
    assert claim_signed.read({"state": []}) is None


def test_claims_of_foreign_json_are_checked():
    good = Claim("text", "generated", "x", tool="a" * 10_000).as_dict()
    assert claims_from([good] * 100)[0].tool == "a" * 200 and len(claims_from([good] * 100)) == MOST_CLAIMS
    for bad in (
        None,
        5,
        {"kind": "text"},
        {**good, "says": "authentic"},
        {**good, "kind": []},
        {**good, "trust": {}},
    ):
        assert claims_from([bad]) == ()
    assert claims_of({"claims": 7, "c2pa": 3}) == () and short(()) == ""
