from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
import torch
from fabricated_weights import head, lfm_as_published, npr_names
from safetensors.torch import save_file

from forensics_ui.core.errors import WeightsError, WeightsMismatch, WeightsMissing
from forensics_ui.weightstore.load import load_weights
from tests.refusals import refused

SHARED = Path(__file__).resolve().parents[3] / "shared"


def saved(folder: Path, state, name: str = "some.pth") -> Path:
    # What is not about pickles goes through safetensors, which needs no process of its own and is quicker.
    (save_file if name.endswith(".safetensors") else torch.save)(state, folder / name)
    return folder / name


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "manifest.json").write_text('{"weights": []}')
    return tmp_path


def listed(folder: Path, path: Path, **changes) -> None:
    fields = {"name": "listed", "detector": "lfm", "file": path.name, "source": "https://weights.example/x", "licence": "MIT"}
    fields |= {"sha256": hashlib.sha256(path.read_bytes()).hexdigest(), **changes}
    (folder / "manifest.json").write_text(json.dumps({"weights": [fields]}))


def test_a_published_lfm_checkpoint_gets_our_names(folder):
    published = lfm_as_published()
    loaded = load_weights(saved(folder, published), weights_dir=folder)
    assert loaded.detector == "lfm"
    assert loaded.sha256 == hashlib.sha256((folder / "some.pth").read_bytes()).hexdigest()
    assert set(published) - set(loaded.state) == {"downsample_conv.weight", "upsample_conv.weight"} | {
        f"cnn.layer{i}.1.num_batches_tracked" for i in (1, 2, 3, 4)
    }
    assert all(torch.equal(tensor, published[name]) for name, tensor in loaded.state.items())


@pytest.mark.parametrize("nest", ["model", "state_dict"])
def test_a_nested_checkpoint_of_a_parallel_run_is_unwrapped(folder, nest):
    state = lfm_as_published()
    wrapped = {nest: {f"module.{name}": tensor for name, tensor in state.items()}, "optimizer": {"state": {}}, "total_steps": 5}
    loaded = load_weights(saved(folder, wrapped), "lfm", folder)
    assert torch.equal(loaded.state["fc1.weight"], state["fc1.weight"])
    assert not any(name.startswith("module.") for name in loaded.state)


def test_other_sampling_than_the_papers_is_refused(folder):
    state = lfm_as_published()
    state["upsample_conv.weight"] = state["upsample_conv.weight"] * 0.5
    with refused(WeightsMismatch, "not the fixed 2x2 nearest sampling"):
        load_weights(saved(folder, state, "some.safetensors"), weights_dir=folder)


def test_a_head_saved_inside_the_whole_model_is_a_head(folder):
    inside = {f"fc.{name}": tensor for name, tensor in head().items()}
    loaded = load_weights(saved(folder, inside, "some.safetensors"), weights_dir=folder)
    assert loaded.detector == "univfd"
    assert torch.equal(loaded.state["weight"], head()["weight"])


@pytest.mark.parametrize(("state", "asked", "sentence"), [
    (lfm_as_published(), "npr", "These are weights of LFM, not of NPR"),
    (npr_names(), "lfm", "These are weights of NPR, not of LFM"),
    (npr_names() | {"layer3.0.conv1.weight": torch.ones(1)}, "npr", "whole ResNet-50"),
    ({"decoder.weight": torch.ones(3)}, None, "holds 1 tensors, the first ones named 'decoder.weight'"),
    ({"decoder.weight": torch.ones(3)}, "lfm", "not weights of LFM, NPR, PRC or UnivFD"),
])  # fmt: skip
def test_weights_of_another_network_are_refused(folder, state, asked, sentence):
    with refused(WeightsMismatch, sentence):
        load_weights(saved(folder, state, "some.safetensors"), asked, folder)


def test_a_detector_that_came_later_may_name_its_tensors_as_it_likes(folder):
    assert load_weights(saved(folder, {"own.weight": torch.ones(3)}, "some.safetensors"), "later", folder).detector == "later"


def test_values_that_are_not_numbers_are_refused(folder):
    with refused(WeightsMismatch, "not numbers"):
        load_weights(saved(folder, head() | {"bias": torch.tensor([float("nan")])}, "some.safetensors"), weights_dir=folder)


def test_our_own_weights_come_with_their_card_and_entry(folder):
    save_file(head(), folder / "ours.safetensors")
    sha256 = hashlib.sha256((folder / "ours.safetensors").read_bytes()).hexdigest()
    (folder / "ours.json").write_text(json.dumps({"detector": "univfd", "sha256": sha256, "preliminary": True, "trained_on": 12}))
    loaded = load_weights("ours", "univfd", folder)
    assert loaded.card.fields["trained_on"] == 12
    assert loaded.entry.preliminary
    assert (loaded.name, loaded.sha256) == ("ours", sha256)


def test_a_file_is_known_by_its_hash_wherever_it_lies(folder, tmp_path_factory):
    file = saved(tmp_path_factory.mktemp("elsewhere"), head(), "renamed.safetensors")
    listed(folder, file, detector="univfd", file="original.safetensors")
    assert load_weights(file, weights_dir=folder).name == "listed"


def test_a_file_that_nobody_listed_is_named_as_a_file(folder):
    loaded = load_weights(saved(folder, head(), "mine.safetensors"), weights_dir=folder)
    assert loaded.name == "mine.safetensors"
    assert loaded.entry is None


def test_a_name_that_does_not_exist_is_answered_with_the_known_ones(folder):
    listed(folder, saved(folder, head()))
    with refused(WeightsMissing, "'nothing'; the known weights are listed"):
        load_weights("nothing", weights_dir=folder)


def test_a_bare_file_name_is_looked_for_in_the_weights_folder_but_a_path_is_not(folder):
    saved(folder, head(), "mine.safetensors")
    assert load_weights("mine.safetensors", weights_dir=folder).detector == "univfd"
    with pytest.raises(WeightsMissing):
        load_weights(folder / "elsewhere" / "mine.safetensors", weights_dir=folder)


def test_listed_weights_that_are_not_here_are_said_to_be_missing(folder):
    file = saved(folder, head())
    listed(folder, file)
    file.unlink()
    with refused(WeightsMissing, "not installed"):
        load_weights("listed", weights_dir=folder)


@pytest.mark.parametrize("suffix", [".pt", ".pt2", ".ckpt", ".bin", ".onnx", ""])
def test_formats_that_can_hold_code_are_not_opened(folder, suffix):
    file = saved(folder, head(), f"some{suffix}")
    with refused(WeightsError, "not opened"):
        load_weights(file, weights_dir=folder)


@pytest.mark.parametrize(("file", "name", "detector"), [
    ("weights/lfm_official.pth", "lfm_official", "lfm"),
    ("weights/univfd_fc_official.pth", "univfd_official", "univfd"),
    ("golden/npr_seeded_state.pth", "npr_seeded_state.pth", "npr"),
])  # fmt: skip
def test_the_authors_files_load_as_published(file, name, detector):
    if not (SHARED / file).is_file():
        pytest.skip("the authors' files are not here")
    loaded = load_weights(SHARED / file, detector)
    assert (loaded.name, loaded.detector) == (name, detector)
    assert all(tensor.is_floating_point() for tensor in loaded.state.values())
