from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from forensics_ui.core.errors import ForensicsError
from forensics_ui.detectors.networks import LFMNet
from forensics_ui.train.folders import labelled_files
from forensics_ui.train.history import History
from forensics_ui.train.loop import Plan, Trainer
from forensics_ui.train.measure import Validation
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.presets import Preset
from tests.refusals import refused

SMALL = Preset(
    "small",
    batch=8,
    rate=2e-3,
    schedule="one-cycle",
    weight_decay=0.01,
    crops=((0.0, (64,)), (0.5, (64, 80))),
    balanced=True,
    history=History(),
    average=0.9,
)


@pytest.fixture
def pictures(labelled: Path) -> Pictures:
    return Pictures(labelled_files(labelled))


def plan(out: Path, detector: str = "lfm", epochs: float = 4, **changes) -> Plan:
    return Plan(detector, replace(SMALL, **changes), out, seed=3, epochs=epochs)


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


@pytest.mark.slow
@pytest.mark.parametrize("detector", ["lfm", "npr"])
def test_the_loss_falls_on_pictures_that_differ(tmp_path: Path, pictures: Pictures, detector: str):
    trainer = Trainer(plan(tmp_path / "out", detector, epochs=8, history=History(shrink=(0, 0), enlarge=0, first_jpeg=(0, 0), last_save=0)), pictures)
    trainer.run()
    first, last = trainer.losses[:4], trainer.losses[-4:]
    assert sum(last) < 0.6 * sum(first)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(tmp_path: Path, pictures: Pictures):
    one = Trainer(plan(tmp_path / "one"), pictures).run()
    two = Trainer(plan(tmp_path / "two"), pictures).run()
    other = Trainer(replace(plan(tmp_path / "three"), seed=4), pictures).run()
    assert same(one, two) and not same(one, other)


def test_a_resumed_training_gives_what_the_uninterrupted_one_gives(tmp_path: Path, pictures: Pictures):
    whole = Trainer(plan(tmp_path / "whole"), pictures).run()
    Trainer(plan(tmp_path / "torn"), pictures).run(stop_at=3)
    resumed = Trainer(plan(tmp_path / "torn"), pictures)
    assert same(resumed.run(), whole)
    assert resumed.step == resumed.last_step == 8


def test_a_checkpoint_of_another_training_is_not_gone_on_with(tmp_path: Path, pictures: Pictures):
    Trainer(plan(tmp_path), pictures).run(stop_at=1)
    with refused(ForensicsError, "another training"):
        Trainer(replace(plan(tmp_path), seed=9), pictures).run()


def test_worker_processes_change_nothing(tmp_path: Path, pictures: Pictures):
    alone = Trainer(plan(tmp_path / "alone", epochs=1), pictures).run()
    assert same(alone, Trainer(replace(plan(tmp_path / "helped", epochs=1), workers=1), pictures).run())


def test_validation_pictures_that_are_too_small_are_said(pictures: Pictures):
    with refused(ForensicsError, "at least 128 pixels"):
        Validation(pictures.samples)


def test_the_clock_ends_a_training(tmp_path: Path, pictures: Pictures):
    trainer = Trainer(replace(plan(tmp_path / "out"), minutes=0.02), pictures)
    trainer.run()
    assert trainer.seconds >= 1.2 and trainer.progress == 1


def test_the_weights_that_were_best_on_validation_pictures_are_kept_and_logged(tmp_path: Path, pictures: Pictures):
    trainer = Trainer(plan(tmp_path / "out"), pictures, Validation(pictures.samples, limit=3, side=96, smallest=96))
    best = trainer.run()
    entry = json.loads((tmp_path / "out" / "log.jsonl").read_text().splitlines()[-1])
    assert set(entry["validation"]) == {"as_they_come", "jpeg96", "jpeg80", "halved"}
    assert trainer.best_figure == pytest.approx(entry["mean"], abs=1e-4)
    LFMNet().load_state_dict(best, strict=True)
