"""`verify` against real reports: what agrees, what differs, what is missing, and what is no report at all."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest

from forensics_ui.cli.base import main
from forensics_ui.core.settings import Settings
from forensics_ui.report.build import write_picture_report
from forensics_ui.report.canonical import body_hash
from forensics_ui.workbench import Workbench
from tests.report.helpers_report import make_picture, make_weights


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A weights folder, a picture and its report; every test works on copies."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "weights").mkdir()
    make_weights(folder / "weights")
    picture = make_picture(folder / "写真.png")
    with Workbench(Settings.load(weights_dir=folder / "weights", data_dir=folder / "data", device="cpu")) as workbench:
        write_picture_report(workbench, workbench.open(picture), picture, ["json"], folder, None, detectors=["lfm"], force=True)
    return folder


@pytest.fixture
def case(made, tmp_path, monkeypatch):
    """A copy of it all, whose record names the copied picture."""
    folder = tmp_path / "case"
    shutil.copytree(made, folder)
    report = next(folder.glob("report*.json"))
    change(report, lambda record: record["files"][0].update(path=str(folder / "写真.png")))
    monkeypatch.setenv("FORENSICS_WEIGHTS_DIR", str(folder / "weights"))
    monkeypatch.setenv("FORENSICS_DATA_DIR", str(folder / "data"))
    return folder, report


def change(report, how, rehash=True):
    record = json.loads(report.read_text(encoding="utf-8"))
    how(record)
    if rehash:
        record["body_sha256"] = body_hash(record)
    report.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")


def verify(capsys, report, *words):
    code = main(["verify", str(report), "--json", *words])
    out = capsys.readouterr().out
    found = json.loads(out) if out else {"findings": []}
    return code, {finding["what"]: finding for finding in found["findings"]}


def test_everything_agrees_in_a_process_of_its_own(case):
    done = subprocess.run(
        [sys.executable, "-m", "forensics_ui", "verify", str(case[1])], capture_output=True, text=True, env=dict(os.environ), timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Everything agrees (3 checks)." in done.stdout and "写真.png" in done.stdout and "logit" in done.stdout


def test_a_changed_number_is_found_even_under_a_new_hash(case, capsys):
    change(case[1], lambda record: record["files"][0]["scores"][0].update(logit=record["files"][0]["scores"][0]["logit"] + 0.01))
    code, found = verify(capsys, case[1])
    assert code == 1 and found["record"]["state"] == "agrees" and found["score"]["state"] == "differs" and "0.010000 apart" in found["score"]["words"]


def test_a_change_within_the_tolerance_agrees_but_not_with_the_hash(case, capsys):
    change(case[1], lambda record: record["files"][0]["scores"][0].update(logit=record["files"][0]["scores"][0]["logit"] + 0.0005), rehash=False)
    code, found = verify(capsys, case[1])
    assert code == 1 and found["record"]["state"] == "differs" and found["score"]["state"] == "agrees"


def test_another_precision_has_a_wider_tolerance_and_is_said(case, capsys):
    change(
        case[1],
        lambda record: record["files"][0]["scores"][0].update(device="cuda", precision="fp16", logit=record["files"][0]["scores"][0]["logit"] + 0.05),
    )
    code, found = verify(capsys, case[1])
    assert code == 0 and "fp16 on cuda then, fp32 on cpu now" in found["score"]["words"]


def test_a_verdict_that_the_card_no_longer_gives_differs(case, capsys):
    change(case[1], lambda record: record["files"][0]["scores"][0].update(verdict="no trace found"))
    code, found = verify(capsys, case[1])
    assert code == 1 and "no trace found" in found["score"]["words"]


def test_changed_bytes_differ_and_are_not_scored(case, capsys):
    make_picture(case[0] / "写真.png", seed=5)
    code, found = verify(capsys, case[1])
    assert code == 1 and found["file"]["state"] == "differs" and found["score"]["state"] == "missing"


def test_a_moved_file_is_missing_until_its_folder_is_named(case, capsys):
    (case[0] / "moved").mkdir()
    (case[0] / "写真.png").rename(case[0] / "moved" / "other name.png")
    code, found = verify(capsys, case[1])
    assert code == 1 and found["file"]["state"] == found["score"]["state"] == "missing"
    code, found = verify(capsys, case[1], "--files", str(case[0] / "moved"))
    assert code == 0 and "other name.png" in found["file"]["words"]


def test_a_path_below_the_named_folder_is_found(case, capsys):
    change(case[1], lambda record: record["files"][0].update(path="写真.png"))
    code, found = verify(capsys, case[1], "--files", str(case[0]))
    assert code == 0 and found["file"]["words"] == "the same bytes"


def test_missing_weights_are_missing_until_they_are_named(case, capsys):
    (case[0] / "elsewhere").mkdir()
    for file in (case[0] / "weights").iterdir():
        file.rename(case[0] / "elsewhere" / file.name)
    code, found = verify(capsys, case[1])
    assert code == 1 and found["score"]["state"] == "missing" and "weights small" in found["score"]["words"]
    code, found = verify(capsys, case[1], "--weights", str(case[0] / "elsewhere" / "small.safetensors"))
    assert code == 0 and found["score"]["state"] == "agrees"


def test_a_file_that_could_not_be_opened_still_cannot(case, capsys):
    bad = case[0] / "bad.png"
    bad.write_bytes(b"no picture")
    import hashlib

    entry = {"path": str(bad), "sha256": hashlib.sha256(b"no picture").hexdigest(), "scores": [], "error": "x", "error_code": "unsupported_format"}
    change(case[1], lambda record: record["files"][0].update({**entry, "bytes": 10}))
    code, found = verify(capsys, case[1])
    assert code == 0 and "as then" in found["score"]["words"]


@pytest.mark.parametrize(
    "text", ["no json", "[]", "{}", '{"schema": "forensics_ui report 1"}', "[" * 100_000, '{"schema": "forensics_ui report 1", "kind": 3}']
)
def test_what_is_no_report_cannot_be_verified(tmp_path, capsys, text):
    (tmp_path / "r.json").write_text(text)
    assert main(["verify", str(tmp_path / "r.json")]) == 2
    message = capsys.readouterr().err
    assert "Traceback" not in message and ("not JSON" in message or "not a report" in message)
    assert main(["verify", str(tmp_path / "nothing.json")]) == 2


def test_a_hostile_record_cannot_steer_the_terminal(case, capsys):
    change(case[1], lambda record: record["files"][0].update(path="\x1b[2Jgone\u202e.png"))
    assert main(["verify", str(case[1])]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out and "\u202e" not in out and "gone" in out
