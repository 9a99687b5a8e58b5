"""The same question gets the same answer, whatever else happened around it; and it is asked once."""

from __future__ import annotations

import shutil
import sqlite3

from forensics_ui.batch import BatchRun, Source, make_plan
from forensics_ui.batch.rows import Rows
from tests.batch.conftest import make_pictures


def test_a_score_in_a_batch_is_to_the_last_digit_that_of_the_picture_alone(manager, score_folder, tmp_path, batch_workbench, own):
    folder = make_pictures(tmp_path / "in", 80)
    batch, _ = score_folder(folder)
    rows, _ = manager.rows(batch).rows(limit=100)
    batch_workbench._analyses.clear()  # what was computed just now is not to be the answer
    for row in rows:
        alone = batch_workbench.score(batch_workbench.open(folder / row["path"]), "lfm", weights=own["lfm"]).record
        assert row["scores"]["lfm"]["logit"] == alone.logit


def test_hundreds_of_copies_are_one_score(manager, score_folder, tmp_path, batch_workbench, monkeypatch):
    folder = make_pictures(tmp_path / "in", 1)
    for number in range(300):
        shutil.copy(folder / "0000.png", folder / f"copy{number}.png")
    opened = []
    real = batch_workbench.open
    monkeypatch.setattr(batch_workbench, "open", lambda *a, **k: (opened.append(1), real(*a, **k))[1])
    batch, progress = score_folder(folder)
    assert progress.done == 301 and len(opened) == 1 and list(manager.rows(batch).computed().values()) == [1]


def test_stopping_while_the_folder_is_read_forgets_nothing(batch_workbench, own, tmp_path):
    plan = make_plan(batch_workbench, Source.of(make_pictures(tmp_path / "in", 6)), ["lfm"], weights=own)
    journal = tmp_path / "journal.sqlite"
    assert BatchRun(batch_workbench, plan, journal).run().done == 6

    def at_once(progress):
        if progress.state == "scanning":
            second.cancel()

    second = BatchRun(batch_workbench, plan, journal, at_once)
    assert second.run().state == "cancelled" and Rows(journal).counts()["done"] == 6
    assert Rows(journal).about()["state"] == "cancelled"


def test_naming_a_detector_twice_is_naming_it_once(batch_workbench, own, tmp_path):
    folder = make_pictures(tmp_path / "in", 2)
    once = make_plan(batch_workbench, Source.of(folder), ["lfm", "lfm"], weights=own)
    again = make_plan(batch_workbench, Source.of(folder), ["lfm"], weights=own)
    assert once == again and once.identity() == again.identity() and not once.differences(again)
    assert once.identity() != make_plan(batch_workbench, Source.of(folder), ["lfm"], "crop", weights=own).identity()


def test_two_detectors_each_answer_and_only_the_missing_answer_is_asked_again(manager, own, batch_weights, tmp_path, batch_workbench, monkeypatch):
    folder = make_pictures(tmp_path / "in", 5)
    weights = {**own, "npr": str(batch_weights / "npr_own.safetensors")}
    batch = manager.start(folder, ["npr", "lfm"], "crop", weights)
    assert manager.wait(batch, 60).done == 5
    before = manager.rows(batch).rows()[0]
    assert all(set(row["scores"]) == {"lfm", "npr"} and row["scores"]["npr"]["logit"] is not None for row in before)
    with sqlite3.connect(manager.folder / batch / "journal.sqlite") as db:  # as if it had been killed between the two
        db.execute("DELETE FROM scores WHERE detector = 'npr' AND sha256 = ?", (before[2]["sha256"],))
        db.execute("UPDATE files SET state = 'waiting' WHERE path = '0002.png'")
    db.close()
    asked = []
    real = batch_workbench.submit
    monkeypatch.setattr(batch_workbench, "submit", lambda picture, name, **how: (asked.append(name), real(picture, name, **how))[1])
    manager.resume(batch)
    assert manager.wait(batch, 60).done == 5 and asked == ["npr"]
    after = manager.rows(batch).rows()[0]
    assert [row["scores"]["npr"]["logit"] for row in after] == [row["scores"]["npr"]["logit"] for row in before]
