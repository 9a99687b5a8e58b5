"""UnivFD's head: features kept on disk, two ways to fit, and a head that the detector loads. On a tower small enough to make here."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.detectors import DETECTORS
from forensics_ui.service.installed import load_installed
from forensics_ui.train.features import CachedUnivFD, FeatureStore
from forensics_ui.train.head import HEAD_PRESETS, Learnt, fit_paper, logistic_regression
from forensics_ui.train.head_session import HeadSession
from forensics_ui.train.head_worth import blocks_of
from forensics_ui.train.squares import squares_of
from tests.bank.tiny_tower import WIDTH, install_tower
from tests.detectors.helpers_networks import photo_like
from tests.refusals import refused

CPU = torch.device("cpu")


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORENSICS_WEIGHTS_DIR", str(install_tower(tmp_path / "weights")))
    monkeypatch.setenv("FORENSICS_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def session(folder: Path, out: Path, **changes: Any) -> HeadSession:
    given = {"detector": "univfd", "preset": "own", "validation": None, "test": None, "epochs": None, "seed": 1, "name": None}
    given |= {"folder": folder, "out": out, "device": "cpu", "backbone": None}
    return HeadSession(Namespace(**(given | changes)), lambda entry: None)


def tower() -> CachedUnivFD:
    return CachedUnivFD.installed(None, CPU, Settings.load())


@pytest.mark.slow
def test_folders_in_head_and_card_out_and_a_second_run_computes_no_feature_again(places: Path, make_pictures: Callable[..., Path]):
    folder, validation = make_pictures(places / "train", 3, 256, 0), make_pictures(places / "validation", 3, 256, 2)
    card = session(folder, places / "one", validation=validation).run()
    assert card["training"]["features_computed"] == 12 * 4 + 12 * 4, "four copies of each picture, four conditions of each validation picture"
    assert card["role"] == "head" and card["detector"] == "univfd" and card["backbone"]["name"] == "tiny_clip"
    # A real picture of these is smooth, a generated one is made of squares: even a random tower sees that.
    assert card["figures"]["as_they_come"]["crop"]["auc"] > 0.9 and card["calibration"]["native"] is None
    again = session(folder, places / "two", validation=validation).run()
    assert again["training"]["features_computed"] == 0 and again["sha256"] == card["sha256"]
    other = session(folder, places / "three", validation=validation, seed=2).run()
    assert other["sha256"] != card["sha256"]
    assert "univfd_own" in (places / "one" / "univfd_own.md").read_text()


@pytest.mark.slow
def test_the_head_is_loaded_and_scored_by_the_detector_as_any_other(places: Path, make_pictures: Callable[..., Path]):
    folder = make_pictures(places / "train", 2, 256, 0)
    card = session(folder, places / "weights", preset="paper", epochs=2).run()
    assert card["training"]["steps"] == 2 and "anew in every epoch" in card["training"]["note"]
    file = places / "weights" / "univfd_paper.safetensors"
    assert {name: tuple(t.shape) for name, t in load_file(file).items()} == {"weight": (1, WIDTH), "bias": (1,)}
    loaded, block, ours = load_installed("univfd_paper", "univfd", places / "weights"), photo_like(224, 224), tower()
    ours.set_head(**load_file(file))
    assert loaded.sha256 == f"{card['sha256']}+{card['backbone']['sha256']}"
    theirs = DETECTORS.get("univfd")(loaded.state, CPU).findings([block])[0].logit
    assert theirs == pytest.approx(ours.findings([block])[0].logit, abs=1e-5)


def test_a_stopped_run_keeps_what_it_computed(places: Path, make_pictures: Callable[..., Path]):
    folder = make_pictures(places / "train", 2, 256, 0)
    linked = next(folder.rglob("0.png"))
    _replace_by_a_link(linked, places / "elsewhere.png")
    torn = session(folder, places / "out")
    squares, calls = torn._squares, []

    def until_the_third(*of: Any) -> np.ndarray:
        calls.append(of)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return squares(*of)

    torn._squares = until_the_third
    with pytest.raises(KeyboardInterrupt):
        torn.run()
    resumed = session(folder, places / "out")
    resumed._learn()
    assert resumed.detector.recalled == 8 and resumed.detector.computed == 4 * (len(resumed.groups["train"]) - 2)


def _replace_by_a_link(path: Path, elsewhere: Path) -> None:
    path.rename(elsewhere)
    try:
        path.symlink_to(elsewhere)
    except OSError:  # Windows lets only some users make links
        elsewhere.rename(path)


def test_kept_features_are_those_that_the_detector_computes(places: Path):
    detector, squares = tower(), np.stack([photo_like(224, 224, seed) for seed in (0, 1, 0)])
    first, second = detector.features(squares), tower().features(squares)
    assert detector.computed == 2 and np.array_equal(first, second)
    assert np.allclose(first, DETECTORS.get("univfd").features(detector, squares), atol=1e-5)


def test_what_was_damaged_on_the_disk_is_computed_anew_and_another_file_is_named(places: Path):
    detector, square = tower(), photo_like(224, 224)[None]
    right = detector.features(square)
    detector.store.put({hashlib.sha256(square[0]).digest(): np.full(WIDTH, np.nan, np.float32)})
    assert np.array_equal(detector.features(square), right) and detector.computed == 2
    folder = places / "elsewhere"
    folder.mkdir()
    (folder / f"{'0' * 64}.sqlite").write_bytes(b"this is no database at all" * 100)
    with refused(ForensicsError, r"features/0{12}.*Delete that file"):
        FeatureStore(folder, "0" * 64, WIDTH).get([b"x"])


def test_logistic_regression_ends_where_the_gradient_is_zero():
    rng = np.random.default_rng(0)
    x, sample = rng.normal(size=(200, 6)), np.full(200, 1 / 200)
    y = (x[:, 0] + rng.normal(size=200) > 0.3).astype(float)
    theta, _ = logistic_regression(x, y, sample, 1e-3)
    p = 1 / (1 + np.exp(-(x @ theta[:-1] + theta[-1])))
    assert np.abs(x.T @ (sample * (p - y)) + 1e-3 * theta[:-1]).max() < 1e-6 and theta[0] > 1
    assert abs((sample * (p - y)).sum()) < 1e-6


def test_the_rate_falls_after_five_worse_epochs_and_the_training_ends_below_the_smallest():
    learnt = Learnt(np.random.default_rng(0).normal(size=(20, 2, 4)).astype(np.float32), np.array([0, 1] * 10), np.full(20, 0.05))
    accuracies = iter([0.9] + [0.5] * 5 + [0.8] + [0.5] * 5 + [0.7] + [0.5] * 100)
    head = fit_paper(learnt, HEAD_PRESETS["paper"], lambda weight, bias: {"accuracy": next(accuracies)}, seed=0)
    assert [entry["rate"] for entry in head.log] == pytest.approx([1e-4] * 6 + [1e-5] * 6 + [1e-6] * 6)


@pytest.mark.parametrize("name", ["own", "paper"])
@pytest.mark.parametrize("size", [(300, 500), (100, 90), (256, 256)])
def test_squares_hang_on_the_picture_its_label_and_the_seed_and_on_nothing_else(name: str, size: tuple[int, int]):
    rgb, preset = photo_like(*size), HEAD_PRESETS[name]
    squares = squares_of(rgb, "ab" * 32, 1, preset, 0)
    assert squares.shape == (preset.copies, 224, 224, 3) and squares.dtype == np.uint8
    assert np.array_equal(squares, squares_of(rgb, "ab" * 32, 1, preset, 0))
    assert not np.array_equal(squares, squares_of(rgb, "ab" * 32, 1, preset, 1))
    assert not np.array_equal(squares, squares_of(rgb, "cd" * 32, 1, preset, 0))


@pytest.mark.parametrize("what", ["blur", "jpeg"])
def test_the_paper_preset_blurs_and_saves_half_of_the_copies_each(what: str):
    noise = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    off = {"blur": {"jpeg": (0.0, 30, 100)}, "jpeg": {"blur": (0.0, 0.0, 0.0)}}[what]
    squares = squares_of(noise, "ab" * 32, 1, replace(HEAD_PRESETS["paper"], copies=60, **off), 0)
    # Noise of 256 px is not resized, so a copy that nothing happened to is cut out of it, mirrored or not.
    rows = {noise[y, x : x + 224].tobytes() for y in range(256) for x in range(33)} | {
        noise[y, x : x + 224][::-1].tobytes() for y in range(256) for x in range(33)
    }
    assert 18 <= sum(square[0].tobytes() in rows for square in squares) <= 42


def test_both_classes_are_cut_to_one_size_before_anything_tells_them_apart():
    small, large = blocks_of(photo_like(256, 256)), blocks_of(photo_like(600, 700))
    assert all(of["crop"].shape == (224, 224, 3) for made in (small, large) for of in made.values())
    assert "native" not in small["as_they_come"] and large["halved"]["native"].shape == (224, 224, 3)
    assert blocks_of(photo_like(223, 400)) == {}


def test_a_file_that_is_no_picture_is_named(places: Path, make_pictures: Callable[..., Path]):
    folder = make_pictures(places / "train", 2, 256, 0)
    for path in folder.rglob("0.png"):
        path.write_bytes(b"nothing of a picture")
    with refused(BadImage, r"0\.png .*take it out of the folder"):
        session(folder, places / "out").run()


def test_other_presets_and_a_head_in_the_place_of_the_tower_are_refused(places: Path, make_pictures: Callable[..., Path]):
    folder = make_pictures(places / "train", 2, 256, 0)
    with refused(ForensicsError, "no preset 'best'"):
        session(folder, places / "out", preset="best")
    torch.save({"weight": torch.zeros(1, 8), "bias": torch.zeros(1)}, places / "head.pth")
    with refused(ForensicsError, "CLIP image tower"):
        session(folder, places / "out", backbone=str(places / "head.pth"))
