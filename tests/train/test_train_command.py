"""The command as a person runs it: a process of its own, pictures in, weights and card out."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from forensics_ui.core.settings import PROJECT
from forensics_ui.detectors.networks import LFMNet, NPRNet


def train(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "forensics_ui", "train", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=250, cwd=PROJECT)


@pytest.mark.slow
def test_folders_in_weights_and_card_out_and_the_second_call_adds_nothing(tmp_path: Path, make_pictures: Callable[..., Path]):
    folder, out = make_pictures(tmp_path / "train", 3, 136, 0), tmp_path / "out"
    test = make_pictures(tmp_path / "test", 2, 136, 1)
    validation = make_pictures(tmp_path / "validation", 2, 136, 2)
    call = ("lfm", folder, "--validation", validation, "--test", test, "--out", out, "--epochs", 5, "--seed", 1, "--json")
    first = train(*call)
    assert first.returncode == 0, first.stderr
    card = json.loads(first.stdout)
    assert card["training"]["steps"] == 2 and card["figures_set"] == "test"
    assert card["data"]["test"] == {"real": {"real-one-1": 2, "real-two-1": 2}, "fake": {"fake-one-1": 2, "fake-two-1": 2}}
    assert card["figures"]["jpeg80"]["native"]["n_fake"] == 4 and card["calibration"]["crop"]["n_real"] == 4
    assert json.loads((out / "lfm_own.json").read_text()) == card and (out / "lfm_own.md").is_file()
    LFMNet().load_state_dict(load_file(out / "lfm_own.safetensors"), strict=True)
    assert "AUC on validation pictures" in first.stderr
    again = json.loads(train(*call).stdout)
    assert again["sha256"] == card["sha256"]


@pytest.mark.slow
def test_a_variant_with_a_teacher_and_a_start_is_measured_by_its_card_and_refused_by_score(tmp_path: Path, make_pictures: Callable[..., Path]):
    folder, out = make_pictures(tmp_path / "train", 3, 136, 0), tmp_path / "out"
    save_file(NPRNet().state_dict(), tmp_path / "teacher.safetensors")
    torch.save({k: v for k, v in LFMNet().state_dict().items() if not k.endswith("num_batches_tracked")}, tmp_path / "start.pth")
    call = (
        "lfm",
        folder,
        "--out",
        out,
        "--epochs",
        3,
        "--no-rks",
        "--teacher",
        tmp_path / "teacher.safetensors",
        "--start-from",
        tmp_path / "start.pth",
    )
    done = train(*call, "--json")
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert card["name"] == "lfm_own_rks-false" and card["ablation"] == {"rks": False} and card["detector"] == "lfm_ablation"
    given = {
        what: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        for what, name in (("teacher", "teacher.safetensors"), ("start_from", "start.pth"))
    }
    assert {what: card["training"][what]["sha256"] for what in given} == given and card["training"]["teacher"]["name"] == "teacher.safetensors"
    assert card["figures"]["halved"]["crop"]["n_fake"] > 0
    page = (out / "lfm_own_rks-false.md").read_text()
    assert "rks = False" in page and "detectors refuse them" in page and given["teacher"] in page
    picture = next(folder.rglob("*.png"))
    command = [sys.executable, "-m", "forensics_ui", "score", str(picture), "--weights", str(out / "lfm_own_rks-false.safetensors")]
    refused = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=PROJECT)
    assert refused.returncode != 0 and "trained for comparison" in refused.stdout + refused.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("lfm", "no-such-folder"), "no folder"),
        (("npr", "tests", "--preset", "best"), "no preset 'best'"),
        (("lfm", "tests/train"), "both classes"),
        (("npr", "tests", "--pool", "gap"), "NPR has no pool"),
        (("lfm", "tests", "--reference", "top"), "neither a number nor average nor maximum"),
        (("univfd", "tests", "--teacher", "x.pth"), "--teacher is for lfm and npr"),
        (("lfm", "tests", "--backbone", "x.pt"), "--backbone is for univfd"),
        (("npr", "tests", "--learn-test", "--test", "tests"), "--learn-test is for prc"),
        (("prc", "tests", "--learn-test"), "--learn-test needs pictures under --test"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str):
    done = train(*arguments, "--out", tmp_path / "out")
    assert done.returncode == 2 and sentence in done.stderr and "Traceback" not in done.stderr
