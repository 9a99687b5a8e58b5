"""One core: real files, the real intake, the real service, a small set of weights with a card made here."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from PIL import Image
from safetensors.torch import save_file

from forensics_ui.core.errors import TruncatedImage
from forensics_ui.core.settings import Settings
from forensics_ui.detectors.lfm import LFM
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like, plain_logit, seeded

CALIBRATION = {"n_real": 100, "threshold_strong": 1e6, "threshold_some": -1e6, "threshold_low": -2e6}


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    state = seeded("lfm").state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "small.safetensors")
    digest = hashlib.sha256((folder / "small.safetensors").read_bytes()).hexdigest()
    card = {"name": "small", "detector": "lfm", "sha256": digest, "preliminary": True, "calibration": {"native": CALIBRATION}}
    (folder / "small.json").write_text(json.dumps(card))
    return Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")


@pytest.fixture(scope="module")
def workbench(settings):
    with Workbench(settings) as made:
        yield made


@pytest.fixture
def png() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(photo_like(101, 150)).save(buffer, "PNG")
    return buffer.getvalue()


def test_a_record_names_the_pixels_weights_rule_and_precision_that_made_it(workbench, png):
    picture = workbench.open(png, "a.png")
    record = workbench.score(picture, "lfm").record.as_dict()
    assert record["sha256"] == hashlib.sha256(png).hexdigest()
    assert (record["width"], record["height"], record["format"]) == (150, 101, "PNG")
    assert (record["detector"], record["weights"], record["input_rule"], record["precision"], record["device"]) == (
        "lfm",
        "small",
        "native",
        "fp32",
        "cpu",
    )
    assert record["logit"] == pytest.approx(plain_logit(seeded("lfm"), photo_like(101, 150)[:100]), abs=1e-4)
    assert record["verdict"] == "some evidence of generation"
    assert any("1 row" in reason for reason in record["reasons"]) and "error" not in record
    json.dumps(record)


def test_the_card_counts_only_for_the_very_bytes_it_names(workbench, png):
    analysis = workbench.score(workbench.open(png, "a.png"), "lfm").analysis
    assert workbench.judge_of(analysis).card.name == "small"
    object.__setattr__(analysis, "weights_sha256", "0" * 64)
    assert not workbench.judge_of(analysis).card
    object.__setattr__(analysis, "weights_sha256", hashlib.sha256((workbench.settings.weights_dir / "small.safetensors").read_bytes()).hexdigest())


def test_too_small_is_an_answer_not_an_error(workbench):
    buffer = io.BytesIO()
    Image.new("RGB", (1, 1)).save(buffer, "PNG")
    scored = workbench.score(workbench.open(buffer.getvalue(), "dot.png"), "lfm")
    assert scored.record.verdict == "not applicable" and "too small" in scored.record.reasons[0] and scored.analysis is None


def test_the_same_bytes_are_computed_once(workbench, png):
    first = workbench.score(workbench.open(png, "a.png"), "lfm", rule="crop").analysis
    assert workbench.score(workbench.open(png, "another name.png"), "lfm", rule="crop").analysis is first


def test_partial_pictures_are_opened_on_request_and_get_no_verdict(workbench):
    buffer = io.BytesIO()
    Image.fromarray(photo_like(256, 256)).save(buffer, "JPEG", quality=90)
    torn = buffer.getvalue()[: len(buffer.getvalue()) // 2]
    with pytest.raises(TruncatedImage):
        workbench.open(torn, "torn.jpg")
    picture = workbench.open(torn, "torn.jpg", partial=True)
    assert 0 < picture.complete < 1
    record = workbench.score(picture, "lfm").record
    assert record.verdict == "inconclusive" and "partial" in record.reasons[0]


def test_a_score_alone_does_not_stand_in_for_one_with_evidence(workbench, png, monkeypatch):
    monkeypatch.setattr(LFM, "logits", lambda self, blocks, checkpoint: [1.5 for _ in blocks])
    picture = workbench.open(png, "a.png")
    alone = [workbench.score(picture, "lfm", rule="crop", evidence=False) for _ in range(2)]
    assert [one.record.logit for one in alone] == [1.5, 1.5] and alone[0].analysis.evidence is None
    shown = workbench.score(picture, "lfm", rule="crop").analysis
    assert shown.evidence is not None and shown.logit != 1.5
