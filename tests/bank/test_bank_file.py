"""A bank file: the same bytes for the same bank, and a sentence for everything that is not one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from forensics_ui.bank.file import FORMAT, BadBank, Bank, Row, read_bank, write_bank
from tests.refusals import refused

HASHES = [f"{i:064x}" for i in range(6)]


def small_bank(width: int = 8) -> Bank:
    features = np.random.default_rng(0).normal(size=(6, width)).astype(np.float32)
    rows = tuple(Row(f"{i}.png", "generator" if i % 2 else "camera", HASHES[i]) for i in range(6))
    return Bank(features, np.array([0, 1] * 3, np.uint8), rows, "tiny_clip", "ab" * 32, "crop")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_bank(small_bank(), tmp_path / "bank.safetensors")
    return tmp_path / "bank.safetensors"


def test_what_was_written_is_read_and_the_same_bank_gives_the_same_bytes(file: Path):
    bank, first = read_bank(file), file.read_bytes()
    assert np.array_equal(bank.features, small_bank().features) and bank.rows == small_bank().rows
    assert (bank.rule, bank.backbone, bank.name) == ("crop", "tiny_clip", "bank.safetensors") and bank.counts() == {"real": 3, "fake": 3}
    assert write_bank(small_bank(), file) == bank.sha256 and file.read_bytes() == first


def test_names_with_control_characters_are_shown_harmless(tmp_path: Path):
    bank = small_bank()
    evil = Bank(bank.features, bank.labels, (Row("\x1b[2Jx\ny", "\u202egnp", HASHES[0]), *bank.rows[1:]), "a\nb", "ab" * 32, "crop")
    write_bank(evil, tmp_path / "b.safetensors")
    read = read_bank(tmp_path / "b.safetensors")
    assert not any(c in read.rows[0].name + read.rows[0].source + read.backbone for c in "\x1b\n\u202e")


def altered(file: Path, metadata: dict[str, str] | None = None, **arrays: np.ndarray) -> Path:
    """The same bank with other parts; its own hash is left as it was."""
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    stated = json.loads(data[8 : 8 + length])["__metadata__"]
    bank = small_bank()
    rows = json.dumps([[r.name, r.source, r.sha256] for r in bank.rows], separators=(",", ":")).encode()
    own = {"features": bank.features, "labels": bank.labels, "rows": np.frombuffer(rows, np.uint8)}
    save_file({**own, **arrays}, file, metadata={**stated, **(metadata or {})})
    return file


def test_the_helper_alone_changes_nothing(file: Path):
    assert read_bank(altered(file)).counts() == {"real": 3, "fake": 3}


def text(value: object) -> np.ndarray:
    return np.frombuffer(json.dumps(value).encode(), np.uint8)


@pytest.mark.parametrize(
    ("metadata", "arrays", "sentence"),
    [
        ({"format": "something else"}, {}, "not a feature bank"),
        ({"input_rule": "squeeze"}, {}, "does not say by which network and input rule"),
        ({"backbone_sha256": "ab"}, {}, "does not say by which network"),
        ({"content_sha256": "0" * 64}, {}, "changed after it was built"),
        ({}, {"labels": np.array([1, 0] * 3, np.uint8)}, "changed after it was built"),
        ({}, {"labels": np.array([0, 1, 2, 0, 1, 2], np.uint8)}, "marked 0 and 1"),
        ({}, {"labels": np.zeros(6, np.uint8)}, "real and generated"),
        ({}, {"labels": np.array([0, 1], np.uint8)}, "6 features, 2 labels and 6 names"),
        ({}, {"labels": np.array([0, 1] * 3, np.int64)}, "does not hold what a bank holds"),
        ({}, {"extra": np.zeros(1, np.float32)}, "does not hold what a bank holds"),
        ({}, {"features": np.full((6, 8), np.nan, np.float32)}, "not numbers"),
        ({}, {"features": np.zeros((6, 8), np.float32)}, "only zeros"),
        ({}, {"features": np.zeros((0, 8), np.float32)}, "contradicts itself"),
        ({}, {"rows": text({"a": 1})}, "list of pictures"),
        ({}, {"rows": text([["a", "b"]] * 6)}, "cannot be read"),
        ({}, {"rows": text([["a", "b", 3]] * 6)}, "cannot be read"),
        ({}, {"rows": text([["a", "b", "c"]] * 6)}, "lacks the hash"),
        ({}, {"rows": np.frombuffer(b"[" * 100_000, np.uint8)}, "cannot be read"),
    ],
)
def test_a_bank_that_was_tampered_with_is_refused_in_a_sentence(file: Path, metadata: dict[str, str], arrays: dict[str, np.ndarray], sentence: str):
    with refused(BadBank, sentence):
        read_bank(altered(file, metadata, **arrays))


@pytest.mark.parametrize(
    "data",
    [b"", b"\0" * 7, b"\xff" * 64, b"PK\x03\x04" * 50, (10**12).to_bytes(8, "little") + b"{}", (2).to_bytes(8, "little") + b"[]", b"\x80\x02."],
)
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, data: bytes):
    (tmp_path / "x").write_bytes(data)
    with refused(BadBank, "x is not a feature bank"):
        read_bank(tmp_path / "x")


@pytest.mark.parametrize("cut", [1, 100, 300])
def test_a_torn_bank_is_refused(file: Path, cut: int):
    file.write_bytes(file.read_bytes()[:-cut])
    with refused(BadBank, "not a sound safetensors file"):
        read_bank(file)


def test_a_header_that_claims_the_format_and_lies_about_its_tensors_is_refused(tmp_path: Path):
    metadata = {"format": FORMAT, "input_rule": "crop", "backbone_sha256": "a" * 64, "content_sha256": "b" * 64}
    for entry in ({"dtype": "F32", "shape": [10**9, 10**9], "data_offsets": [0, 4]}, {"dtype": "F99", "shape": [1], "data_offsets": [0, 4]}, 7):
        header = json.dumps({"__metadata__": metadata, "features": entry}).encode()
        (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 4)
        with refused(BadBank, "not a sound safetensors"):
            read_bank(tmp_path / "x")


def test_what_is_not_there_is_said(tmp_path: Path):
    with refused(BadBank, "no bank called 'none'"):
        read_bank(tmp_path / "none")
    with refused(BadBank, "cannot be read"):
        read_bank(tmp_path)
