"""`evaluate` as people run it: a process on small labelled folders, seeded weights, exact figures."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import pytest
from PIL import Image
from sklearn.metrics import accuracy_score, average_precision_score, roc_auc_score

from forensics_ui.cli import main
from tests.evaluation.labelled_pictures import EACH, true_logits, write_pictures, write_set, write_weights


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("evaluate")
    write_set(place / "set")
    write_weights(place)
    return place


@pytest.fixture
def command(place, monkeypatch, capsys):
    """The command in this process: its exit code, output and messages."""
    monkeypatch.setenv("FORENSICS_DATA_DIR", str(place / "data"))
    monkeypatch.setenv("FORENSICS_WEIGHTS_DIR", str(place))

    def command(*arguments):
        try:
            code = main(["evaluate", *map(str, arguments), *with_weights(place)])
        except SystemExit as stopped:
            code = stopped.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def with_weights(place):
    return "--weights", str(place / "lfm_seeded.safetensors"), "--device", "cpu"


@pytest.fixture(scope="module")
def record(place):
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(place / "data"), "FORENSICS_WEIGHTS_DIR": str(place)}
    arguments = [str(place / "set"), *with_weights(place), "--json", "--threshold", "0.25", "--out", str(place / "out")]
    done = subprocess.run(
        [sys.executable, "-m", "forensics_ui", "evaluate", *arguments], capture_output=True, text=True, env=environment, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_figures_are_those_of_the_network_and_scikit_learn(place, record):
    (detector,) = record["detectors"]
    assert (detector["detector"], detector["input_rule"], detector["threshold"]["value"]) == ("lfm", "native", 0.25)
    accuracies = []
    for row in detector["generators"]:
        real, fake = (true_logits(place / "set" / row["name"] / label) for label in ("0_real", "1_fake"))
        y, scores = [0] * EACH + [1] * EACH, real + fake
        assert row["figures"]["acc"] == pytest.approx(accuracy_score(y, [score >= 0.25 for score in scores]), abs=1e-6)
        assert row["figures"]["ap"] == pytest.approx(average_precision_score(y, scores), abs=1e-6)
        assert row["figures"]["auc"] == pytest.approx(roc_auc_score(y, scores), abs=1e-6)
        assert row["intervals"]["acc"][0] <= row["figures"]["acc"] <= row["intervals"]["acc"][1]
        assert sum(row["confusion"].values()) == 2 * EACH
        accuracies.append(row["figures"]["acc"])
    assert [row["name"] for row in detector["generators"]] == ["AttGAN", "BEGAN"]
    assert detector["mean"]["figures"]["acc"] == pytest.approx(sum(accuracies) / 2, abs=1e-6)
    assert record["confounds"]["alarm"] == [] and record["failed"] == []


def test_files_are_written_beside_the_answer(place, record):
    out = place / "out"
    assert json.loads((out / "results.json").read_text(encoding="utf-8")) == record
    for plot in ("roc-lfm.png", "pr-lfm.png"):
        with Image.open(out / plot) as picture:
            assert picture.width > 500 and len(picture.convert("RGB").getcolors(2**24)) > 20
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["generator"] for row in rows] == ["AttGAN", "BEGAN", "(mean)", "(all together)"]
    assert float(rows[0]["acc"]) == record["detectors"][0]["generators"][0]["figures"]["acc"]
    with (out / "scores.csv").open(encoding="utf-8-sig", newline="") as stream:
        scores = [float(row["logit"]) for row in csv.DictReader(stream) if row["path"].startswith("BEGAN/1_fake")]
    assert sorted(scores) == pytest.approx(sorted(true_logits(place / "set" / "BEGAN" / "1_fake")), abs=1e-3)


def test_a_table_like_the_papers_with_the_preset_s_own_rule(command, place):
    code, out, _ = command(place / "set", "--preset", "gangen")
    assert code == 0 and "beside LFM, Table 1" in out and "98.2" in out and "input rule native" in out
    assert "not here: CramerGAN, InfoMaxGAN" in out and "papers' test code" in out
    header = next(line for line in out.splitlines() if line.startswith("generator"))
    assert header.split() == ["generator", "real", "fake", "Acc.", "A.P.", "AUC", "real", "acc.", "fake", "acc.", "found@1%", "found@5%"]


def test_bad_files_cost_the_exit_code_and_not_the_figures(command, tmp_path):
    write_pictures(tmp_path / "set" / "real", 0)
    write_pictures(tmp_path / "set" / "fake", 20)
    (tmp_path / "set" / "fake" / "torn.png").write_bytes((tmp_path / "set" / "fake" / "20.png").read_bytes()[:3000])
    (tmp_path / "set" / "fake" / "empty.jpg").touch()
    (tmp_path / "set" / "readme.txt").write_text("not a picture")
    Image.new("RGB", (1, 1)).save(tmp_path / "set" / "real" / "dot.png")
    code, out, _ = command(tmp_path / "set", "--json")
    record = json.loads(out)
    (row,) = record["detectors"][0]["generators"]
    assert code == 1 and {each["path"] for each in record["failed"]} == {"fake/torn.png", "fake/empty.jpg"}
    assert all(each["reason"] for each in record["failed"])
    assert (row["name"], row["n_real"], row["n_fake"]) == ("set", EACH, EACH) and row["figures"]["auc"] is not None
    (reason,) = row["not_scored"]["real"]
    assert "small" in reason and sum(row["not_scored"]["fake"].values()) == 2
    assert [each["path"] for each in record["skipped"]] == ["readme.txt"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a folder"),
        (("{empty}",), "no pictures under 0_real"),
        (("{empty}/nowhere",), "nowhere"),
        (("{set}", "--preset", "imagenet"), "forensynths"),
        (("{set}", "--threshold", "high"), "neither a number"),
        (("{set}", "--threshold", "1", "--choose-on", "{set}"), "not allowed with"),
        (("{set}", "--own-reals", "nobody"), "no stored set"),
        (("{set}", "--resamples", "-1"), "expected one argument|whole number"),
    ],
)
def test_what_cannot_run_exits_with_2(command, place, tmp_path, arguments, said):
    code, out, message = command(*(each.format(empty=tmp_path, set=place / "set") for each in arguments))
    assert code == 2 and not out and any(part in message for part in said.split("|")) and "Traceback" not in message


def test_presets_are_listed(command):
    code, out, _ = command("--list-presets")
    assert code == 0 and out.count("NPR and LFM:") == 5 and "glide_100_27" in out
