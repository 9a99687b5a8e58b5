"""PRC's training: the two families of histories, and folders in, weights and card out."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from forensics_ui.detectors.patterns import frequencies
from forensics_ui.detectors.prc import POWER, PRC
from forensics_ui.train import prc_session
from forensics_ui.train.counted import CLEAN, SAVED, Past, copies_of, copy_of, is_lossy
from forensics_ui.train.folders import Sample, labelled_files
from forensics_ui.train.joined import joined
from forensics_ui.train.lines import FOLDS
from forensics_ui.train.prc_session import LEARNT, PRCSession
from forensics_ui.train.rows import Rows
from tests.detectors.helpers_networks import plain_logit, seeded
from tests.detectors.helpers_prc import seeded_prc
from tests.train.test_train_command import train

NOISE = np.random.default_rng(0).integers(0, 256, (300, 280, 3), np.uint8)
EVERY_PIXEL = {tuple(pixel) for pixel in NOISE.reshape(-1, 3)}


def made(family: int, lossy_file: bool, past: Past, label: int = 1) -> list[np.ndarray]:
    return [copy_of(NOISE, label, lossy_file, family, np.random.default_rng(seed), past) for seed in range(12)]


def untouched(copy: np.ndarray) -> bool:
    """Noise repeats no pixel by chance: an altered copy holds others than the picture does."""
    return {tuple(pixel) for pixel in copy.reshape(-1, 3)} <= EVERY_PIXEL


def test_a_lossless_file_stays_as_it_is_or_is_reduced():
    assert all(untouched(copy) for copy in made(CLEAN, False, Past(shrink_lossless=0.0)))
    reduced = made(CLEAN, False, Past(shrink_lossless=1.0))
    assert not any(untouched(copy) for copy in reduced) and all(128 <= min(copy.shape[:2]) < 280 for copy in reduced)


def test_a_jpeg_enters_the_clean_family_only_reduced_and_not_at_all_where_it_is_too_small():
    assert not any(untouched(copy) for copy in made(CLEAN, True, Past(shrink_lossless=0.0)))
    small = NOISE[:130, :130]
    assert copy_of(small, 0, True, CLEAN, np.random.default_rng(0), Past()) is None
    assert copy_of(small, 0, True, SAVED, np.random.default_rng(0), Past()) is not None


def test_the_saved_family_was_saved_unless_the_file_itself_is_lossy():
    assert not any(untouched(copy) for copy in made(SAVED, False, Past(shrink_saved=(0, 0), untouched=1.0)))
    assert all(untouched(copy) for copy in made(SAVED, True, Past(untouched=1.0)))


def test_sources_whose_traces_a_save_erases_have_no_saved_copies(tmp_path):
    Image.fromarray(NOISE).save(tmp_path / "a.png")
    past = Past(clean=1, saved=1, saved_once=0, edited=0)
    families = {
        source: [family for family, _, _ in copies_of([NOISE], Sample(tmp_path / "a.png", 1, source), past, [0])]
        for source in ("recon-decoder", "other")
    }
    assert families == {"recon-decoder": [CLEAN], "other": [CLEAN, SAVED]}


@pytest.mark.parametrize(
    ("name", "options", "lossy"), [("a.png", {}, False), ("a.jpg", {}, True), ("a.webp", {"lossless": True}, False), ("b.webp", {}, True)]
)
def test_what_a_format_has_thrown_away_is_known_from_the_file(tmp_path, name, options, lossy):
    Image.fromarray(NOISE).save(tmp_path / name, **options)
    assert is_lossy(tmp_path / name) is lossy


@pytest.mark.slow
def test_folders_in_weights_and_card_out_and_the_same_with_any_number_of_processes(tmp_path: Path, make_pictures: Callable[..., Path]):
    folder, test = make_pictures(tmp_path / "train", 3, 136, 0), make_pictures(tmp_path / "test", 2, 136, 1)
    for seed in (5, 6, 7):  # five sources of each class at least, one for every part that is left out
        make_pictures(folder, 2, 136, seed)
    call = ("prc", folder, "--out", tmp_path / "out", "--seed", 1, "--json")
    done = train(*call, "--test", test, "--workers", 1)
    assert done.returncode == 0, done.stderr
    card = json.loads(done.stdout)
    assert card["detector"] == "prc" and card["figures_set"] == "test" and "cross-fitted" in card["calibration"]["crop"]["set"]
    assert set(card["training"]["cross_fitted_auc"]) == {"clean", "saved", "gate"}
    # Enlarged without a filter, the stand-ins for generated pictures are told apart from ones never seen, as they come.
    assert card["figures"]["as_they_come"]["crop"]["auc"] > 0.9
    state = load_file(tmp_path / "out" / "prc_own.safetensors")
    assert state[POWER].item() == card["preset"]["powers"]["saved"] == prc_session.POWERS["saved"]
    detector = PRC(state, torch.device("cpu"))
    assert detector.logit(np.asarray(Image.open(next(test.rglob("1_fake/*/*.png"))))) > 0

    samples, said = labelled_files(folder), []
    past = Past(clean=1, saved=1, saved_once=0)
    one, two = (Rows(samples, past, 3, processes, said.append) for processes in (1, 2))
    assert np.array_equal(one.numbers, two.numbers) and all(
        np.array_equal(getattr(one, name), getattr(two, name)) for name in ("family", "edited", "sample")
    )
    assert len(one.numbers) == (2 + 3 * past.edited) * len(samples), "one clean and one saved copy, and the edited ones"
    alone = Rows(samples[-1:], past, 3, 1, said.append)
    assert np.array_equal(alone.numbers, one.numbers[one.sample == len(samples) - 1]), "what is drawn does not depend on the pictures beside it"


@pytest.mark.parametrize("learn_test", [False, True])
def test_every_picture_is_measured_by_weights_that_never_saw_its_source(tmp_path: Path, make_pictures: Callable[..., Path], learn_test: bool):
    folder, test = tmp_path / "train", make_pictures(tmp_path / "test", 2, 136, 9)
    for seed in range(FOLDS):
        make_pictures(folder, 1, 136, seed)
    options = {"name": None, "lfm": None, "device": "cpu", "seed": 1, "learn_test": learn_test}
    session = PRCSession(Namespace(folder=folder, test=test, out=tmp_path, **options), lambda entry: None)
    blank = {name: torch.zeros_like(tensor) for name, tensor in seeded_prc().items()}
    # Weights that say nothing but which part they were fitted without.
    states = [{**blank, "clean.bias": torch.tensor([float(i)]), "saved.bias": torch.tensor([float(i)])} for i in range(FOLDS + 1)]
    for scored in session._scored(states, session.test, ""):
        told = scored.logits["as_they_come"]["crop"]
        held_out = {session.fold_of.get(s.path, FOLDS) for s in session.test if (s.label, s.source) == (scored.label, scored.source)}
        assert {told} == held_out and (told < FOLDS) is learn_test
    assert not {s.path for s in session.test} & {s.path for s in session.unseen}, "limits never come from the pictures that errors are counted on"
    assert (LEARNT in session._data()) is learn_test and ("test" in session._data()) is not learn_test


def test_edited_copies_are_rows_of_the_ways_that_ask_for_them(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch):
    for seed in range(FOLDS):
        make_pictures(tmp_path / "train", 1, 136, seed)
    options = {"name": None, "lfm": None, "test": None, "device": "cpu", "seed": 1, "learn_test": False}
    session = PRCSession(Namespace(folder=tmp_path / "train", out=tmp_path, **options), lambda entry: None)
    monkeypatch.setattr(prc_session, "LOUDNESS", 1.0)
    ways = prc_session.WAYS["clean"]
    assert [way.edited for way in ways] == [False, True] and not any(way.edited for way in prc_session.WAYS["saved"])

    count, rng = len(session.samples), np.random.default_rng(0)
    labels = np.tile([s.label for s in session.samples], 2)
    rows = SimpleNamespace(sample=np.tile(np.arange(count), 2), edited=np.repeat([False, True], count))
    rows.numbers = (rng.normal(0, 1, (2 * count, 4)) + labels[:, None]).astype(np.float32)
    everything = np.ones(2 * count, bool)

    def together(numbers: np.ndarray) -> np.ndarray:
        rows.numbers = numbers
        return session._cross_fitted(rows, "clean", labels, everything, session.folds[rows.sample])[0][-1].weight

    monkeypatch.setattr(prc_session, "WAYS", {"clean": ways[:1]})
    other = rows.numbers + rows.edited[:, None] * rng.normal(0, 5, rows.numbers.shape).astype(np.float32)
    assert np.array_equal(together(rows.numbers), together(other)), "what edited copies hold is nothing to the first way"
    monkeypatch.setattr(prc_session, "WAYS", {"clean": ways[1:]})
    assert not np.allclose(together(rows.numbers), together(rows.numbers - 3 * rows.edited[:, None].astype(np.float32)))


def test_shares_of_cross_fitted_pictures_are_counted_as_verdicts_count_them(tmp_path: Path, make_pictures: Callable[..., Path], monkeypatch):
    for seed in range(FOLDS):
        make_pictures(tmp_path / "train", 1, 136, seed)
    options = {"name": None, "lfm": None, "test": None, "device": "cpu", "seed": 1, "learn_test": False}
    session = PRCSession(Namespace(folder=tmp_path / "train", out=tmp_path, **options), lambda entry: None)
    blank = {name: torch.zeros_like(tensor) for name, tensor in seeded_prc().items()}
    states = [{**blank, "clean.bias": torch.tensor([float(i)]), "saved.bias": torch.tensor([float(i)])} for i in range(FOLDS + 1)]
    monkeypatch.setattr(prc_session, "growth", lambda sides: [{"side": 100, "offset": 0.0}, {"side": 130, "offset": 0.5}])
    card = session._worth(states)
    for condition, by_rule in card["cross_fitted"]["figures"].items():
        # The limits come from these very scores, without what they grow by: none of so few real pictures may reach them.
        assert by_rule["native"]["fpr_at_some"] == card["calibration"]["native"]["conditions"][condition]["fpr_at_some"] == 0


def test_a_network_joins_the_clean_line_and_both_are_log_odds(tmp_path: Path, make_pictures: Callable[..., Path]):
    samples = labelled_files(make_pictures(tmp_path, 3, 256))
    # Halved, one is of odd size and one too small to be counted in.
    for sample, side in ((samples[1], 202), (samples[2], 120)):
        Image.open(sample.path).crop((0, 0, side, side)).save(sample.path)
    state, network = seeded_prc(), seeded("lfm").state_dict()
    made = joined([state, state], network, samples, np.array([0, 1] * 6), torch.device("cpu"))
    assert len(made) == 2 and all(torch.equal(one, two) for one, two in zip(*(m.values() for m in made), strict=True))
    for name in ("saved.weight", "saved.bias", "gate.weight", "gate.bias"):
        assert torch.equal(made[0][name], state[name]), "only the clean line is changed"
    factor = (made[0]["clean.weight"] / state["clean.weight"]).mean()
    loud = made[0]["lfm.fc1.weight"] / network["fc1.weight"]
    assert loud.std() < 1e-4 * loud.mean().abs() and factor >= 0
    block = np.asarray(Image.open(samples[0].path))
    clean = PRC({**made[0], "gate.weight": state["gate.weight"] * 0, "gate.bias": torch.tensor([-1000.0])}, torch.device("cpu")).logit(block)
    expected = frequencies(block).astype(float) @ made[0]["clean.weight"].double().numpy() + float(made[0]["clean.bias"])
    assert clean == pytest.approx(expected + float(loud.mean()) * plain_logit(seeded("lfm"), block), rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("odd", [("--epochs", "2"), ("--validation", "x"), ("--lfm", "x"), ("--teacher", "x"), ("--preset", "paper")])
def test_what_only_networks_have_is_refused(tmp_path, odd):
    done = train("prc", tmp_path, "--out", tmp_path / "out", *odd)
    assert done.returncode == 2 and f"{odd[0]}" in done.stderr and "for prc" in done.stderr
