"""Every detector against the logits that the plain networks gave for pictures that lie beside this file."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch
from PIL import Image

from forensics_ui.core.errors import NotApplicable
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.base import Detector
from forensics_ui.weightstore.load import load_weights
from tests.golden.make_golden import HERE, LOGITS, SHIPPED, STATES, plain_score

EXACT, FASTER = 1e-3, 0.1
CPU = torch.device("cpu")
GOLDEN = json.loads(LOGITS.read_text(encoding="utf-8"))
CASES = GOLDEN["cases"]


def rgb_of(picture: str) -> np.ndarray:
    return np.asarray(Image.open(HERE / picture).convert("RGB"))


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    return {name: rgb_of(name) for name in GOLDEN["pixels_sha256"]}


@pytest.fixture(scope="module", params=sorted(STATES))
def golden(request):
    kind, make = STATES[request.param]
    return request.param, DETECTORS.get(kind), make()


def worst(golden, pictures, score, rules=("native", "crop", "paper")) -> float:
    """The largest difference to the golden logits; a verdict that changes its sign fails at once."""
    name, kind, _ = golden
    differences, known = [], {}
    for case in CASES:
        if name not in case["logits"] or case["rule"] not in rules:
            continue
        block = kind.prepare(pictures[case["picture"]], case["rule"]).block
        # Native and crop are the same pixels of a small picture: scored once.
        key = block.shape, block.tobytes()
        ours = known[key] = known[key] if key in known else score(block)
        expected = case["logits"][name]
        assert (ours > 0) == (expected > 0), case
        differences.append(abs(ours - expected))
    return max(differences)


def test_the_pictures_and_the_weights_are_those_the_logits_are_of(pictures):
    found = {name: hashlib.sha256(rgb).hexdigest() for name, rgb in pictures.items()}
    assert found == GOLDEN["pixels_sha256"]
    # New weights need new logits: python -m tests.golden.make_golden
    assert {name: load_weights(name).sha256 for name in SHIPPED} == GOLDEN["weights_sha256"]


def test_every_detector_and_rule_has_golden_logits():
    of_states = {(STATES[name][0], case["rule"]) for case in CASES for name in case["logits"]}
    assert of_states == {(name, rule) for name, _ in DETECTORS for rule in ("native", "crop", "paper")}


def test_the_plain_network_still_gives_them(golden, pictures):
    _, kind, state = golden
    score = plain_score(kind.spec.name, state)
    with torch.inference_mode():
        assert worst(golden, pictures, score) < EXACT


def test_findings_and_scores_alone_meet_them_within_a_thousandth(golden, pictures):
    _, kind, state = golden
    detector = kind(state, CPU)
    assert worst(golden, pictures, lambda block: detector.findings([block])[0].logit) < EXACT
    if kind.logits is not Detector.logits:
        assert worst(golden, pictures, detector.logit) < EXACT


def test_a_faster_path_stays_within_a_tenth(golden, pictures):
    _, kind, state = golden
    half = kind(state, CPU, "fp16")
    # Half precision is slow on a processor: one rule stands for the three.
    if half.precision == "fp16":
        assert worst(golden, pictures, half.logit, ("crop",)) < FASTER


def test_what_has_no_golden_logit_is_refused_or_larger_than_one_square(golden, pictures):
    name, kind, _ = golden
    for case in (case for case in CASES if name not in case["logits"]):
        rgb = pictures[case["picture"]]
        if kind.spec.name == "prc":
            assert max(rgb.shape) > 256
        else:
            with pytest.raises(NotApplicable):
                kind.prepare(rgb, case["rule"])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA GPU")
@pytest.mark.parametrize(("precision", "within"), [("fp32", EXACT), ("fp16", FASTER)])
def test_a_gpu_meets_them_too(golden, pictures, precision, within):
    _, kind, state = golden
    assert worst(golden, pictures, kind(state, torch.device("cuda"), precision).logit) < within
