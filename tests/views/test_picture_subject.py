"""Views over the real workbench: real files, the real intake and service, weights with cards made here."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from forensics_ui.core.errors import Cancelled, NotApplicable, WeightsMissing
from forensics_ui.core.settings import Settings
from forensics_ui.inversion.invert import invert
from forensics_ui.inversion.network import Inverter
from forensics_ui.verdict import own_reals
from forensics_ui.views import VIEWS
from forensics_ui.views.common import threshold_of
from forensics_ui.workbench import Workbench
from forensics_ui.workbench.subject import PictureSubject
from tests.refusals import refused
from tests.views.helpers_views import look, photo_like, state_of

CALIBRATION = {"n_real": 100, "threshold_strong": 9.0, "threshold_some": 1.5, "threshold_low": -2.0}


def install(folder, name, detector, state, **card):
    save_file({key: tensor.contiguous() for key, tensor in state.items()}, folder / f"{name}.safetensors")
    digest = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"name": name, "detector": detector, "sha256": digest, **card}))


def seeded_inverter():
    torch.manual_seed(5)
    return Inverter().eval()


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    install(folder, "small", "lfm", state_of("lfm"), calibration={"crop": CALIBRATION})
    install(folder, "inverter", "inverter", seeded_inverter().state_dict(), role="inverter")
    save_file({key: tensor.contiguous() for key, tensor in state_of("npr").items()}, folder / "own.safetensors")
    with Workbench(Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")) as made:
        yield made


def opened(workbench, rgb, name="a.png"):
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return workbench.open(buffer.getvalue(), name)


def test_only_detectors_with_weights_can_be_asked(workbench):
    picture = opened(workbench, photo_like(64, 64))
    assert PictureSubject(workbench, picture).detectors() == ["lfm"]
    own = {"npr": str(workbench.settings.weights_dir / "own.safetensors")}
    assert PictureSubject(workbench, picture, weights=own).detectors() == ["lfm", "npr"]
    assert PictureSubject(workbench, picture, weights=own, detectors=["npr"]).detectors() == ["npr"]


def test_an_exact_map_adds_up_to_the_score_of_the_service(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(120, 161)))
    found = look(VIEWS.get("evidence")(), subject).numbers["detectors"]["lfm"]
    record = workbench.score(subject.picture, "lfm").record
    assert found["bias"] + found["sum_of_places"] == pytest.approx(record.logit, abs=1e-4)


def test_the_threshold_is_the_cards_and_only_for_its_rule(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(64, 64)))
    assert subject.threshold("lfm", "crop") == 1.5
    assert subject.threshold("lfm") is None
    assert subject.threshold_origin("lfm", "crop") == "from the weights' card"
    assert threshold_of(subject, "lfm") == (0.0, "0, because these weights are not calibrated")


def test_a_limit_that_own_photographs_set_is_called_theirs(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(300, 300)))
    sha256 = subject.analysis("lfm", "crop").weights_sha256
    part = {
        "detector": "lfm",
        "weights": "small",
        "weights_sha256": sha256,
        "rule": "crop",
        "largest_side": 300,
        "logits": {"as_they_come": [7.0] * 60},
    }
    own = {"name": "newsroom", "folder": "photos", "made": "2026-01-02T03:04:05Z", "pictures": 60, "failed": {}, "parts": [part]}
    theirs = PictureSubject(workbench, subject.picture, reference_set=own_reals.save(own, workbench.settings.data_dir))
    assert threshold_of(theirs, "lfm", "crop") == (7.0001, "from your own photographs 'newsroom'")
    shown = look(VIEWS.get("region")(), theirs)
    assert any("the threshold +7.000 (from your own photographs 'newsroom')" in line for line in shown.sentences)
    assert threshold_of(subject, "lfm", "crop") == (1.5, "from the weights' card")


def test_a_picture_that_is_too_small_is_a_sentence(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(20, 20)))
    with refused(NotApplicable, "too small for LFM"):
        subject.analysis("lfm")
    with refused(NotApplicable, "too small for LFM"):
        subject.logit_of(photo_like(20, 20), "lfm")


def test_the_same_pixels_are_scored_once(workbench, monkeypatch):
    subject = PictureSubject(workbench, opened(workbench, photo_like(64, 64)))
    calls = []
    submit = workbench.service.submit
    monkeypatch.setattr(workbench.service, "submit", lambda *a, **k: calls.append(1) or submit(*a, **k))
    other = photo_like(64, 64, seed=9)
    assert subject.logit_of(other, "lfm") == subject.logit_of(other.copy(), "lfm")
    assert PictureSubject(workbench, subject.picture).logit_of(other, "lfm") == subject.logit_of(other, "lfm")
    assert len(calls) == 1
    subject.logit_of(other, "lfm", "crop")
    assert len(calls) == 2


def test_the_plain_network_has_the_same_weights(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(96, 96)))
    shown = look(VIEWS.get("cam")(), subject, check=False)
    assert shown.numbers["detectors"]["lfm"]["layer"] == "cnn"
    assert torch.equal(subject.plain_network("lfm").fc1.weight, state_of("lfm")["fc1.weight"])
    assert subject.plain_network("lfm") is subject.plain_network("lfm")


def test_weights_that_are_not_there_are_told(workbench):
    subject = PictureSubject(workbench, opened(workbench, photo_like(96, 96)))
    with pytest.raises(WeightsMissing):
        subject.plain_network("npr")


def test_the_built_in_inverter_rebuilds_the_picture(workbench):
    rgb = photo_like(65, 98)
    shown = look(VIEWS.get("difference")(), PictureSubject(workbench, opened(workbench, rgb)))
    assert np.array_equal(shown.panes[1].values, invert(seeded_inverter(), rgb))
    assert shown.panes[1].values.shape == rgb.shape


def test_without_the_inverters_weights_a_second_picture_is_asked_for(tmp_path):
    with Workbench(Settings.load(weights_dir=tmp_path, data_dir=tmp_path, device="cpu")) as bare:
        subject = PictureSubject(bare, opened(bare, photo_like(64, 64)))
        assert subject.detectors() == []
        with refused(NotApplicable, "give a second picture; the built-in inverter's weights are not installed"):
            subject.inverted()


def test_a_long_score_stops_when_nobody_wants_it_any_more(workbench):
    heard = []

    def stop(done, total):
        heard.append((done, total))
        raise Cancelled("enough")

    subject = PictureSubject(workbench, opened(workbench, photo_like(1400, 1400)), on_progress=stop)
    with pytest.raises(Cancelled):
        subject.analysis("lfm")
    assert len(heard) == 1
