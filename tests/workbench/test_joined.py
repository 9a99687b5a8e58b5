"""The joined answer as people get it: in `score`, in a batch, in a report, and when a report is checked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from PIL import Image

from forensics_ui.batch import BatchManager, Source, make_plan
from forensics_ui.cli.choice import chosen_detectors
from forensics_ui.core.settings import Settings
from forensics_ui.report.build import picture_report
from forensics_ui.report.recheck import Given, verify
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like
from tests.joint_samples import install


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("joined")
    install(folder)
    (folder / "pictures").mkdir()
    Image.fromarray(photo_like(260, 300)).save(folder / "pictures" / "one.png")
    Image.fromarray(photo_like(200, 280)).save(folder / "pictures" / "two.jpg", quality=70)
    return folder


@pytest.fixture(scope="module")
def workbench(folder):
    with Workbench(Settings.load(weights_dir=folder, data_dir=folder / "data", device="cpu")) as made:
        yield made


def scored(workbench, picture, rule="native"):
    return [workbench.score(picture, name, rule=rule, evidence=False) for name in ("lfm", "npr")]


def test_it_names_its_parts_and_their_weights(workbench, folder):
    picture = workbench.open(folder / "pictures" / "one.png")
    each = scored(workbench, picture)
    joined = workbench.joined(picture, each).as_dict()
    assert (joined["detector"], joined["weights"], joined["input_rule"]) == ("joined", "joined_small", "native")
    assert [part["detector"] for part in joined["parts"]] == ["lfm", "npr"]
    assert [part["logit"] for part in joined["parts"]] == pytest.approx([one.record.logit for one in each], abs=1e-5)
    assert joined["likelihood_ratio"] and "joined_parts" in [reason["code"] for reason in joined["reason_codes"]]


def test_one_detector_alone_or_under_the_papers_rule_has_none(workbench, folder):
    picture = workbench.open(folder / "pictures" / "one.png")
    assert workbench.joined(picture, scored(workbench, picture)[:1]) is None
    assert workbench.joined(picture, scored(workbench, picture, "paper")) is None
    assert workbench.with_joined(["lfm"]) == ["lfm"] and workbench.with_joined(["npr", "lfm"]) == ["npr", "lfm", "joined"]


def test_who_asks_for_it_alone_gets_it_with_its_parts(workbench):
    assert chosen_detectors("joined", workbench, None) == chosen_detectors("all", workbench, None) == ["lfm", "npr", "joined"]


def test_a_batch_joins_every_picture_as_a_single_score_does(workbench, folder):
    manager = BatchManager(workbench, folder / "data")
    try:
        batch = manager.start(Source.of(folder / "pictures").folder, ["lfm", "npr", "joined"])
        assert manager.wait(batch, 120).state == "finished"
        rows = {row["path"]: row["scores"] for row in manager.rows(batch).each()}
        assert all(set(scores) == {"lfm", "npr", "joined"} for scores in rows.values())
        for name, scores in rows.items():
            picture = workbench.open(folder / "pictures" / name)
            alone = workbench.joined(picture, scored(workbench, picture)).as_dict()
            assert scores["joined"]["logit"] == pytest.approx(alone["logit"], abs=1e-4)
            assert scores["joined"]["verdict"] == alone["verdict"]
        assert manager.rows(batch).verdicts()["joined"]
    finally:
        manager.close()


def test_a_plan_has_no_joined_answer_where_nothing_joins(workbench, folder):
    source = Source.of(folder / "pictures")
    assert make_plan(workbench, source, ["lfm", "npr", "joined"], "native").joined.weights == "joined_small"
    assert make_plan(workbench, source, ["lfm", "joined"], "native").joined is None
    assert make_plan(workbench, source, ["lfm", "npr", "joined"], "paper").joined is None


def test_a_report_leads_with_it_and_can_be_checked(workbench, folder):
    path = folder / "pictures" / "one.png"
    picture = workbench.open(path)
    record = json.loads(json.dumps(picture_report(workbench, picture, path, views=None).as_dict()))
    first = record["files"][0]["scores"][0]
    assert first["detector"] == "joined" and record["detectors"][0]["title"] == "Joined answer"
    found = list(verify(record, workbench, Given(folders=(folder / "pictures",))))
    assert {finding.state for finding in found} == {"agrees"} and "joined" in [finding.detector for finding in found]
    first["logit"] += 1
    changed = [finding for finding in verify(record, workbench, Given(folders=(folder / "pictures",))) if finding.detector == "joined"]
    assert changed[0].state == "differs"


def test_too_few_scores_to_join_are_an_answer_with_its_reason(workbench, folder):
    from forensics_ui.workbench.record import Score

    picture = workbench.open(folder / "pictures" / "one.png")
    record = Score.of_joined(replace(picture), None, "native")
    assert record.verdict == "not applicable" and record.codes[0].code == "not_joined"
