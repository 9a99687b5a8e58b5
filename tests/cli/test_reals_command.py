"""`reals` as people run it: a process, a folder of photographs, a set that `score` then judges by."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PIL import Image
from safetensors.torch import save_file

from tests.detectors.helpers_networks import photo_like, seeded


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reals")
    (folder / "photos").mkdir()
    for seed in range(60):
        Image.fromarray(photo_like(56, 64, seed)).save(folder / "photos" / f"{seed}.jpg", quality=95)
    save_file({name: tensor.contiguous() for name, tensor in seeded("lfm").state_dict().items()}, folder / "own.safetensors")
    return folder


def run(folder, *arguments, **more):
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(folder / "data"), "FORENSICS_WEIGHTS_DIR": str(folder), **more}
    done = subprocess.run([sys.executable, "-m", "forensics_ui", *arguments], capture_output=True, text=True, env=environment, timeout=180)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
def test_make_list_judge_and_forget(folder):
    photos, weights = str(folder / "photos"), str(folder / "own.safetensors")
    code, told, problem = run(folder, "reals", "make", photos, "--name", "newsroom", "--rules", "crop", "--weights", weights, "--json")
    assert code == 0, problem
    made = json.loads(told)
    account = made["accounts"][0]
    assert made["pictures"] == 60 and account["conditions"]["jpeg96"]["n"] == 60 and account["conditions"]["jpeg96"]["threshold"] is not None
    assert "newsroom" in run(folder, "reals", "list")[1] and "60 photographs" in run(folder, "reals", "show", "newsroom")[1]
    asked = ("score", str(folder / "photos" / "3.jpg"), "--weights", weights, "--input-rule", "crop", "--json")
    by_flag, by_environment = run(folder, *asked, "--own-reals", "newsroom"), run(folder, *asked, FORENSICS_OWN_REALS="newsroom")
    for code, told, problem in (by_flag, by_environment):
        assert code == 0, problem
        record = json.loads(told)
        assert record["own_reals"].startswith("newsroom (") and any("60 in this condition" in reason for reason in record["reasons"])
    assert "own_reals" not in json.loads(run(folder, *asked)[1])
    looked = run(folder, "view", "region", *asked[1:], "--own-reals", "newsroom")
    assert looked[0] == 0 and "from your own photographs 'newsroom'" in looked[1], looked[2]
    assert run(folder, "reals", "forget", "newsroom")[0] == 0
    code, _, problem = run(folder, *asked, "--own-reals", "newsroom")
    assert code == 2 and "no stored set" in problem
