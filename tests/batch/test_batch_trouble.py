"""What can go wrong around a batch: two at once, a full disk, files that kill decoders, a service that goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics_ui.batch import BatchManager, BatchRun, Source, make_plan
from forensics_ui.batch import journal as journal_module
from forensics_ui.batch.lock import InUse, Lock
from forensics_ui.batch.rows import Rows
from forensics_ui.core.errors import DecoderDied, ForensicsError, OutOfMemory
from tests.batch.conftest import make_pictures
from tests.batch.test_batch_run import Gate
from tests.refusals import refused

PROJECT = Path(__file__).resolve().parent.parent.parent


def test_two_runs_on_one_folder_refuse_each_other(manager, own, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 8)
    gate = Gate(batch_workbench, monkeypatch)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert gate.held.wait(30)
    other = BatchManager(batch_workbench, manager.data_dir)
    for second, rule in ((manager, "native"), (other, "crop")):
        with refused(InUse, "'in' is being worked on already by the process"):
            second.start(folder, ["lfm"], rule, weights=own)
    assert [info.progress.state for info in other.list()] == ["running"]
    gate.go_on.set()
    assert manager.wait(batch, 30).state == "finished"
    assert other.wait(other.start(folder, ["lfm"], "crop", weights=own), 30).state == "finished"


def test_two_runs_into_one_folder_refuse_each_other(manager, own, tmp_path, monkeypatch, batch_workbench):
    gate = Gate(batch_workbench, monkeypatch)
    first = manager.start(make_pictures(tmp_path / "a", 8), ["lfm"], weights=own, out=tmp_path / "out")
    assert gate.held.wait(30)
    folder = make_pictures(tmp_path / "b", 1)
    with refused(InUse, "'out'"):
        manager.start(folder, ["lfm"], weights=own, out=tmp_path / "out")
    gate.go_on.set()
    manager.wait(first, 30)
    # The refused one has let go of its own folder.
    assert manager.wait(manager.start(folder, ["lfm"], weights=own, out=tmp_path / "out"), 30).done == 1


def test_a_lock_goes_with_its_process_however_that_ends(tmp_path):
    path = tmp_path / "a.lock"
    hold = f"import time; from pathlib import Path; from forensics_ui.batch.lock import Lock; held = Lock(Path({str(path)!r}), 'It').acquire(); print(1, flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", hold], cwd=PROJECT, stdout=subprocess.PIPE)
    assert process.stdout.read(1)
    with refused(InUse, str(process.pid)):
        Lock(path, "It").acquire()
    assert Lock(path, "It").held_by_anyone()
    process.kill()
    process.wait()
    process.stdout.close()
    assert str(process.pid) in path.read_text()  # stale words count for nothing
    lock = Lock(path, "It").acquire()
    assert json.loads(path.read_text())["pid"] == os.getpid()
    lock.release()
    assert not Lock(path, "It").held_by_anyone()


def test_a_full_disk_stops_cleanly_and_what_was_finished_stays(batch_workbench, own, tmp_path, monkeypatch):
    # Written through after every piece of work: otherwise a quick machine finishes everything between two writes, and nothing was on the disk yet.
    monkeypatch.setattr(journal_module, "COMMIT_SECONDS", 0.0)
    folder = make_pictures(tmp_path / "in", 120)
    plan = make_plan(batch_workbench, Source.of(folder), ["lfm"], weights=own)
    journal = tmp_path / "run" / "journal.sqlite"
    stopped = BatchRun(batch_workbench, plan, journal, limit_pages=45).run()
    assert stopped.state == "stopped" and "disk is full" in stopped.reason
    kept = Rows(journal).counts()
    assert 0 < kept["done"] < 120 and kept["done"] + kept["waiting"] == 120
    finished = BatchRun(batch_workbench, plan, journal).run()
    assert finished.done == 120 and set(Rows(journal).computed().values()) == {1}


@pytest.mark.skipif(sys.platform != "linux", reason="limits the size of files as Linux does")
@pytest.mark.parametrize("room", [30_000, 150_000], ids=["before it begins", "in the middle"])
def test_a_disk_that_takes_no_more_bytes_stops_the_command_with_a_reason(tmp_path, batch_weights, room):
    folder = make_pictures(tmp_path / "in", 200)
    limited = f"import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, ({room}, {room})); from forensics_ui.cli import main; sys.exit(main(sys.argv[1:]))"
    arguments = ["batch", str(folder), "--out", str(tmp_path / "out"), "--weights", str(batch_weights / "own.safetensors"), "--device", "cpu"]
    environment = {**os.environ, "FORENSICS_DATA_DIR": str(tmp_path / "data")}
    done = subprocess.run([sys.executable, "-c", limited, *arguments], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2 and "journal of this batch cannot be" in done.stderr and "Traceback" not in done.stderr
    assert not list((tmp_path / "out").iterdir())


def test_a_file_that_kills_decoders_is_set_aside_after_three(manager, score_folder, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 3)
    poison = (folder / "0001.png").read_bytes()
    real = batch_workbench.open
    deaths = []

    def deadly(data, *arguments, **named):
        if data == poison:
            # A real process dies of it, as it would from a fault in a codec.
            with batch_workbench.intake._slot() as decoder:
                os.kill(decoder.pid, signal.SIGKILL) if hasattr(signal, "SIGKILL") else decoder.stop()
            deaths.append(1)
            raise DecoderDied("The decoder process ended while it was reading this file. Nothing else is affected.")
        return real(data, *arguments, **named)

    monkeypatch.setattr(batch_workbench, "open", deadly)
    batch, progress = score_folder(folder)
    row = next(row for row in manager.rows(batch).rows()[0] if row["state"] == "failed")
    assert (progress.done, progress.failed, len(deaths)) == (2, 1, 3)
    assert (row["path"], row["error_code"]) == ("0001.png", "quarantined") and "3 times" in row["error"]
    score_folder(folder)
    assert len(deaths) == 3, "it is not tried again"


def test_a_score_that_failed_for_want_of_memory_is_tried_again_next_time(manager, score_folder, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 3)
    real = batch_workbench.submit
    failing = [True]

    def sometimes(picture, *arguments, **named):
        if failing and failing.pop():
            raise OutOfMemory("too small")
        return real(picture, *arguments, **named)

    monkeypatch.setattr(batch_workbench, "submit", sometimes)
    batch, progress = score_folder(folder)
    assert (progress.done, progress.failed) == (2, 1)
    assert [row["scores"]["lfm"]["error_code"] for row in manager.rows(batch).rows()[0] if row["state"] == "failed"] == ["out_of_memory"]
    assert score_folder(folder)[1].done == 3


def test_a_fault_inside_the_program_costs_one_picture(manager, score_folder, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 4)
    victim = (folder / "0002.png").read_bytes()
    real = batch_workbench.open

    def faulty(data, *arguments, **named):
        if data == victim:
            raise ZeroDivisionError("a mistake of ours")
        return real(data, *arguments, **named)

    monkeypatch.setattr(batch_workbench, "open", faulty)
    batch, progress = score_folder(folder)
    assert (progress.state, progress.done, progress.failed) == ("finished", 3, 1)
    assert "ZeroDivisionError" in next(row["error"] for row in manager.rows(batch).rows()[0] if row["state"] == "failed")


def test_a_batch_of_an_app_that_ended_is_interrupted_and_can_go_on(manager, own, tmp_path, monkeypatch, batch_workbench):
    folder = make_pictures(tmp_path / "in", 40)
    gate = Gate(batch_workbench, monkeypatch, free=5)
    batch = manager.start(folder, ["lfm"], weights=own)
    assert gate.held.wait(30)
    time.sleep(0.5)  # the first few reach the disk
    manager.cancel(batch)
    gate.go_on.set()
    manager.wait(batch, 30)
    journal = manager.folder / batch / "journal.sqlite"
    # As a killed app leaves it: running, says the journal, and nobody holds the lock.
    import sqlite3

    with sqlite3.connect(journal) as db:
        db.execute("UPDATE run SET value = '\"running\"' WHERE key = 'state'")
    db.close()
    later = BatchManager(batch_workbench, manager.data_dir)
    (info,) = later.list()
    assert info.progress.state == "interrupted" and info.title == "in" and 0 < info.progress.done < 40
    later.resume(batch)
    assert later.wait(batch, 30).done == 40
    later.forget(batch)
    assert later.list() == [] and not journal.exists()


def test_a_batch_does_not_go_on_with_other_weights_under_the_same_name(manager, own, tmp_path, batch_weights):
    folder = make_pictures(tmp_path / "in", 2)
    weights = tmp_path / "mine.safetensors"
    weights.write_bytes((batch_weights / "own.safetensors").read_bytes())
    batch = manager.start(folder, ["lfm"], weights={"lfm": str(weights)})
    manager.wait(batch, 30)
    journal = Rows(manager.folder / batch / "journal.sqlite")
    plan = journal.about()["plan"]
    plan["versions"]["forensics_ui"] = "0.0.1"
    import sqlite3

    with sqlite3.connect(manager.folder / batch / "journal.sqlite") as db:
        db.execute("UPDATE run SET value = ? WHERE key = 'plan'", (json.dumps(plan),))
    db.close()
    with refused(ForensicsError, "the version of this program"):
        manager.resume(batch)
