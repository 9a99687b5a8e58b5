"""The evaluation as a report that others can read and check."""

from __future__ import annotations

import json

import pytest

from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.evaluate import Request, evaluate
from forensics_ui.evaluation.files import write_files
from forensics_ui.evaluation.presets import PRESETS
from forensics_ui.report import Case
from forensics_ui.report.recheck import Given, read_record, verify
from forensics_ui.workbench import Workbench
from tests.evaluation.labelled_pictures import EACH, write_set, write_weights


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("report")
    write_set(place / "set")
    (place / "set" / "BEGAN" / "1_fake" / "empty.png").touch()
    return place


@pytest.fixture(scope="module")
def workbench(place):
    write_weights(place)
    with Workbench(Settings.load(weights_dir=place, data_dir=place / "data", device="cpu")) as made:
        yield made


@pytest.fixture(scope="module")
def written(place, workbench):
    request = Request(place / "set", {"lfm": "native"}, place / "out", str(place / "lfm_seeded.safetensors"), PRESETS["gangen"], resamples=20)
    evaluation = evaluate(workbench, request)
    write_files(evaluation, place / "out", workbench.settings, Case("Case 7", "Examiner", ""))
    return evaluation


def test_the_record_holds_every_file_and_the_tables(place, written):
    record = read_record(place / "out" / "report.json")
    assert record["kind"] == "evaluation" and len(record["files"]) == 4 * EACH
    assert [each["path"] for each in record["skipped"]] == ["BEGAN/1_fake/empty.png"]
    figures, confounds, histogram = record["sections"]
    assert [table["title"] for table in figures["tables"]] == [
        "Over all generators",
        "By generator",
        "What was called what",
        "Beside LFM, Table 1, mean from Table 3",
    ]
    assert figures["tables"][3]["rows"][0][0] == "AttGAN" and figures["tables"][3]["rows"][0][2] == 100.0
    roc = figures["curves"][0]
    assert len(roc["x"]) == 101 and roc["lines"]["all together"][-1] == 1.0
    assert confounds["sentences"] == ["No format, size or compression fact separates the labels."] and histogram["name"] == "histogram"
    assert record["answer"][-1].startswith("lfm (native), mean over 2 generators: Acc.")
    assert record["command"][3:5] == ["evaluate", str(place / "set")] and "--preset" in record["command"]


def test_every_score_of_the_record_can_be_computed_again(place, workbench, written):
    record = read_record(place / "out" / "report.json")
    findings = list(verify(record, workbench, Given(folders=(place / "set",), weights=(place / "lfm_seeded.safetensors",))))
    assert {finding.state for finding in findings} == {"agrees"}
    assert sum(finding.what == "score" for finding in findings) == 4 * EACH


def test_html_and_pdf_print_the_figures(place, written):
    page = (place / "out" / "report.html").read_text(encoding="utf-8")
    acc = written.record["detectors"][0]["mean"]["figures"]["acc"]
    assert "Evaluation on set" in page and f"Acc. {100 * acc:.1f} %" in page and "What the files alone give away" in page
    assert (place / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_the_same_evaluation_gives_the_same_record_but_for_times(place, workbench, written):
    again = evaluate(workbench, written.request)
    assert json.dumps(again.record) == json.dumps(written.record)
    write_files(again, place / "again", workbench.settings, Case("Case 7", "Examiner", ""))
    first, second = (read_record(place / name / "report.json") for name in ("out", "again"))
    assert first["body_sha256"] == second["body_sha256"]
