from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from forensics_ui.core.errors import ForensicsError, WeightsMismatch
from forensics_ui.detectors.networks import LFMNet, NPRNet, normalise
from forensics_ui.train.ablations import Ablation
from forensics_ui.train.draws import Draws
from forensics_ui.train.folders import labelled_files
from forensics_ui.train.given import start_of, teacher_of
from forensics_ui.train.history import NONE, History, live_twice
from forensics_ui.train.loop import Plan, Trainer
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.presets import Preset
from forensics_ui.train.teacher import HINTS_FIRST, HINTS_LAST, Lesson, Teacher, hint_loss, softened
from tests.refusals import refused

CPU = torch.device("cpu")
SMALL = Preset("small", batch=8, rate=2e-3, crops=((0.0, (64,)),), balanced=True, history=NONE)


@pytest.fixture
def pictures(labelled: Path) -> Pictures:
    return Pictures(labelled_files(labelled))


class Remembering(torch.nn.Module):
    """A network that keeps what it was shown and says the same of everything."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = torch.nn.Parameter(torch.tensor(logit))
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(x.clone())
        return self.logit.expand(len(x))


def test_where_the_teacher_agrees_a_share_of_its_flattened_probability_takes_the_place_of_the_label():
    logits, labels = torch.tensor([24.0, -24.0]), torch.tensor([1.0, 0.0])
    expected = 0.5 * labels + 0.5 * torch.sigmoid(torch.tensor([2.0, -2.0]))
    assert torch.allclose(softened(logits, labels, temperature=12.0, share=0.5), expected)


def test_where_the_teacher_contradicts_the_label_it_is_not_asked():
    labels = torch.tensor([1.0, 0.0])
    assert torch.equal(softened(torch.tensor([-3.0, 3.0]), labels, 12.0, 0.5), labels)


def test_a_teacher_that_sees_little_pulls_less_than_one_that_sees_much():
    soft = softened(torch.tensor([0.5, 40.0]), torch.ones(2), 12.0, 0.5)
    assert soft[0] < soft[1] < 1


@pytest.mark.parametrize("seed", range(6))
def test_without_a_last_save_both_squares_are_one_and_the_same(seed: int):
    rgb = np.random.default_rng(1).integers(0, 256, (200, 170, 3), np.uint8)
    block, before = live_twice(rgb, seed % 2, 64, np.random.default_rng(seed), replace(History(), last_save=0.0))
    assert block.shape == (64, 64, 3) and np.array_equal(block, before)


@pytest.mark.parametrize("seed", range(6))
def test_with_a_last_save_both_squares_show_the_same_place_in_the_same_orientation(seed: int):
    y, x = np.mgrid[:200, :170]
    rgb = np.stack([x, y, (x + 2 * y) // 3], 2).astype(np.uint8)
    always = History(shrink=(0, 0), enlarge=0, first_jpeg=(0, 0), last_save=1.0, quality=(95, 99))
    block, before = live_twice(rgb, 0, 64, np.random.default_rng(seed), always)
    assert not np.array_equal(block, before)
    assert np.abs(block.astype(int) - before.astype(int)).mean() < 3
    # Any other place or orientation of this slope would be further off than that.
    assert np.abs(block.astype(int) - before[::-1].astype(int)).mean() > 10


def test_the_teacher_sees_each_crop_before_its_last_save_and_the_pupil_after_it(tmp_path: Path, pictures: Pictures):
    preset = replace(SMALL, history=History(last_save=1.0, quality=(60, 70)))
    net = Remembering(5.0)
    trainer = Trainer(Plan("lfm", preset, tmp_path, seed=3, epochs=1, teacher=Teacher(net)), pictures)
    trainer.run(stop_at=1)
    block, before = (torch.stack(part) for part in list(zip(*(Draws(pictures, preset, 3)[0, slot, 64] for slot in range(8)), strict=True))[:2])
    assert torch.equal(net.seen[0], normalise(before)) and not torch.equal(block, before)


def test_a_pupil_with_a_teacher_learns_and_learns_something_else_than_one_without(tmp_path: Path, pictures: Pictures):
    teacher = Teacher(Remembering(6.0))
    plan = Plan("lfm", SMALL, tmp_path / "taught", seed=3, epochs=12, teacher=teacher)
    trainer = Trainer(plan, pictures)
    taught = trainer.run()
    alone = Trainer(replace(plan, out=tmp_path / "alone", teacher=None), pictures).run()
    # The lowest of so few steps, because how far a run swings depends on the processor's threads.
    assert min(trainer.losses) < 0.6 * trainer.losses[0]
    assert any(not torch.equal(taught[name], alone[name]) for name in taught)


def lfm(seed: int) -> LFMNet:
    torch.manual_seed(seed)
    return LFMNet().eval()


def test_an_lfm_that_teaches_shows_its_maps_in_units_of_their_own_spread():
    teacher, before = Teacher(lfm(1)), torch.randint(0, 256, (8, 64, 64, 3), dtype=torch.uint8)
    teacher.measure(before)
    lesson = teacher.look(before, torch.ones(8))
    assert lesson.maps.mean((0, 2, 3)).abs().max() < 0.2 and (lesson.maps.std((0, 2, 3)) - 1).abs().max() < 0.2
    # The targets are those of the network as it is: the short cut through the maps changes no logit.
    expected = softened(teacher.net(normalise(before)), torch.ones(8), teacher.temperature, teacher.share)
    assert torch.allclose(lesson.targets, expected, atol=1e-5)


def test_hints_count_only_where_the_teacher_agrees_and_less_towards_the_end():
    theirs, mine = torch.zeros(2, 64, 4, 4), torch.stack([torch.full((64, 4, 4), 3.0), torch.full((64, 4, 4), 1.0)])
    lesson = Lesson(torch.ones(2), theirs, torch.tensor([False, True]))
    assert hint_loss(mine, lesson, 0.0) == pytest.approx(HINTS_FIRST * 0.5)
    assert hint_loss(mine, lesson, 1.0) == pytest.approx(HINTS_LAST * 0.5)
    assert hint_loss(mine, lesson._replace(agrees=torch.tensor([False, False])), 0.0) == 0
    assert hint_loss(mine, lesson._replace(maps=None), 0.0) == 0


def test_a_pupil_that_is_shown_maps_comes_closer_to_them(tmp_path: Path, pictures: Pictures):
    trainer = Trainer(Plan("lfm", replace(SMALL, rate=3e-4), tmp_path, seed=3, epochs=50, teacher=Teacher(lfm(1))), pictures)
    before = torch.stack([trainer.draws[0, slot, 64][1] for slot in range(8)])
    lesson = trainer.plan.teacher.look(before, torch.tensor([0.0, 1.0] * 4))._replace(agrees=torch.ones(8))
    distances = []
    for stop in (0, None):
        trainer.run(stop_at=stop)
        with torch.no_grad():
            distances.append(float(hint_loss(trainer.net.train().maps(normalise(before)), lesson, 0.0)))
    assert distances[1] < 0.85 * distances[0], distances


@pytest.mark.parametrize("what", ["teacher", "start"])
def test_a_checkpoint_is_not_gone_on_with_under_another_teacher_or_start(tmp_path: Path, pictures: Pictures, what: str):
    def plan(logit: float) -> Plan:
        given = {"teacher": Teacher(Remembering(logit))} if what == "teacher" else {"start_from": start(logit)}
        return Plan("lfm", SMALL, tmp_path, seed=3, epochs=1, **given)

    def start(bias: float) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        return LFMNet().state_dict() | {"fc1.bias": torch.tensor([bias])}

    Trainer(plan(5.0), pictures).run(stop_at=1)
    assert Trainer(plan(5.0), pictures).run(stop_at=1)
    with refused(ForensicsError, "another training"):
        Trainer(plan(6.0), pictures).run(stop_at=1)


def test_a_training_begins_with_the_weights_it_is_given(tmp_path: Path, pictures: Pictures):
    torch.manual_seed(9)
    published = {k: v for k, v in LFMNet().state_dict().items() if not k.endswith("num_batches_tracked")}
    torch.save(published, tmp_path / "published.pth")
    state, who = start_of(str(tmp_path / "published.pth"), "lfm", Ablation(), tmp_path)
    net = Trainer(Plan("lfm", SMALL, tmp_path / "out", start_from=state), pictures).net
    assert all(torch.equal(net.state_dict()[name], tensor) for name, tensor in published.items())
    assert who["name"] == "published.pth" and len(who["sha256"]) == 64


def test_weights_of_the_other_network_are_no_start_but_may_teach(tmp_path: Path):
    save_file(NPRNet().state_dict(), tmp_path / "npr.safetensors")
    with refused(WeightsMismatch, "NPR, not of LFM"):
        start_of(str(tmp_path / "npr.safetensors"), "lfm", Ablation(), tmp_path)
    teacher, who = teacher_of(str(tmp_path / "npr.safetensors"), CPU, tmp_path)
    assert isinstance(teacher.net, NPRNet) and who["detector"] == "npr" and who["share"] == 0.5
    assert json.loads(json.dumps(who)) == who


def test_a_linear_head_cannot_teach(tmp_path: Path):
    save_file({"weight": torch.zeros(1, 8), "bias": torch.zeros(1)}, tmp_path / "head.safetensors")
    with refused(WeightsMismatch, "LFM or NPR"):
        teacher_of(str(tmp_path / "head.safetensors"), CPU, tmp_path)
