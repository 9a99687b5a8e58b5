"""UnivFD's head finds CLIP where it is: in the weights folder, or in other programs' caches; here with a tiny CLIP."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest
import torch
from safetensors.torch import save_file

from forensics_ui.core.errors import WeightsMissing
from forensics_ui.core.settings import Settings
from forensics_ui.service.service import DetectorService
from forensics_ui.weightstore import backbone
from tests.detectors.helpers_networks import photo_like
from tests.detectors.test_univfd import by_hand, tiny_clip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A weights folder with a head of 48 features; no CLIP in it, and no caches of other programs."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(backbone.Path, "home", lambda: tmp_path / "home")
    head = {"weight": torch.randn(1, 48, generator=torch.Generator().manual_seed(1)), "bias": torch.tensor([0.5])}
    _listed(tmp_path, "head", head, detector="univfd", role="head")
    (tmp_path / "manifest.json").write_text(json.dumps({"weights": []}))
    return tmp_path


def _listed(folder, name, state, **card):
    save_file({key: tensor.contiguous() for key, tensor in state.items()}, folder / f"{name}.safetensors")
    digest = hashlib.sha256((folder / f"{name}.safetensors").read_bytes()).hexdigest()
    (folder / f"{name}.json").write_text(json.dumps({"name": name, "sha256": digest, **card}))
    return digest


def score(folder):
    with DetectorService(Settings.load(weights_dir=folder, device="cpu")) as service:
        return service.analyse(photo_like(224, 224), "univfd")


def test_without_clip_the_head_alone_is_not_usable_and_says_why(folder):
    with pytest.raises(WeightsMissing):
        score(folder)


def test_clip_in_the_weights_folder_is_used_and_both_are_named(folder):
    clip = tiny_clip()
    digest = _listed(folder, "clip_vit_l14_openai", clip, detector="univfd", role="backbone")
    analysis = score(folder)
    head = torch.randn(1, 48, generator=torch.Generator().manual_seed(1))
    state = {**{f"backbone.{k}": v for k, v in clip.items()}, "weight": head, "bias": torch.tensor([0.5])}
    assert analysis.logit == pytest.approx(by_hand(state, photo_like(224, 224)), abs=1e-4)
    assert analysis.weights == "head+clip_vit_l14_openai" and analysis.weights_sha256.endswith(f"+{digest}")


def test_clip_in_the_hub_cache_is_found(folder):
    _listed(folder, "clip_vit_l14_openai", tiny_clip(), detector="univfd", role="backbone")
    expected = score(folder).logit
    snapshot = folder / "hub" / "models--timm--vit_large_patch14_clip_224.openai" / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    shutil.move(folder / "clip_vit_l14_openai.safetensors", snapshot / backbone.HUB_FILE)
    assert score(folder).logit == expected
