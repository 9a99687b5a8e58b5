"""A batch from folder to rows: real pictures, real decoders, the real network with small weights."""

from __future__ import annotations

import os
import shutil
import threading

import pytest
from PIL import Image

from forensics_ui.batch.rows import Filter
from forensics_ui.core.errors import ForensicsError
from tests.batch.conftest import make_pictures
from tests.detectors.helpers_networks import photo_like, plain_logit, seeded
from tests.refusals import refused


def listed(manager, batch, **how):
    return {row["path"]: row for row in manager.rows(batch).rows(limit=1000, **how)[0]}


def test_every_file_has_a_row_and_a_bad_one_harms_nobody(manager, score_folder, tmp_path):
    folder = make_pictures(tmp_path / "in", 4)
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    Image.new("RGB", (4, 4)).save(folder / "dot.png")
    batch, progress = score_folder(folder)
    assert (progress.state, progress.done, progress.failed, progress.total) == ("finished", 5, 1, 6)
    rows = listed(manager, batch)
    assert rows["bad.jpg"]["error"] and rows["bad.jpg"]["error_code"] == "truncated" and rows["bad.jpg"]["sha256"]
    assert rows["dot.png"]["scores"]["lfm"]["verdict"] == "not applicable"
    score = rows["0002.png"]["scores"]["lfm"]
    assert score["logit"] == pytest.approx(plain_logit(seeded("lfm"), photo_like(48, 48, 2)), abs=1e-3)
    assert (score["weights"], score["precision"], score["input_rule"], score["path"]) == ("own.safetensors", "fp32", "native", "0002.png")
    assert rows["0002.png"]["facts"]["condition"] == "as_they_come"


def test_identical_files_are_scored_once_and_each_keeps_its_row(manager, score_folder, tmp_path):
    folder = make_pictures(tmp_path / "in", 3)
    for number in range(5):
        shutil.copy(folder / "0001.png", folder / f"copy{number}.jpg")
    (folder / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    shutil.copy(folder / "bad.png", folder / "worse.png")
    batch, progress = score_folder(folder)
    rows = listed(manager, batch)
    assert (progress.done, progress.failed) == (8, 2) and len(rows) == 10
    assert len(manager.rows(batch).computed()) == 3 and set(manager.rows(batch).computed().values()) == {1}
    assert rows["copy3.jpg"]["scores"]["lfm"]["logit"] == rows["0001.png"]["scores"]["lfm"]["logit"]
    assert rows["copy3.jpg"]["facts"]["type_mismatch"] and not rows["0001.png"]["facts"]["type_mismatch"]
    assert rows["bad.png"]["error"] == rows["worse.png"]["error"]


def test_rows_are_sorted_filtered_and_paged(manager, score_folder, tmp_path):
    folder = make_pictures(tmp_path / "in", 7)
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xffno")
    batch, _ = score_folder(folder)
    reader = manager.rows(batch)
    rows, total = reader.rows(limit=3, sort="logit:lfm", descending=True)
    logits = [row["scores"]["lfm"]["logit"] for row in rows]
    assert total == 8 and logits == sorted(logits, reverse=True)
    assert reader.rows(offset=7, sort="logit:lfm", descending=True)[0][0]["path"] == "bad.jpg"
    assert [row["path"] for row in reader.rows(keep=Filter(text="000", state="done"), offset=5)[0]] == ["0005.png", "0006.png"]
    assert reader.rows(keep=Filter(verdict="inconclusive", detector="lfm"))[1] == 7 and reader.rows(keep=Filter(state="failed"))[1] == 1
    with refused(ForensicsError, "cannot be sorted"):
        reader.rows(sort="path; DROP TABLE files")
    histogram = reader.histogram("lfm", bins=5)
    assert sum(histogram["counts"]) == 7 and len(histogram["edges"]) == 6


def test_a_second_run_scores_only_what_is_new_or_changed(manager, score_folder, tmp_path):
    folder = make_pictures(tmp_path / "in", 4)
    batch, _ = score_folder(folder)
    before = listed(manager, batch)
    Image.fromarray(photo_like(48, 48, 99)).save(folder / "0000.png")
    os.utime(folder / "0001.png", (1, 1))  # touched, but the same bytes
    Image.fromarray(photo_like(48, 48, 98)).save(folder / "new.png")
    (folder / "0003.png").unlink()
    again, progress = score_folder(folder)
    after = listed(manager, again)
    assert again == batch and progress.done == 4 and set(after) == {"0000.png", "0001.png", "0002.png", "new.png"}
    assert after["0000.png"]["scores"]["lfm"]["logit"] != before["0000.png"]["scores"]["lfm"]["logit"]
    assert after["0001.png"]["sha256"] == before["0001.png"]["sha256"]
    assert set(manager.rows(batch).computed().values()) == {1} and len(manager.rows(batch).computed()) == 6
    assert [entry["path"] for entry in manager.rows(batch).skipped()] == ["0003.png"]


def test_other_settings_are_another_run(manager, score_folder, tmp_path, batch_weights):
    folder = make_pictures(tmp_path / "in", 2)
    batches = [
        score_folder(folder)[0],
        score_folder(folder, rule="crop")[0],
        score_folder(folder, weights={"lfm": str(batch_weights / "other.safetensors")})[0],
        score_folder(folder, fresh=True)[0],
    ]
    assert len(set(batches)) == 4 and {info.id for info in manager.list()} == set(batches)
    assert batches[3] == f"{batches[0]}-2" and score_folder(folder)[0] == batches[3]
    values = [manager.rows(batch).rows()[0][0]["scores"]["lfm"]["logit"] for batch in batches]
    assert values[0] == values[3] != values[2]


class Gate:
    """Lets the decoders pass only when told, so that a run can be caught in the middle."""

    def __init__(self, workbench, monkeypatch, free=3):
        self.opened, self.go_on = 0, threading.Event()
        self.held = threading.Event()
        real, lock = workbench.open, threading.Lock()

        def opening(*arguments, **named):
            with lock:
                self.opened += 1
                hold = self.opened > free
            if hold:
                self.held.set()
                assert self.go_on.wait(30)
            return real(*arguments, **named)

        monkeypatch.setattr(workbench, "open", opening)


def test_pause_holds_and_resume_goes_on(manager, own, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 60)
    gate = Gate(batch_workbench, monkeypatch)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert gate.held.wait(30)
    manager.pause(batch)
    gate.go_on.set()
    held = manager.wait(batch, 1.5)
    rows, total = manager.rows(batch).rows(keep=Filter(state="done", text="00"), sort="logit:lfm", limit=100)
    assert total == 60 - manager.rows(batch).counts()["waiting"] == len(rows), "rows can be read meanwhile"
    assert held.state == "paused" and 0 < held.settled < 60
    assert manager.wait(batch, 0.5).settled == held.settled and manager.get(batch).progress.state == "paused"
    manager.resume(batch)
    assert manager.wait(batch, 60).done == 60


def test_cancel_keeps_what_is_finished_and_resume_does_the_rest(manager, own, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 60)
    gate = Gate(batch_workbench, monkeypatch, free=10)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert gate.held.wait(30)
    manager.cancel(batch)
    gate.go_on.set()
    stopped = manager.wait(batch, 30)
    assert stopped.state == "cancelled" and stopped.settled < 60 and manager.rows(batch).counts()["waiting"] == 60 - stopped.settled
    manager.resume(batch)
    assert manager.wait(batch, 60).done == 60 and set(manager.rows(batch).computed().values()) == {1}


def test_a_second_batch_waits_for_its_turn_and_can_be_taken_back(manager, own, tmp_path, monkeypatch, batch_workbench):
    gate = Gate(batch_workbench, monkeypatch)
    first = manager.start(make_pictures(tmp_path / "a", 6), ["lfm"], weights=own)
    assert gate.held.wait(30)
    second = manager.start(make_pictures(tmp_path / "b", 6), ["lfm"], weights=own)
    third = manager.start([*(tmp_path / "a").iterdir(), *(tmp_path / "b").iterdir()], ["lfm"], weights=own)
    assert [manager.get(each).progress.state for each in (first, second, third)] == ["running", "new", "new"]
    manager.cancel(second)
    gate.go_on.set()
    assert [manager.wait(each, 30).state for each in (first, second, third)] == ["finished", "cancelled", "finished"]
    assert (manager.wait(second).settled, manager.wait(third).done, manager.get(third).title) == (0, 12, "12 files")


def test_a_run_tells_how_fast_it_is_and_survives_a_watcher_that_fails(manager, own, tmp_path):
    seen = []

    def watch(progress):
        seen.append(progress)
        if progress.state == "running" and progress.settled:
            raise ValueError("a watcher with a fault")

    batch = manager.start(make_pictures(tmp_path / "in", 30), ["lfm"], weights=own, on_event=watch)
    assert manager.wait(batch, 60).state == "finished"
    running = [progress for progress in seen if progress.settled]
    assert len(running) == 1 and running[0].rate > 0 and running[0].last[-1]["verdict"]
