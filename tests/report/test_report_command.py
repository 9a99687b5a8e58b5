"""`report` as people run it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from forensics_ui.cli.base import main
from tests.report.helpers_report import make_picture


@pytest.fixture
def environment(monkeypatch, report_settings):
    monkeypatch.setenv("FORENSICS_WEIGHTS_DIR", str(report_settings.weights_dir))
    monkeypatch.setenv("FORENSICS_DATA_DIR", str(report_settings.data_dir))


def test_a_real_process_writes_all_formats(environment, picture_file, tmp_path):
    words = ["report", str(picture_file), "--out", str(tmp_path / "out"), "--views", "npr_channels", "--case", "Fire", "--json"]
    done = subprocess.run([sys.executable, "-m", "forensics_ui", *words], capture_output=True, text=True, env=dict(os.environ), timeout=120)
    assert done.returncode == 0, done.stderr
    files = json.loads(done.stdout)["files"]
    assert set(files) == {"html", "json", "pdf", "csv"} and all(os.path.getsize(path) > 200 for path in files.values())
    record = json.loads(open(files["json"], encoding="utf-8").read())
    assert record["case"]["name"] == "Fire" and "--case" in record["command"]


def test_a_second_picture_is_compared_and_named(environment, picture_file, tmp_path, capsys):
    other = make_picture(tmp_path / "other.png", seed=3)
    assert (
        main(["report", str(picture_file), "--out", str(tmp_path), "--views", "difference", "--second", str(other), "--format", "json,html,pdf"]) == 0
    )
    record = json.loads(next(tmp_path.glob("report*.json")).read_text(encoding="utf-8"))
    assert record["files"][0]["compared_with"] == {"name": "other.png", "sha256": hashlib.sha256(other.read_bytes()).hexdigest()}
    assert record["files"][0]["views"][0]["panes"] and str(other) in record["command"]


def test_a_file_that_is_no_picture_is_told_and_counts_as_failed(environment, tmp_path, capsys):
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    assert main(["report", str(tmp_path / "bad.jpg"), "--out", str(tmp_path)]) == 1
    assert "bad.jpg" in capsys.readouterr().err and not list(tmp_path.glob("report*"))


@pytest.mark.parametrize(
    ("words", "said"), [(["--format", "docx"], "docx"), (["--views", "nothing"], "nothing"), (["--detector", "nobody"], "nobody")]
)
def test_wrong_names_are_answered_with_the_right_ones(environment, picture_file, tmp_path, capsys, words, said):
    assert main(["report", str(picture_file), "--out", str(tmp_path / "out"), *words]) == 2
    assert said in capsys.readouterr().err and not (tmp_path / "out").exists()
