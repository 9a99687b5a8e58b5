"""OpenAI's own file of CLIP goes before the converted one, and says whether a head's limits hold on it; here small towers."""

from __future__ import annotations

import hashlib
import json
import warnings

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.core.settings import Settings
from forensics_ui.service.likeness import features, packed, squares
from forensics_ui.weightstore import alike
from forensics_ui.weightstore.backbone import backbone_file
from forensics_ui.weightstore.manifest import card_of
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like
from tests.detectors.test_univfd import block_head, tiny_clip
from tests.refusals import refused

ROW = {"threshold_some": 1e6, "threshold_strong": 2e6, "threshold_low": -1e6, "n_real": 500, "platt": {"a": 0.1, "b": 0.0}, "range": [0.01, 0.99]}


@pytest.fixture(scope="module")
def tower():
    return tiny_clip()


@pytest.fixture
def folder(tmp_path, tower, monkeypatch):
    """A head whose limits were measured on a converted tower, and a manifest that knows another file of it."""
    monkeypatch.setattr(alike, "_found", {})
    below = saved(tmp_path / "copy.safetensors", tower)
    head = {name: tensor for name, tensor in block_head(tower).items() if not name.startswith("backbone.")}
    own = saved(tmp_path / "head.safetensors", head)
    card = {"name": "head", "detector": "univfd", "role": "head", "sha256": own, "backbone": {"name": "copy", "sha256": below}, "licence": "MIT"}
    (tmp_path / "head.json").write_text(json.dumps(card | {"calibration": {"native": ROW}}))
    copy = {"name": "copy", "file": "copy.safetensors", "sha256": below, "features": packed(features(tower))}
    listed(tmp_path, copy)
    return tmp_path


def saved(file, state) -> str:
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def listed(folder, *entries) -> None:
    (folder / "manifest.json").write_text(json.dumps({"weights": [{"detector": "univfd", "role": "backbone", **entry} for entry in entries]}))


class Visual(nn.Module):
    """Tensors under OpenAI's names; what it computes is not used."""

    def __init__(self, state) -> None:
        super().__init__()
        for name, tensor in state.items():
            at, *path = self, *name.split(".")
            for part in path[:-1]:
                if not hasattr(at, part):
                    at.add_module(part, nn.Module())
                at = getattr(at, part)
            at.register_parameter(path[-1], nn.Parameter(tensor))

    def forward(self, x):
        return x * self.visual.proj.sum()


def lay(folder, state, name: str = "theirs.pt") -> str:
    """OpenAI's form: a TorchScript archive in half precision, with more in it than the image tower."""
    halves = {name: tensor.half() for name, tensor in state.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(Visual({**halves, "text_projection": torch.ones(2).half()}), torch.zeros(1).half()).save(str(folder / name))
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    copy = json.loads((folder / "manifest.json").read_text())["weights"][0]
    listed(folder, copy, {"name": "theirs", "file": name, "sha256": digest, "instead_of": "copy", "licence": "MIT"})
    return digest


def answer(folder, tmp_path):
    """The record of a picture, by the head and what is found for it."""
    with Workbench(Settings.load(weights_dir=folder, data_dir=tmp_path / "data", device="cpu")) as workbench:
        file = tmp_path / "picture.png"
        Image.fromarray(photo_like(224, 224)).save(file)
        return workbench.score(workbench.open(file), "univfd", rule="native").record


def test_without_it_the_converted_tower_is_used_and_the_card_judges(folder, tmp_path):
    record = answer(folder, tmp_path)
    assert record.weights == "head+copy" and record.probability is not None
    assert not list(folder.glob("*.likeness"))


def test_the_laid_file_is_taken_and_keeps_the_card_where_it_sees_alike(folder, tmp_path, tower):
    before = answer(folder, tmp_path)
    digest = lay(folder, tower)
    record = answer(folder, tmp_path)
    assert record.weights == "head+theirs" and record.weights_sha256.endswith(f"+{digest}")
    assert record.logit == pytest.approx(before.logit, abs=0.05)
    assert (record.verdict, record.reasons[0]) == (before.verdict, before.reasons[0]) and record.probability is not None
    noted = json.loads((folder / "theirs.pt.likeness").read_text())
    assert noted["cosine"] > 0.9999 and noted["sha256"] == digest


def test_one_that_sees_otherwise_is_taken_and_verdicts_say_that_limits_are_of_other_weights(folder, tmp_path, tower):
    lay(folder, {name: tensor + 0.1 * tensor.std() * torch.randn_like(tensor) if tensor.numel() > 1 else tensor for name, tensor in tower.items()})
    record = answer(folder, tmp_path)
    assert record.weights == "head+theirs" and record.probability is None and record.verdict == "inconclusive"
    assert "measured with other weights" in record.reasons[0] and "'copy'" in record.reasons[0]


def test_another_process_knows_what_was_found_and_an_unreadable_note_counts_as_nothing(folder, tmp_path, tower, monkeypatch):
    lay(folder, tower)
    record = answer(folder, tmp_path)
    made_by = record.weights, record.weights_sha256, "univfd", folder
    monkeypatch.setattr(alike, "_found", {})
    assert card_of(*made_by).speaks_of(record.weights_sha256)
    monkeypatch.setattr(alike, "_found", {})
    (folder / "theirs.pt.likeness").write_text("{ torn")
    card = card_of(*made_by)
    assert card.measured_on == "copy" and not card.calibration


def test_a_file_of_that_name_with_other_bytes_is_not_taken(folder, tmp_path, tower):
    lay(folder, tower)
    with (folder / "theirs.pt").open("ab") as file:
        file.write(b"x")
    assert backbone_file("univfd", folder, "head") == "copy"


def test_a_tower_of_another_size_is_refused_in_a_sentence(folder, tmp_path):
    lay(folder, tiny_clip(width=64, output=32))
    with refused(WeightsMismatch, "no head on the blocks of a CLIP tower"):
        answer(folder, tmp_path)


def test_the_drawn_squares_are_what_the_manifests_features_are_of():
    drawn = squares()
    assert drawn.shape == (4, 224, 224, 3)
    # Another version of NumPy may round a few values otherwise; the pictures are the same.
    assert [square.mean() for square in drawn] == pytest.approx([133.02, 127.52, 159.07, 119.71], abs=0.01)
