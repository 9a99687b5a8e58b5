"""What the manager says of a batch is so: over means over, paused means paused, and a long list is cheap."""

from __future__ import annotations

import threading

from forensics_ui.batch import BatchManager, BatchRun
from forensics_ui.batch import manager as managing
from forensics_ui.batch.lock import InUse
from forensics_ui.batch.rows import Rows
from tests.batch.conftest import make_pictures
from tests.batch.test_batch_run import Gate
from tests.refusals import refused


class HeldEnd:
    """Keeps a run from letting go after it has said its last word."""

    def __init__(self, monkeypatch):
        self.said, self.let_go = threading.Event(), threading.Event()
        real = BatchRun.run

        def run(itself):
            real(itself)
            self.said.set()
            assert self.let_go.wait(30)
            return itself.progress()

        monkeypatch.setattr(BatchRun, "run", run)


def test_a_batch_is_over_only_when_its_locks_are_free(manager, own, tmp_path, monkeypatch):
    folder, held = make_pictures(tmp_path / "in", 3), HeldEnd(monkeypatch)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert held.said.wait(30)
    for progress in (manager.get(batch).progress, manager.wait(batch, 0.01), manager.list()[0].progress):
        assert progress.state == "ending" and not progress.over and progress.settled == 3
    threading.Timer(0.3, held.let_go.set).start()
    # Each waits until the last one has let go, where it would have been refused by its locks.
    assert manager.start(folder, ["lfm"], weights=own) == batch
    assert manager.wait(batch, 30).state == "finished"
    manager.forget(batch)
    assert manager.list() == []


def test_what_is_ending_can_be_forgotten_and_what_runs_cannot(manager, own, tmp_path, monkeypatch, batch_workbench):
    gate = Gate(batch_workbench, monkeypatch)
    batch = manager.start(make_pictures(tmp_path / "in", 30), ["lfm"], weights=own)
    assert gate.held.wait(30)
    with refused(InUse, "still running"):
        manager.forget(batch)
    manager.cancel(batch)
    assert manager.get(batch).progress.state == "ending"
    threading.Timer(0.3, gate.go_on.set).start()
    manager.forget(batch)
    assert manager.list() == []


def test_pausing_while_the_folder_is_read_holds_the_reading(manager, own, tmp_path):
    reached, states = threading.Event(), []

    def watch(progress):
        states.append(progress.state)
        if progress.state == "scanning" and not reached.is_set():
            reached.set()
            paused.wait(30)

    paused = threading.Event()
    folder = make_pictures(tmp_path / "in", 8)
    batch = manager.start(folder, ["lfm"], weights=own, on_event=watch)
    assert reached.wait(30)
    manager.pause(batch)
    paused.set()
    held = manager.wait(batch, 1.0)
    assert held.state == manager.get(batch).progress.state == "paused" and held.total == 0
    manager.resume(batch)
    assert manager.wait(batch, 30).done == 8 and states[-1] == "finished"


def test_a_batch_paused_before_its_turn_lets_the_next_one_pass(manager, own, tmp_path, monkeypatch, batch_workbench):
    gate = Gate(batch_workbench, monkeypatch)
    first, second, third = (manager.start(make_pictures(tmp_path / name, 4), ["lfm"], weights=own) for name in "abc")
    assert gate.held.wait(30)
    manager.pause(second)
    gate.go_on.set()
    assert [manager.wait(each, 30).state for each in (first, third)] == ["finished"] * 2
    assert manager.get(second).progress.state == "paused" and manager.get(second).progress.total == 0
    manager.resume(second)
    assert manager.wait(second, 30).done == 4


def test_a_list_opens_no_journal_that_did_not_change(score_folder, manager, tmp_path, batch_workbench, monkeypatch):
    batches = [score_folder(make_pictures(tmp_path / name, 2))[0] for name in "abc"]
    later = BatchManager(batch_workbench, manager.data_dir)
    opened = []

    class Counted(Rows):
        def _all(self, sql, *values):
            opened.append(sql)
            return super()._all(sql, *values)

    monkeypatch.setattr(managing, "Rows", Counted)
    first = later.list()
    assert {info.id for info in first} == set(batches) and len(opened) >= 3
    later.list()  # the first look may leave an empty log beside a journal
    opened.clear()
    assert later.list() == first and not opened
    make_pictures(tmp_path / "b", 5)
    manager.wait(manager.start(tmp_path / "b", ["lfm"], weights=own_of(first)), 30)
    changed = {info.title: info.progress.done for info in later.list()}
    assert changed == {"a": 2, "b": 5, "c": 2} and opened


def own_of(infos):
    return {choice["detector"]: choice["asked"] for choice in infos[0].plan["detectors"]}
