"""The service with weights that lie in a folder, as people have them."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import safetensors.torch

from forensics_ui.core.errors import WeightsMissing
from forensics_ui.core.settings import Settings
from forensics_ui.service import DetectorService
from forensics_ui.service.installed import lacking_backbone
from forensics_ui.words import say
from tests.detectors.helpers_networks import photo_like, plain_logit, seeded
from tests.detectors.test_univfd import state_with_head
from tests.refusals import refused


def install(folder, detector, name, state, **card):
    """Put weights with their card into the folder."""
    file = folder / f"{name}.safetensors"
    safetensors.torch.save_file({key: tensor.contiguous() for key, tensor in state.items()}, file)
    card = {"detector": detector, "name": name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), **card}
    file.with_suffix(".json").write_text(json.dumps(card), encoding="utf-8")
    return card["sha256"]


@pytest.fixture
def folder(tmp_path):
    return tmp_path


@pytest.fixture
def service(folder):
    with DetectorService(Settings(data_dir=folder, weights_dir=folder, device="cpu")) as service:
        yield service


def test_the_default_weights_of_the_folder_are_used_and_named(service, folder):
    network = seeded("lfm")
    sha256 = install(folder, "lfm", "lfm_ours", network.state_dict())
    picture = photo_like(300, 300)
    analysis = service.analyse(picture, "lfm")
    assert (analysis.weights, analysis.weights_sha256) == ("lfm_ours", sha256)
    assert analysis.logit == pytest.approx(plain_logit(network, picture), abs=1e-3)


def test_weights_can_be_given_as_a_file_and_reports_never_name_its_folder(service, folder):
    install(folder / "..", "lfm", "elsewhere", seeded("lfm", 1).state_dict())
    analysis = service.analyse(photo_like(64, 64), "lfm", weights=str(folder.parent / "elsewhere.safetensors"))
    assert analysis.weights == "elsewhere.safetensors"
    assert str(folder.parent) not in json.dumps([m.__dict__ for m in service.status().models])


def test_without_weights_the_command_that_gets_them_is_named(service):
    with refused(WeightsMissing, "weights get lfm_official"):
        service.submit(photo_like(64, 64), "lfm")
    sentences = {a.detector: say(a.why) for a in service.availability()}
    assert all(f"weights get {name}_official" in sentences[name] for name in ("lfm", "npr", "univfd"))


def test_a_head_that_lacks_only_its_tower_says_which_and_the_one_command(service, folder):
    state = state_with_head()
    tower = {
        "name": "tower",
        "title": "CLIP tower",
        "detector": "univfd",
        "role": "backbone",
        "file": "tower.pt",
        "licence": "MIT",
        "sha256": "0" * 64,
    }
    (folder / "manifest.json").write_text(json.dumps({"weights": [{**tower, "source": "https://example.org/tower.pt"}]}))
    head = {key: state[key] for key in ("weight", "bias")}
    install(folder, "univfd", "head", head, role="head", backbone={"name": "tower", "sha256": "0" * 64})
    assert lacking_backbone("univfd", folder).name == "tower" and lacking_backbone("lfm", folder) is None
    with pytest.raises(WeightsMissing, match="but not CLIP tower, the network that they stand on; `weights get tower` fetches it"):
        service.submit(photo_like(256, 256), "univfd")
    (folder / "manifest.json").write_text(json.dumps({"weights": [{**tower, "source": "https://example.org/tower.pt", "licence": None}]}))
    assert lacking_backbone("univfd", folder) is None, "without a licence a person has to agree first"


def test_a_head_alone_is_not_enough_and_with_its_backbone_it_scores(service, folder):
    state = state_with_head()
    install(folder, "univfd", "head", {key: state[key] for key in ("weight", "bias")}, role="head")
    with refused(WeightsMissing, "weights get clip_vit_l14_openai"):
        service.submit(photo_like(256, 256), "univfd")
    below = {key.removeprefix("backbone."): tensor for key, tensor in state.items() if key.startswith("backbone.")}
    install(folder, "univfd", "tower", below, role="backbone")
    assert {a.detector: a.usable for a in service.availability()}["univfd"]
    assert np.isfinite(service.analyse(photo_like(256, 256), "univfd").logit)
