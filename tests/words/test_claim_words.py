from __future__ import annotations

import itertools

import pytest

from forensics_ui.core import claims as c
from forensics_ui.core.claims import Claim
from forensics_ui.words.claims import sentence, short, told

ANY = "anyone can write this"


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        (
            Claim(c.WORKFLOW, c.GENERATED, "x", tool="ComfyUI", model="sd_xl_base_1.0"),
            f'The file says: made with ComfyUI, model "sd_xl_base_1.0" ({ANY}).',
        ),
        (
            Claim(c.EXIF, c.GENERATED, "x", tool="OpenAI"),
            f"The file says: made with OpenAI ({ANY}).",
        ),
        (
            Claim(c.CAMERA_TAGS, c.CAMERA, "x", tool="Canon EOS R5"),
            f"The file says: taken with Canon EOS R5 ({ANY}).",
        ),
        (
            Claim(c.EXIF_SOFTWARE, c.EDITOR, "x", tool="GIMP 2.10"),
            f"The file says: saved by GIMP 2.10 ({ANY}).",
        ),
        (
            Claim(
                c.IPTC_SOURCE_TYPE,
                c.EDITED_BY_MODEL,
                "x",
                detail="compositeWithTrainedAlgorithmicMedia",
            ),
            f"The file says: partly made by a generative model ({ANY}).",
        ),
        (
            Claim(c.AIGC_LABEL, c.GENERATED, "x", tool="doubao", detail="label 1"),
            f'The file says: made by a generative model (label by "doubao") ({ANY}).',
        ),
        (
            Claim(c.C2PA, c.GENERATED, "x", c.SIGNED_VALID, signer="OpenAI"),
            "Signed by OpenAI: made by a generative model; the signature holds.",
        ),
        (
            Claim(c.C2PA, c.GENERATED, "x", c.SIGNED_BROKEN, signer="OpenAI"),
            'Signed in the name of "OpenAI": made by a generative model; the signature does not fit these bytes.',
        ),
    ],
)
def test_each_claim_is_one_sentence(claim, words):
    assert sentence(claim) == words


def test_no_claim_is_worded_as_a_judgement_or_breaks_its_line():
    evil = 'a "quoted"\nname ' + "x" * 300
    for kind, says, trust in itertools.product(c.KINDS, c.SAYS, c.TRUST):
        for tool, detail in itertools.product(("", evil), ("", "digitalCapture", evil)):
            words = sentence(Claim(kind, says, "x", trust, tool=tool, model=evil, signer=evil, detail=detail))
            assert words.endswith(".") and "\n" not in words and len(words) < 400
            assert not {"fake", "authentic", "genuine", "real"} & set(words.lower().split())


def test_a_cell_of_a_table_has_three_claims_at_most():
    claims = [Claim(c.EXIF, c.GENERATED, "x", tool=name) for name in "ABCDE"]
    assert short(claims) == "made with A (unsigned); made with B (unsigned); made with C (unsigned); 2 more"
    assert told(claims)[0]["sentence"].startswith("The file says: made with A")
