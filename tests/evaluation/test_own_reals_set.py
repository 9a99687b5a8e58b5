"""A folder of trusted photographs, scored by the real engine, and what verdicts and reports then say."""

from __future__ import annotations

import hashlib
import json

import pytest
from PIL import Image

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.own_reals import measure_own_reals
from forensics_ui.report.build import picture_report
from forensics_ui.report.recheck import Given, verify
from forensics_ui.verdict import own_reals
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like
from tests.evaluation.labelled_pictures import true_logits, write_pictures, write_weights
from tests.refusals import refused

COUNT = 60


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """One small network; its card's limit lies at the picture's own score, so that the smallest fall crosses it."""
    folder = tmp_path_factory.mktemp("weights")
    file = write_weights(folder)
    write_pictures(folder / "one", 7, count=1)
    limit = true_logits(folder / "one")[0] - 2e-3
    calibration = {"n_real": 500, "n_fake": 500, "threshold_some": limit, "threshold_strong": limit + 99, "threshold_low": limit - 99, "set": "none"}
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    card = {"name": file.stem, "detector": "lfm", "sha256": sha256, "calibration": {"native": calibration, "crop": calibration}}
    file.with_suffix(".json").write_text(json.dumps(card))
    with Workbench(Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")) as made:
        yield made


@pytest.fixture(scope="module")
def photographs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own") / "photos"
    write_pictures(folder, 100, count=COUNT)
    (folder / "copy.png").write_bytes((folder / "100.png").read_bytes())
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n no picture")
    return folder


@pytest.fixture(scope="module")
def own(workbench, photographs):
    return measure_own_reals(workbench, photographs, "news room", ["lfm"])


@pytest.fixture
def picture(workbench, tmp_path):
    write_pictures(tmp_path / "one", 7, count=1)
    return workbench.open(tmp_path / "one" / "7.png")


def test_every_photograph_counts_once_and_with_its_true_score(own, photographs):
    part = next(part for part in own.parts if part.rule == "native")
    assert own.pictures == COUNT and list(part.logits) == ["as_they_come"]
    (photographs / "copy.png").unlink()  # `true_logits` reads the names
    assert list(part.logits["as_they_come"]) == pytest.approx(sorted(true_logits(photographs)), abs=2e-3)
    assert sum(own.failed.values()) == 1 and {part.rule for part in own.parts} == {"native", "crop"}


def test_a_chosen_set_is_named_in_records_and_reports_and_verify_judges_by_it(workbench, own, picture, tmp_path):
    record = workbench.score(picture, "lfm", reference_set=own).record.as_dict()
    report = picture_report(workbench, picture, tmp_path / "one" / "7.png", views=None, reference_set=own).as_dict()
    assert record["own_reals"] == own.signature
    assert any("limit comes from your own photographs 'news room': 60" in reason for reason in record["reasons"])
    entry = report["detectors"][0]["own_reals"]
    assert entry["sha256"] == own.sha256 and entry["conditions"]["as_they_come"]["n"] == COUNT and entry["folder"] == "photos"
    assert report["settings"]["own_reals"] == "news room"
    assert {each.state for each in verify(report, workbench, Given(()))} == {"agrees"}
    assert "own_reals" not in workbench.score(picture, "lfm").record.as_dict()


def test_a_set_that_is_gone_is_said_to_be_missing(workbench, own, picture, tmp_path):
    report = picture_report(workbench, picture, tmp_path / "one" / "7.png", views=None, reference_set=own).as_dict()
    stored = workbench.settings.data_dir / "own_reals" / "news room.json"
    body = stored.read_bytes()
    own_reals.forget("news room", workbench.settings.data_dir)
    found = [each for each in verify(report, workbench, Given(())) if each.what == "score"]
    stored.write_bytes(body)
    assert [each.state for each in found] == ["missing"] and "not stored here" in found[0].words


def test_a_report_with_the_stability_view_lowers_evidence_that_a_small_change_takes_away(workbench, picture, tmp_path):
    assert workbench.score(picture, "lfm").record.verdict == "some evidence of generation"
    report = picture_report(workbench, picture, tmp_path / "one" / "7.png", views=["stability"]).as_dict()
    score = report["files"][0]["scores"][0]
    assert score["verdict"] == "inconclusive" and score["verdict_alone"] == "some evidence of generation"
    assert "stability check" in score["reasons"][0] and report["answer"][0].startswith("Inconclusive")
    assert {each.state for each in verify(report, workbench, Given(()))} == {"agrees"}


def test_what_cannot_be_scored_is_refused_in_a_sentence(workbench, tmp_path):
    (tmp_path / "empty").mkdir()
    with refused(ForensicsError, "could be scored"):
        measure_own_reals(workbench, tmp_path / "empty", "nothing", ["lfm"], ["crop"])
    Image.fromarray(photo_like(64, 64)).save(tmp_path / "one.png")
    with refused(ForensicsError, "is a file"):
        measure_own_reals(workbench, tmp_path / "one.png", "nothing", ["lfm"], ["crop"])
    with refused(ForensicsError, "named with letters"):
        measure_own_reals(workbench, tmp_path, "../nothing", ["lfm"], ["crop"])


def test_the_set_of_that_name_is_loaded_or_refused_in_a_sentence(workbench, own):
    folder = workbench.settings.data_dir
    assert own_reals.named("news room", folder) == own and own_reals.named(None, folder) is None
    assert own_reals.by_signature(own.signature, folder) == own and own_reals.by_signature("news room (000000000000)", folder) is None
    with refused(ForensicsError, "no stored set"):
        own_reals.named("unknown", folder)
