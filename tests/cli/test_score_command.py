"""`score` as people run it: a process, real files, JSON on standard output, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from PIL import Image, PngImagePlugin
from safetensors.torch import save_file

from tests.detectors.helpers_networks import photo_like, seeded

FIELDS = (
    "path sha256 format width height detector weights weights_sha256 input_rule device precision logit probability verdict reasons seconds file_says "
    "reason_codes"
).split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(photo_like(90, 120)).save(folder / "good.png")
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    save_file({name: tensor.contiguous() for name, tensor in seeded("lfm").state_dict().items()}, folder / "own.safetensors")
    return folder


def score(folder, *arguments):
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(folder / "data"), "FORENSICS_WEIGHTS_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-m", "forensics_ui", "score", *arguments], capture_output=True, text=True, env=environment, timeout=120)
    return done.returncode, [line for line in done.stdout.splitlines() if line], done.stderr


def test_one_json_line_per_file_and_a_bad_file_harms_nobody(folder):
    files = [str(folder / "bad.jpg"), str(folder / "good.png")]
    code, lines, _ = score(folder, *files, "--weights", str(folder / "own.safetensors"), "--json")
    bad, good = map(json.loads, lines)
    assert code == 1
    assert bad["error"] and bad["error_code"] and bad["logit"] is None
    assert list(good) == FIELDS and good["path"] == files[1] and isinstance(good["logit"], float)


def test_words_without_json(folder):
    code, lines, _ = score(folder, str(folder / "good.png"), "--weights", str(folder / "own.safetensors"), "--input-rule", "crop")
    assert code == 0 and "inconclusive" in lines[0] and "crop" in lines[0] and "not calibrated" in lines[1]


@pytest.fixture(scope="module")
def named(folder):
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", "a boat\nSteps: 20, Sampler: Euler, Seed: 7, Size: 512x512, Model: sd_xl_base_1.0")
    Image.fromarray(photo_like(90, 120)).save(folder / "named.png", pnginfo=info)
    return str(folder / "named.png")


def test_what_the_file_says_of_itself_stands_first_and_leaves_the_verdict_alone(folder, named):
    given = [named, "--weights", str(folder / "own.safetensors"), "--input-rule", "crop"]
    code, lines, _ = score(folder, *given)
    assert code == 0 and "inconclusive" in lines[1]
    assert lines[0] == (f'{named}: The file says: made with Stable Diffusion web UI (A1111 format), model "sd_xl_base_1.0" (anyone can write this).')
    (record,) = map(json.loads, score(folder, *given, "--json")[1])
    (claim,) = record["file_says"]
    assert record["verdict"] == "inconclusive" and claim["trust"] == "anyone_can_write"
    assert claim["sentence"] in lines[0] and {"name": "seed", "text": "7"} in claim["fields"]


def test_what_cannot_run_says_so_and_exits_with_2(folder):
    code, lines, message = score(folder, str(folder / "good.png"), "--detector", "nobody")
    assert code == 2 and not lines and "nobody" in message and "Traceback" not in message
