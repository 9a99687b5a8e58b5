from __future__ import annotations

import io
import json

import pytest
from intake_samples import encode, photograph

c2pa = pytest.importorskip("c2pa", reason="the C2PA reader is not installed")
from test_intake_provenance import Credentials, signed  # noqa: E402

from forensics_ui.core.claims import Claim  # noqa: E402
from forensics_ui.imaging.facts import provenance  # noqa: E402
from forensics_ui.imaging.facts.claims import claims_of  # noqa: E402
from forensics_ui.words.claims import sentence  # noqa: E402

BASE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def manifest(*actions: tuple[str, str, str]) -> dict:
    """A manifest whose actions have a source type and an agent."""
    listed = [
        {
            "action": name,
            **({"digitalSourceType": BASE + kind} if kind else {}),
            **({"softwareAgent": {"name": agent}} if agent else {}),
        }
        for name, kind, agent in actions
    ]
    return {
        "claim_generator_info": [{"name": "picture machine", "version": "2"}],
        "assertions": [{"label": "c2pa.actions", "data": {"actions": listed}}],
    }


def claim_in(intake, data: bytes) -> Claim:
    return claims_of(intake.open(data).facts)[0]


@pytest.mark.parametrize(("kind", "mime"), [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("WEBP", "image/webp")])
def test_a_signature_that_fits_says_so_and_that_nobody_knows_the_signer(intake, kind, mime):
    claim = claim_in(intake, signed(kind, mime, manifest(("c2pa.created", "trainedAlgorithmicMedia", "GPT-4o"))))
    assert (claim.kind, claim.says, claim.trust) == ("c2pa", "generated", "signed_untrusted_issuer")
    assert (claim.signer, claim.tool) == ("Test Press", "GPT-4o")
    assert sentence(claim) == (
        'Signed in the name of "Test Press": made by a generative model (GPT-4o); the signature fits these bytes; who signed is not verified.'
    )


def test_a_picture_changed_after_signing_breaks_it(intake):
    data = signed("JPEG", "image/jpeg")
    claim = claim_in(intake, data[:-200] + bytes([data[-200] ^ 1]) + data[-199:])
    assert (claim.trust, claim.says) == ("signed_broken", "generated")
    assert "does not fit these bytes" in sentence(claim)


def test_a_manifest_carried_to_another_picture_is_broken(intake):
    data, other = signed("JPEG", "image/jpeg"), encode(photograph(80, 60, seed=8), "JPEG")
    start = data.index(b"\xff\xeb")
    length = int.from_bytes(data[start + 2 : start + 4], "big")
    moved = other[:2] + data[start : start + 2 + length] + other[2:]
    assert claim_in(intake, moved).trust == "signed_broken"


def test_a_known_signer_is_believed():
    keys = Credentials()
    data = signed("JPEG", "image/jpeg", keys=keys)
    anchors = {
        "trust": {"trust_anchors": keys.root_pem},
        "verify": {"verify_trust": True, "ocsp_fetch": False, "remote_manifest_fetch": False},
    }
    with c2pa.Reader("image/jpeg", io.BytesIO(data), context=c2pa.Context(c2pa.Settings.from_dict(anchors))) as reader:
        found = provenance.summary(json.loads(reader.json()), 4096)
    (claim,) = claims_of({"c2pa": found})
    assert claim.trust == "signed_valid"
    assert sentence(claim) == "Signed by Test Press: made by a generative model (picture machine 2); the signature holds."


@pytest.mark.parametrize(
    ("actions", "says"),
    [
        (
            [("c2pa.created", "compositeWithTrainedAlgorithmicMedia", "Adobe Firefly")],
            "edited_by_model",
        ),
        ([("c2pa.created", "digitalCapture", "")], "camera"),
        ([("c2pa.created", "digitalCreation", "")], "other"),
    ],
)
def test_the_actions_decide_what_is_said(intake, actions, says):
    assert claim_in(intake, signed("PNG", "image/png", manifest(*actions))).says == says


def test_what_it_was_made_from_counts_where_it_says_nothing_itself(intake):
    parent = signed("JPEG", "image/jpeg")
    for relation, says in (("parentOf", "generated"), ("componentOf", "edited_by_model")):
        made = manifest(("c2pa.created", "digitalCreation", ""))
        if relation == "parentOf":
            made = manifest(("c2pa.opened", "", ""))
            made["assertions"][0]["data"]["actions"][0]["parameters"] = {"ingredientIds": ["before"]}
        data = signed("JPEG", "image/jpeg", made, ingredient=(relation, parent))
        assert claim_in(intake, data).says == says


def test_unreadable_credentials_are_said_to_be_there(intake):
    claim = claim_in(intake, signed("JPEG", "image/jpeg").replace(b"jumb", b"jumX"))
    assert sentence(claim) == "The file holds content credentials that cannot be read."
