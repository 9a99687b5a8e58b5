"""The logits that the authors' own code gave, against ours: every case, plain and fast, under every input rule."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image

from forensics_ui.detectors import DETECTORS
from forensics_ui.weightstore.load import load_weights
from tests.detectors.helpers_networks import PLAIN, plain_logit

CPU = torch.device("cpu")
FILES = {"lfm": ("lfm_official", "weights/lfm_official.pth"), "npr": ("npr_seeded", "golden/npr_seeded_state.pth")}


@pytest.fixture(scope="module", params=sorted(FILES))
def golden(request, shared):
    name = request.param
    key, file = FILES[name]
    loaded = load_weights(shared / file, name)
    cases = json.loads((shared / "golden/logits.json").read_text())
    assert loaded.sha256 == cases["weights_sha256"][key]
    plain = PLAIN[name]()
    plain.load_state_dict(loaded.state, strict=False)
    return DETECTORS.get(name)(loaded.state, CPU), plain.eval(), key, cases["cases"], shared


def test_all_21_cases_agree_within_a_thousandth(golden):
    fast, plain, key, cases, shared = golden
    assert len(cases) == 21
    print(f"\n{'picture':28}{'rule':8}{'authors':>12}{'ours':>12}{'difference':>12}")
    worst = 0.0
    for case in cases:
        rgb = np.asarray(Image.open(shared / "golden/images" / case["image"]).convert("RGB"))
        prepared = fast.prepare(rgb, case["rule"])
        assert list(prepared.seen.input_size) == case["size"]
        ours = fast.findings([prepared.block])[0].logit
        print(f"{case['image']:28}{case['rule']:8}{case[key]:12.5f}{ours:12.5f}{ours - case[key]:12.2e}")
        worst = max(worst, abs(ours - case[key]), abs(plain_logit(plain, prepared.block) - case[key]))
    assert worst < 1e-3


def test_no_verdict_of_the_golden_set_changes_its_sign(golden):
    fast, _, key, cases, shared = golden
    for case in cases:
        rgb = np.asarray(Image.open(shared / "golden/images" / case["image"]).convert("RGB"))
        assert (fast.findings([fast.prepare(rgb, case["rule"]).block])[0].logit > 0) == (case[key] > 0)
