from __future__ import annotations

import io
import json
import os
import pickle
import struct
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import pytest
import torch
from fabricated_weights import head
from safetensors.torch import save_file
from torch import nn

from forensics_ui.core.errors import WeightsError, WeightsMismatch
from forensics_ui.weightstore import load
from forensics_ui.weightstore.hashes import digest_file
from forensics_ui.weightstore.load import load_weights
from tests.refusals import refused


class Payload:
    """A pickle of this makes a folder when it is read."""

    def __init__(self, marker: Path) -> None:
        self.marker = str(marker)

    def __reduce__(self):
        return os.system, (f'mkdir "{self.marker}"',)


def list_entry(folder: Path, **fields) -> None:
    entry = {"name": "listed", "source": "https://weights.example/x", "licence": "MIT", **fields}
    (folder / "manifest.json").write_text(json.dumps({"weights": [entry]}))


def test_the_payload_would_run_in_a_plain_pickle(tmp_path):
    pickle.loads(pickle.dumps(Payload(tmp_path / "ran")))
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize("wrap", ["bare pickle", "torch", "legacy torch", "nested"])
def test_code_in_a_checkpoint_is_never_run(tmp_path, wrap):
    payload, file = Payload(tmp_path / "ran"), tmp_path / "evil.pth"
    if wrap == "bare pickle":
        file.write_bytes(pickle.dumps(payload))
    else:
        content = {"model": head() | {"x": payload}} if wrap == "nested" else head() | {"x": payload}
        torch.save(content, file, _use_new_zipfile_serialization=wrap != "legacy torch")
    with refused(WeightsMismatch, "other than plain tensors"):
        load_weights(file)
    assert not (tmp_path / "ran").exists()


def test_a_file_with_the_wrong_hash_meets_no_parser(tmp_path, monkeypatch):
    torch.save(head(), tmp_path / "head.pth")
    list_entry(tmp_path, detector="univfd", file="head.pth", sha256="0" * 64)
    monkeypatch.setattr(load, "_parse", lambda *arguments: pytest.fail("parsed before it was checked"))
    for name in ("listed", tmp_path / "head.pth"):
        with refused(WeightsMismatch, "not the file it is listed as"):
            load_weights(name, weights_dir=tmp_path)


def test_a_card_with_another_hash_keeps_its_file_closed(tmp_path):
    save_file(head(), tmp_path / "ours.safetensors")
    (tmp_path / "ours.json").write_text(json.dumps({"detector": "univfd", "sha256": "0" * 64}))
    with refused(WeightsMismatch, "not the file it is listed as"):
        load_weights(tmp_path / "ours.safetensors")


@pytest.mark.parametrize("data", [
    b"",
    b"\x00" * 7,
    struct.pack("<Q", 2**63) + b"{}",
    struct.pack("<Q", 90 << 20) + b"{}",
    struct.pack("<Q", 500) + b"{}",
    struct.pack("<Q", 4) + b"nope" + bytes(100),
    struct.pack("<Q", 2) + b"{}" + bytes(100),
    struct.pack("<Q", 70) + b'{"weight":{"dtype":"F32","shape":[99999999999],"data_offsets":[0,8]}} ' + bytes(8),
], ids=["empty", "short", "huge header", "header over the file", "header beyond", "no json", "no tensors", "shape beyond"])  # fmt: skip
def test_a_broken_safetensors_file_is_refused_in_a_sentence(tmp_path, data):
    (tmp_path / "bad.safetensors").write_bytes(data)
    with refused(WeightsMismatch, r"^(bad\.safetensors is not a s|These are not weights)"):
        load_weights(tmp_path / "bad.safetensors")


def test_a_huge_header_that_is_really_there_is_refused_unread(tmp_path):
    header = b'{"weight":' + b" " * (load.HEADER_BYTES + 1) + b"}"
    (tmp_path / "bad.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with refused(WeightsMismatch, "header claims"):
        load_weights(tmp_path / "bad.safetensors")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 torn"])
def test_a_torn_checkpoint_is_refused_in_a_sentence(tmp_path, data):
    (tmp_path / "torn.pth").write_bytes(data)
    with refused(WeightsMismatch, r"^torn\.pth "):
        load_weights(tmp_path / "torn.pth")


def test_a_tensor_that_claims_more_than_its_file_is_refused(tmp_path):
    torch.save({"weight": torch.zeros(1).expand(1 << 40), "bias": torch.zeros(1)}, tmp_path / "big.pth")
    with refused(WeightsMismatch, "more than a file of its size"):
        load_weights(tmp_path / "big.pth")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of the reading process is limited on Linux only")
def test_a_compressed_bomb_ends_in_its_own_process(tmp_path):
    plain, bomb = io.BytesIO(), tmp_path / "bomb.pth"
    torch.save({"weight": torch.zeros(300 << 20, dtype=torch.uint8)}, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as out:
        for name in source.namelist():
            out.writestr(name, source.read(name))
    assert bomb.stat().st_size < 8 << 20
    with refused(WeightsMismatch, "memory"):
        load_weights(bomb)


def test_a_reader_that_does_not_end_is_given_up(tmp_path, monkeypatch):
    torch.save(head(), tmp_path / "slow.pth")
    monkeypatch.setattr(load, "UNPICKLE_SECONDS", 0.01)
    with refused(WeightsError, "was given up"):
        load_weights(tmp_path / "slow.pth")


def test_a_reader_that_dies_is_said_in_a_sentence(tmp_path, monkeypatch):
    torch.save(head(), tmp_path / "some.pth")
    run = subprocess.run
    monkeypatch.setattr(load.subprocess, "run", lambda command, **options: run([sys.executable, "-c", "import os; os.abort()"], **options))
    with refused(WeightsMismatch, "ended by itself"):
        load_weights(tmp_path / "some.pth")


class ImageTower(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 2, bias=False)
        self.proj = nn.Parameter(torch.ones(4, 4))
        self.class_embedding = nn.Parameter(torch.ones(4))

    def forward(self, x):
        return self.conv1(x).sum() + self.proj.sum() + self.class_embedding.sum()


class Clip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.visual, self.text_projection = ImageTower(), nn.Parameter(torch.ones(2))

    def forward(self, x):
        return self.visual(x) + self.text_projection.sum()


@pytest.fixture
def torchscript(tmp_path) -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.trace(Clip(), torch.zeros(1, 3, 4, 4)).save(str(tmp_path / "clip.pt"))
    return tmp_path / "clip.pt"


def test_torchscript_is_opened_only_where_its_hash_is_listed(tmp_path, torchscript):
    with refused(WeightsError, "not opened"):
        load_weights(torchscript, weights_dir=tmp_path)
    list_entry(tmp_path, detector="univfd", role="backbone", file="clip.pt")
    with refused(WeightsError, "not opened"):
        load_weights("listed", weights_dir=tmp_path)
    list_entry(tmp_path, detector="univfd", role="backbone", file="clip.pt", sha256=digest_file(torchscript).sha256)
    assert set(load_weights("listed", weights_dir=tmp_path).state) == {"visual.conv1.weight", "visual.proj", "visual.class_embedding"}


def test_torchscript_under_another_suffix_is_refused(tmp_path, torchscript):
    renamed = torchscript.rename(tmp_path / "clip.pth")
    with refused(WeightsMismatch, r"^clip\.pth "):
        load_weights(renamed, weights_dir=tmp_path)
