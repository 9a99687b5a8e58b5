"""UnivFD as it ships, on the real CLIP ViT-B/16: golden logits, and a picture through all three detectors."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from forensics_ui.core.settings import Settings
from forensics_ui.detectors import DETECTORS
from forensics_ui.service.installed import load_installed
from forensics_ui.service.likeness import features, lowest_cosine, unpacked
from forensics_ui.service.service import DetectorService
from forensics_ui.weightstore.manifest import find
from tests.golden.clip_golden import BACKBONE, CLIP_LOGITS, HEAD, HERE, RULES, pictures, plain_score, square_of

GOLDEN = json.loads(CLIP_LOGITS.read_text(encoding="utf-8"))
CASES = {(case["picture"], case["rule"]): case["logit"] for case in GOLDEN["cases"]}
OTHERS = json.loads((HERE / "logits.json").read_text(encoding="utf-8"))["cases"]
EXACT, FASTER = 1e-3, 0.1
ASKED = ("grain_243x229.jpg", "upsampled_240x256.png")


@pytest.fixture(scope="module")
def weights(real_backbone):
    return load_installed(HEAD, "univfd", real_backbone)


@pytest.fixture(scope="module")
def detector(weights):
    return DETECTORS.get("univfd")(weights.state, torch.device("cpu"))


def test_every_picture_and_rule_has_a_golden_logit_of_the_weights_that_ship(weights):
    assert set(CASES) == {(name, rule) for name in pictures() for rule in RULES}
    # A new head needs new logits: python -m tests.golden.make_golden
    assert weights.sha256 == f"{GOLDEN['weights_sha256'][HEAD]}+{GOLDEN['weights_sha256'][BACKBONE]}"
    assert weights.name == f"{HEAD}+{BACKBONE}"


def test_the_detector_meets_them_within_a_thousandth_and_its_evidence_is_their_sum(detector):
    for (name, rule), expected in CASES.items():
        finding = detector.findings([DETECTORS.get("univfd").prepare(pictures()[name], rule).block])[0]
        assert finding.logit == pytest.approx(expected, abs=EXACT), (name, rule)
        assert finding.evidence.total() == pytest.approx(finding.logit, abs=1e-4)


def test_the_manifest_holds_this_networks_features_of_the_drawn_squares(weights):
    below = {name.removeprefix("backbone."): t for name, t in weights.state.items() if name.startswith("backbone.")}
    assert lowest_cosine(unpacked(find(BACKBONE).features), features(below)) > 0.99999


def test_the_plain_network_still_gives_them(weights):
    below = {name.removeprefix("backbone."): t for name, t in weights.state.items() if name.startswith("backbone.")}
    score = plain_score(weights.state, below)
    # The smaller square, which needs interpolated positions, and a whole one.
    for name in ("clouds_173x131.png", "grain_243x229.jpg"):
        with torch.inference_mode():
            assert score(square_of(pictures()[name], "crop")) == pytest.approx(CASES[name, "crop"], abs=EXACT)


def test_half_precision_stays_within_a_tenth_where_it_is_used(weights):
    half = DETECTORS.get("univfd")(weights.state, torch.device("cpu"), "fp16")
    if half.precision == "fp16":
        block = DETECTORS.get("univfd").prepare(pictures()[ASKED[0]], "crop").block
        assert half.logit(block) == pytest.approx(CASES[ASKED[0], "crop"], abs=FASTER)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA GPU")
@pytest.mark.parametrize(("precision", "within"), [("fp32", EXACT), ("fp16", FASTER)])
def test_a_gpu_meets_them_too(weights, precision, within):
    on_gpu = DETECTORS.get("univfd")(weights.state, torch.device("cuda"), precision)
    for (name, rule), expected in CASES.items():
        assert on_gpu.logit(DETECTORS.get("univfd").prepare(pictures()[name], rule).block) == pytest.approx(expected, abs=within)


def test_without_a_choice_the_service_takes_the_head_on_this_backbone(real_backbone):
    with DetectorService(Settings.load(weights_dir=real_backbone, device="cpu")) as service:
        assert {one.detector for one in service.availability() if one.usable} == {"lfm", "prc", "univfd"}
        analysis = service.analyse(np.array(pictures()[ASKED[1]]), "univfd", rule="crop")
    assert analysis.logit == pytest.approx(CASES[ASKED[1], "crop"], abs=EXACT)


def test_score_asks_all_three_detectors_and_each_verdict_has_limits(real_backbone, tmp_path):
    environment = {**os.environ, "FORENSICS_WEIGHTS_DIR": str(real_backbone), "FORENSICS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "forensics_ui", "score", *(str(HERE / name) for name in ASKED)]
    command += ["--detector", "all", "--input-rule", "crop", "--device", "cpu", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=200)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    joined = [record for record in records if record["detector"] == "joined"]
    assert len(records) == 8 and len(joined) == 2
    for record in joined:
        assert [part["detector"] for part in record["parts"]] == ["prc", "lfm", "univfd"] and record["likelihood_ratio"]
    for record in (record for record in records if record not in joined):
        name = os.path.basename(record["path"])
        others = next(case["logits"] for case in OTHERS if case["picture"] == name and case["rule"] == "crop")
        expected = {"lfm": others["lfm_distilled"], "prc": others["prc_joined"], "univfd": CASES[name, "crop"]}[record["detector"]]
        assert record["logit"] == pytest.approx(expected, abs=EXACT)
        assert record["probability"] is not None and record["verdict"]
