"""`bank build` and `bank query` as people run them: processes, real files, JSON on standard output, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from forensics_ui.cli import main
from tests.bank.tiny_tower import install_tower
from tests.detectors.helpers_networks import photo_like

RECORD = (
    "path sha256 format width height error bank bank_sha256 input_rule device precision detector weights weights_sha256 "
    "neighbours votes nearest same_file notes seconds"
).split()


def bank(folder: Path, *arguments: str | Path) -> tuple[int, list[str], str]:
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(folder / "data"), "FORENSICS_WEIGHTS_DIR": str(folder / "weights")}
    command = [sys.executable, "-m", "forensics_ui", "bank", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode, [line for line in done.stdout.splitlines() if line], done.stderr


def bank_here(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, list[str], str]:
    """The same in this process, which has torch already: for the many ways to be refused."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_DATA_DIR", str(folder / "data"))
        patch.setenv("FORENSICS_WEIGHTS_DIR", str(folder / "weights"))
        try:
            code = main(["bank", *map(str, arguments)])
        except SystemExit as usage:
            code = usage.code
    said = capsys.readouterr()
    return code, [line for line in said.out.splitlines() if line], said.err


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bank")
    install_tower(folder / "weights")
    for label, source in (("0_real", "camera"), ("1_fake", "gan")):
        where = folder / "pictures" / label / source
        where.mkdir(parents=True)
        for i in range(3):
            Image.fromarray(photo_like(240 + 8 * i, 256, seed=10 * (source == "gan") + i)).save(where / f"{i}.png")
    Image.fromarray(photo_like(250, 300, seed=99)).save(folder / "asked.png")
    return folder


@pytest.fixture(scope="module")
def built(folder: Path) -> dict:
    code, lines, _ = bank(folder, "build", folder / "pictures", "--out", folder / "b.safetensors", "--input-rule", "crop", "--json")
    assert code == 0
    return json.loads(lines[0])


@pytest.mark.slow
def test_a_bank_is_built_and_built_again_without_computing_and_byte_for_byte(folder: Path, built: dict):
    assert (built["real"], built["fake"], built["features_computed"], built["input_rule"]) == (3, 3, 6, "crop")
    again = json.loads(bank(folder, "build", folder / "pictures", "--out", folder / "b2.safetensors", "--input-rule", "crop", "--json")[1][0])
    assert again["features_computed"] == 0 and again["sha256"] == built["sha256"]


@pytest.mark.slow
def test_one_json_line_per_file_with_neighbours_and_votes_and_a_bad_file_harms_nobody(folder: Path, built: dict):
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    in_it = folder / "pictures" / "1_fake" / "gan" / "1.png"
    code, lines, _ = bank(folder, "query", folder / "bad.jpg", folder / "asked.png", in_it, "--bank", folder / "b.safetensors", "--json")
    bad, asked, same = map(json.loads, lines)
    assert code == 1 and bad["error"] and bad["error_code"]
    assert list(asked) == RECORD and asked["bank_sha256"] == built["sha256"] and asked["error"] is None
    assert list(asked["votes"]) == ["1", "3", "5", "9"] and len(asked["neighbours"]) == 6 and asked["votes"]["9"]["fewer_than_k"]
    assert asked["neighbours"][0]["distance"] == pytest.approx(min(asked["nearest"].values()), abs=1e-5)
    assert same["same_file"]["name"] == "1.png" and len(same["neighbours"]) == 5 and same["same_file"]["distance"] == pytest.approx(0, abs=1e-5)


def test_words_without_json_are_evidence_and_not_a_judgement(folder: Path, built: dict, capsys):
    code, lines, _ = bank_here(folder, capsys, "query", folder / "asked.png", "--bank", folder / "b.safetensors", "--k", "3,1")
    assert code == 0 and "of 1," in lines[0] and "of 3" in lines[0] and len(lines) == 5
    assert "not proof of origin" in lines[-1] and "is fake" not in " ".join(lines)


def test_a_picture_that_is_too_small_is_left_out_with_its_reason(folder: Path, built: dict, capsys):
    small = folder / "pictures" / "0_real" / "camera" / "small.png"
    Image.fromarray(photo_like(100, 100)).save(small)
    try:
        code, lines, message = bank_here(folder, capsys, "build", folder / "pictures", "--out", folder / "b3.safetensors", "--json")
    finally:
        small.unlink()
    found = json.loads(lines[0])
    assert code == 1 and found["real"] == 3 and "too small for features of CLIP" in found["failed"][0]["error"] and "small.png" in message


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("query", "asked.png", "--bank", "none"), "no bank called 'none'"),
        (("query", "asked.png", "--bank", "asked.png"), "not a feature bank"),
        (("query", "asked.png", "--bank", "b.safetensors", "--input-rule", "native"), "built under the rule 'crop'"),
        (("query", "asked.png", "--bank", "b.safetensors", "--weights", "other/other.safetensors"), "made by another network"),
        (("query", "asked.png", "--bank", "b.safetensors", "--k", "0"), "numbers from 1"),
        (("build", "nowhere", "--out", "x.safetensors"), "no folder 'nowhere'"),
        (("build", "data", "--out", "x.safetensors"), "both classes"),
        (("build", "pictures", "--out", "x.safetensors", "--detector", "lfm"), "'lfm' has none"),
        (("build", "pictures", "--out", "no/such/x.safetensors"), "no folder for"),
    ],
)
def test_what_cannot_run_says_so_and_exits_with_2(folder: Path, built: dict, arguments: tuple[str, ...], sentence: str, capsys):
    if not (folder / "other").exists():
        install_tower(folder / "other", "other", layers=1)
    paths = [str(folder / word) if "." in word or word in ("pictures", "data", "nowhere", "no/such/x.safetensors") else word for word in arguments]
    code, lines, message = bank_here(folder, capsys, *paths)
    assert code == 2 and not lines and sentence in message
