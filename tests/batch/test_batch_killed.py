"""A batch that is killed (`kill -9`) at random moments ends in the very result of one that nobody disturbed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from forensics_ui.batch.rows import Rows
from tests.batch.conftest import make_pictures

PROJECT = Path(__file__).resolve().parent.parent.parent
# Work that was finished longer ago than this must have reached the disk.
LOST_SECONDS = 1.0


class Attempts:
    """Processes that work on one folder, and what their logs say."""

    def __init__(self, place: Path, weights: Path, slow: float) -> None:
        self.place, self.weights, self.slow = place, weights, slow
        self.log = place / "log"

    def start(self, *how: str) -> subprocess.Popen:
        self.log.write_text("")
        command = ["tests.batch.killed_driver", self.place / "in", self.place / "data", self.weights / "own.safetensors", self.log, self.slow, *how]
        return subprocess.Popen([sys.executable, "-m", *map(str, command)], cwd=PROJECT, stderr=subprocess.DEVNULL)

    def said(self, what: str) -> dict[str, float]:
        lines = [line.split() for line in self.log.read_text().splitlines()]
        return {line[1]: float(line[2]) for line in lines if line[0] == what}

    def finish(self, *how: str) -> tuple[str, dict, bytes]:
        assert self.start(*how).wait(120) == 0
        record = json.loads((self.place / "out" / "results.json").read_text())
        # Besides the times: the commit of this checkout, which somebody may be working on, and the hash over all.
        for name in ("times", "tool", "body_sha256"):
            assert record.pop(name)
        return next(iter(self.said("started"))), record, (self.place / "out" / "results.csv").read_bytes()

    def rows(self, batch: str) -> Rows:
        return Rows(self.place / "data" / "batches" / batch / "journal.sqlite")

    def kill(self, after: float) -> float:
        """Kill one so long after it began to score; gives when."""
        process = self.start()
        while not self.said("submitted"):
            assert process.poll() is None, "it ended before there was anything to disturb"
            time.sleep(0.005)
        time.sleep(after)
        process.kill()
        moment = time.time()
        process.wait()
        return moment


def committed(rows: Rows) -> set[str]:
    return {sha256 for sha256, _ in rows.computed()}


def disturb(place: Path, weights: Path, pictures: int, kills: int, span: float) -> None:
    folder = make_pictures(place / "in", pictures)
    for number in range(0, pictures, 10):
        shutil.copy(folder / f"{number:04}.png", folder / f"again{number:04}.png")
    (folder / "bad.jpg").write_bytes(b"\xff\xd8\xff nothing of a picture")
    attempts, chance = Attempts(place, weights, slow=0.04), random.Random(pictures)
    undisturbed, record, table = attempts.finish("fresh")
    shutil.rmtree(place / "data" / "batches" / undisturbed)  # the next one is to have its name

    known: set[str] = set()
    kept_something = 0
    moments = [span * (number + chance.random()) / kills for number in range(kills)]  # random, and spread over the span
    chance.shuffle(moments)
    for after in moments:
        moment = attempts.kill(after)
        submitted, answered = attempts.said("submitted"), attempts.said("answered")
        assert not known & set(submitted), "what was on the disk is not computed again"
        now = committed(attempts.rows(undisturbed))
        assert known <= now and {sha for sha, when in answered.items() if when < moment - LOST_SECONDS} <= now
        kept_something += len(now) > len(known)
        known = now
    batch, resumed, resumed_table = attempts.finish()
    assert not known & set(attempts.said("submitted")) and kept_something
    assert (batch, resumed, resumed_table) == (undisturbed, record, table)
    computed = attempts.rows(batch).computed()
    assert len(computed) == pictures and set(computed.values()) == {1}


@pytest.mark.slow
def test_killed_a_few_times(tmp_path, batch_weights):
    disturb(tmp_path, batch_weights, pictures=40, kills=2, span=0.9)


@pytest.mark.slow
def test_a_run_of_200_pictures_killed_20_times(tmp_path, batch_weights):
    disturb(tmp_path, batch_weights, pictures=200, kills=20, span=0.5)
