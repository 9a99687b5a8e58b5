"""`view` as people run it: a process, real files, PNG files and JSON, exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import save_file

from forensics_ui.cli.view import split_words
from forensics_ui.core.errors import ForensicsError
from forensics_ui.imaging.colour import colourise
from forensics_ui.imaging.npr import npr
from forensics_ui.views import VIEWS
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like, state_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    Image.fromarray(photo_like(91, 120)).save(folder / "good.png")
    Image.fromarray(photo_like(91, 120, seed=4)).save(folder / "second.png")
    Image.fromarray(photo_like(1, 30)).save(folder / "thin.png")
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    save_file({name: tensor.contiguous() for name, tensor in state_of("lfm").items()}, folder / "own.safetensors")
    return folder


def view(folder, *arguments):
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(folder / "data"), "FORENSICS_WEIGHTS_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "-m", "forensics_ui", "view", *arguments], capture_output=True, text=True, env=environment, timeout=120, encoding="utf-8"
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_every_pane_becomes_a_lossless_picture_and_the_numbers_json(folder, tmp_path):
    out = tmp_path / "new" / "place"
    code, text, _ = view(folder, "npr_channels", str(folder / "good.png"), "--out", str(out), "--l", "3", "--gain=4", "--sign", "absolute")
    assert code == 0
    names = {"npr_channels_original.png", "npr_channels_npr_red.png", "npr_channels_npr_green.png", "npr_channels_npr_blue.png", "npr_channels.json"}
    assert {file.name for file in out.iterdir()} == names and all(name in text for name in names)
    rgb = photo_like(91, 120)
    assert np.array_equal(np.asarray(Image.open(out / "npr_channels_original.png")), rgb)
    expected = colourise(np.abs(npr(rgb, 3))[..., 1], 0, 255 / 4, "inferno")
    written = np.asarray(Image.open(out / "npr_channels_npr_green.png"))
    assert written.shape == rgb.shape and np.array_equal(written[:90], expected)
    record = json.loads((out / "npr_channels.json").read_text(encoding="utf-8"))
    assert record["options"]["l"] == 3 and record["numbers"]["scale"] == [0.0, 255 / 4]


def test_the_numbers_are_those_of_the_view_itself(folder):
    code, text, _ = view(folder, "evidence", str(folder / "good.png"), "--json", "--weights", str(folder / "own.safetensors"), "--detector", "lfm")
    record = json.loads(text)
    expected = look(VIEWS.get("evidence")(), FakeSubject(photo_like(91, 120), ("lfm",))).numbers["detectors"]["lfm"]
    assert code == 0
    assert record["numbers"]["detectors"]["lfm"]["logit"] == pytest.approx(expected["logit"], abs=1e-4)
    assert record["shows"] == VIEWS.get("evidence").shows and record["misleads"]


def test_a_second_picture_is_compared(folder):
    code, text, _ = view(folder, "difference", str(folder / "good.png"), "--second", str(folder / "second.png"), "--json")
    assert code == 0 and json.loads(text)["numbers"]["inverted_by"] == "the second picture"


@pytest.mark.parametrize(
    ("name", "file", "words"), [("npr_channels", "thin.png", "too small"), ("file", "bad.jpg", "bad.jpg"), ("topk", "good.png", "not installed")]
)
def test_a_picture_without_an_answer_is_told_and_fails_alone(folder, name, file, words):
    code, text, message = view(folder, name, str(folder / file), "--json")
    assert code == 1 and words in message and json.loads(text)["error"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing", "good.png", "--json"], "no view called 'nothing'"),
        (["npr_channels", "good.png"], "--out"),
        (["npr_channels"], "takes the name of a view and one file"),
        (["npr_channels", "good.png", "--json", "--l", "99"], "not between 2 and 16"),
        (["npr_channels", "good.png", "--json", "--colour", "red"], "no option 'colour'"),
        (["npr_channels", "good.png", "--json", "--l"], "needs a value"),
        (["seen", "good.png", "--json", "--detector", "nobody"], "no detector called 'nobody'"),
    ],
)
def test_what_cannot_run_says_so_and_exits_with_2(folder, arguments, words):
    code, text, message = view(folder, *arguments)
    assert code == 2 and not text and words in message


def test_the_list_names_every_view_and_its_options(folder):
    code, text, _ = view(folder, "--list")
    assert code == 0 and all(f"{name}: " in text for name in VIEWS.names()) and "--gain 1..64" in text
    code, text, _ = view(folder, "--list", "--json")
    assert {each["name"] for each in json.loads(text)} == set(VIEWS.names())


def test_words_and_options_may_come_in_any_order():
    assert split_words(["cam", "--layer", "late", "a.jpg", "--side=real"]) == (["cam", "a.jpg"], {"layer": "late", "side": "real"})
    with refused(ForensicsError, "--layer needs a value"):
        split_words(["cam", "--layer"])
