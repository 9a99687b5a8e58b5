"""CLIP out of a package's wheel: an ONNX file of quantised matrices becomes a tower; here a file that the tests write."""

from __future__ import annotations

import hashlib
import json
import zipfile

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

WIDTH, HIDDEN, OUT, PATCH, GRID = 64, 128, 32, 32, 7


def field(number: int, kind: int, value: bytes | int) -> bytes:
    """One field as protocol buffers write it."""
    key = varint(number << 3 | kind)
    return key + (varint(value) if isinstance(value, int) else varint(len(value)) + value)


def varint(value: int) -> bytes:
    value, out = value & (1 << 64) - 1, b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def tensor(name: str, array: np.ndarray) -> bytes:
    """An initializer; scales and zeros stand in typed lists, as exporters write small ones."""
    kind = {"float32": 1, "int8": 3}[array.dtype.name]
    body = b"".join(field(1, 0, size) for size in array.shape) + field(2, 0, kind) + field(8, 2, name.encode())
    if name.endswith("_scale"):
        body += field(4, 2, array.tobytes())
    elif name.endswith("_zero_point"):
        body += field(5, 2, b"".join(varint(int(value)) for value in array))
    else:
        body += field(9, 2, array.tobytes())
    return field(5, 2, body)


@pytest.fixture(scope="module")
def tensors() -> dict[str, np.ndarray]:
    """Every tensor that the converter looks for, of a narrow tower of twelve blocks."""
    random = np.random.default_rng(0)
    sizes = {"weight": (WIDTH,), "bias": (WIDTH,)}
    made = {
        "embeddings.class_embedding": (WIDTH,),
        "embeddings.position_embedding.weight": (GRID**2 + 1, WIDTH),
        "embeddings.patch_embedding.weight": (WIDTH, 3, PATCH, PATCH),
        **{f"{norm}.{part}": (WIDTH,) for norm in ("pre_layrnorm", "post_layernorm") for part in sizes},
    }
    matrices = []
    for layer in range(clip_onnx.LAYERS):
        at = f"encoder.layers.{layer}."
        made |= {f"{at}layer_norm{n}.{part}": (WIDTH,) for n in (1, 2) for part in sizes}
        made |= {f"{at}self_attn.{part}_proj.bias": (WIDTH,) for part in ("q", "k", "v", "out")}
        made |= {f"{at}mlp.fc1.bias": (HIDDEN,), f"{at}mlp.fc2.bias": (WIDTH,)}
        matrices += [(WIDTH, WIDTH)] * 4 + [(WIDTH, HIDDEN), (HIDDEN, WIDTH)]
    found = {f"vision_model.{name}": random.normal(size=shape).astype(np.float32) for name, shape in made.items()}
    for number, shape in enumerate([*matrices, (WIDTH, OUT)], 995):  # across a change in the number of digits
        found[f"onnx::MatMul_{number}_quantized"] = random.integers(-128, 128, shape).astype(np.int8)
        found[f"onnx::MatMul_{number}_zero_point"] = random.integers(-128, 128, shape[1]).astype(np.int8)
        found[f"onnx::MatMul_{number}_scale"] = random.uniform(1e-4, 1e-3, shape[1]).astype(np.float32)
    return found


@pytest.fixture(scope="module")
def onnx(tensors) -> bytes:
    return field(1, 0, 8) + field(7, 2, field(2, 2, b"graph") + b"".join(tensor(*item) for item in tensors.items()))


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


def packed(folder, onnx: bytes, **wrong: str) -> WeightsEntry:
    """A wheel in a folder of its own, and the entry that names it."""
    file = folder / "tower-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tower/clip.onnx", onnx)
        archive.writestr("tower-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tower\nVersion: 1.0\n")
        archive.writestr("tower-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tower-1.0.dist-info/RECORD", "")
    known = {
        "package": "tower==1.0",
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "size": file.stat().st_size,
        "member": "tower/clip.onnx",
        "member_sha256": hashlib.sha256(onnx).hexdigest(),
        "converter": "clip_onnx",
        **wrong,
    }
    return WeightsEntry("tower", "univfd", "tower.safetensors", sha256="0" * 64, role="backbone", wheel=known)


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
