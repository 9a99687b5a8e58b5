"""`batch` as people run it: a process, a folder, files in another folder, exit codes, Ctrl-C."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time

import pytest

from forensics_ui.batch.progress import Progress
from forensics_ui.cli.batch import in_words
from forensics_ui.report import REPORTS
from tests.batch.conftest import batch_weights, make_pictures  # noqa: F401


@pytest.fixture
def place(tmp_path):
    make_pictures(tmp_path / "in" / "deep", 6)
    (tmp_path / "in" / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    (tmp_path / "in" / "notes.txt").write_text("words")
    return tmp_path


def command(place, weights, *arguments):
    words = ["batch", str(place / "in"), "--out", str(place / "out"), "--weights", str(weights / "own.safetensors"), "--device", "cpu", *arguments]
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(place / "data")}
    return [sys.executable, "-m", "forensics_ui", *words], environment


def batch(place, weights, *arguments):
    words, environment = command(place, weights, *arguments)
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=120)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_results_and_reports_are_written_and_a_bad_file_is_exit_code_1(place, batch_weights):  # noqa: F811
    code, said, progress = batch(place, batch_weights, "--json", "--case", "Case 7")
    found = json.loads(said)
    assert code == 1 and (found["files"], found["scored"], found["failed"], found["skipped"]) == (7, 6, 1, 1)
    assert set(found["written"]) == set(REPORTS.names())
    assert {path.name for path in (place / "out").iterdir()} == {"results.csv", "results.json", "report.html", "report.pdf"}
    record = json.loads((place / "out" / "results.json").read_text(encoding="utf-8"))
    files = {entry["path"]: entry for entry in record["files"]}
    assert list(files) == sorted(files) and len(files) == 7 and record["case"]["name"] == "Case 7"
    assert files["bad.jpg"]["error_code"] == "truncated" and files["bad.jpg"]["sha256"]
    assert isinstance(files["deep/0000.png"]["scores"][0]["logit"], float) and files["deep/0000.png"]["bytes"]
    assert record["skipped"] == [{"path": "notes.txt", "reason": "not a picture that can be opened: a text"}]
    rows = list(csv.DictReader((place / "out" / "results.csv").open(encoding="utf-8-sig", newline="")))
    assert sorted(row["path"] for row in rows) == sorted([*files, "notes.txt"])
    assert "7 of 7 files, 1 failed" in progress

    code, said, _ = batch(place, batch_weights, "--json", "--formats", "json", "--case", "Case 7")
    again = json.loads((place / "out" / "results.json").read_text(encoding="utf-8"))
    assert code == 1 and json.loads(said)["batch"] == found["batch"]
    # Besides the times: the commit of this checkout, which somebody may be working on, and the hash over all.
    assert all(again.pop(name) and record.pop(name) for name in ("times", "tool", "body_sha256")) and again == record


@pytest.mark.skipif(sys.platform == "win32", reason="sends signals as POSIX does")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(place, batch_weights, how):  # noqa: F811
    make_pictures(place / "in", 150, side=160)
    words, environment = command(place, batch_weights, "--formats", "json", "--json")
    process = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    journals = place / "data" / "batches"
    while not list(journals.glob("*/journal.sqlite-wal")):
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.7)
    process.send_signal(how)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 130 and "The same command goes on from there" in told and "Traceback" not in told
    assert not (place / "out" / "results.json").exists()
    code, said, _ = batch(place, batch_weights, "--formats", "json", "--json", "--resume")
    assert code == 1 and json.loads(said)["scored"] == 156


def test_what_cannot_run_says_so_and_exits_with_2(place, batch_weights):  # noqa: F811
    for arguments, words in (
        (("--formats", "docx"), "no report format called 'docx'"),
        (("--resume",), "no earlier run"),
        (("--detector", "nobody"), "nobody"),
    ):
        code, said, told = batch(place, batch_weights, *arguments)
        assert code == 2 and not said and words in told


def test_a_preview_scores_nothing_and_says_what_would_be_skipped(place, batch_weights):  # noqa: F811
    code, said, _ = batch(place, batch_weights, "--preview")
    assert code == 0 and "7 files would be scored" in said and "1: not a picture that can be opened: a text: notes.txt" in said
    assert not (place / "out").exists() and not (place / "data").exists()


def test_results_do_not_go_among_the_pictures(place, batch_weights):  # noqa: F811
    words, environment = command(place, batch_weights)
    words[words.index("--out") + 1] = str(place / "in")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "must not go into the folder of the pictures" in done.stderr


def test_a_folder_without_pictures_is_said(place, batch_weights):  # noqa: F811
    words, environment = command(place, batch_weights)
    (place / "empty").mkdir()
    words[words.index("batch") + 1] = str(place / "empty")
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "no picture in 'empty'" in done.stderr and not list((place / "out").iterdir())


def test_progress_is_a_sentence_with_rate_and_time_left():
    running = Progress("running", total=1200, done=300, failed=2, rate=12.34, seconds_left=3725.0)
    assert in_words(running) == "302 of 1,200 files, 2 failed, 12.3 a second, 1:02:05 left"
    assert in_words(Progress("scanning")) == "reading the folder"
