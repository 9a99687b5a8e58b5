"""What people do to pictures: the edits that training pictures of both classes get."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from forensics_ui.train import counted, edits
from forensics_ui.train.counted import CLEAN, SAVED, Past, copies_of, copy_of
from forensics_ui.train.edits import EDITS, edited
from forensics_ui.train.folders import Sample

RAMP = np.add.outer(np.arange(200), np.arange(250))[..., None] * (0.4, 0.5, 0.3) + (20, 5, 60)
GREY_RAMP = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, 2).repeat(80, 0)


def generator(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def picture() -> np.ndarray:
    """A ramp with fine noise, away from black and white."""
    return np.clip(RAMP + generator(0).normal(0, 3, RAMP.shape), 0, 255).astype(np.uint8)


def test_an_edited_picture_is_another_one_of_the_same_size_and_the_same_for_the_same_seed():
    before = picture()
    kept = before.copy()
    for seed in range(20):
        after = edited(before, generator(seed))
        assert after.shape == before.shape and after.dtype == np.uint8 and not np.array_equal(after, before)
        assert np.array_equal(after, edited(before, generator(seed)))
    assert np.array_equal(before, kept), "the picture itself is not touched"


@pytest.mark.parametrize("edit", [edit for edit, _ in EDITS], ids=lambda edit: edit.__name__)
def test_every_edit_changes_pixels_and_leaves_something_of_the_picture(edit):
    before = picture().astype(np.float32)
    for seed in range(10):
        after = edit(before, generator(seed))
        assert after.shape == before.shape and np.isfinite(after).all() and np.abs(after - before).max() > 0.5
        assert np.corrcoef(after.mean(2).ravel(), before.mean(2).ravel())[0, 1] > 0.8


def test_tones_are_never_inverted():
    for seed in range(40):
        after = edits.tones(GREY_RAMP.astype(np.float32), generator(seed))
        assert (np.diff(after[0], axis=0) >= -1e-3).all()


def test_smoothing_takes_noise_away_and_keeps_edges_while_grain_adds_noise():
    step = np.where(np.arange(120) < 60, 40.0, 200.0)[None, :, None] + generator(1).normal(0, 2, (100, 120, 3))
    step = step.astype(np.float32)
    flat = slice(5, 50)
    for seed in range(10):
        smooth, grainy = edits.smoothed(step, generator(seed)), edits.grain(step, generator(seed))
        assert smooth[:, flat].std() < step[:, flat].std() < grainy[:, flat].std()
        assert smooth[:, 61:66].mean() - smooth[:, 54:59].mean() > 140


def test_edited_copies_come_after_the_others_and_leave_them_as_they_were(tmp_path: Path):
    Image.fromarray(picture()).save(tmp_path / "a.png")
    sample = Sample(tmp_path / "a.png", 1, "one")
    plain, more = (list(copies_of([picture()], sample, Past(edited=count), [3])) for count in (0, 1))
    assert [(family, was_edited) for family, was_edited, _ in more[len(plain) :]] == [(CLEAN, True), (SAVED, True), (SAVED, True)]
    assert all(a[:2] == b[:2] == (a[0], False) and np.array_equal(a[2], b[2]) for a, b in zip(plain, more, strict=False))


@pytest.mark.parametrize(("label", "lossy"), [(0, True), (1, False)])
def test_an_edit_is_the_last_step_of_some_copies_of_both_classes(monkeypatch: pytest.MonkeyPatch, label: int, lossy: bool):
    sizes = []

    def blackened(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        sizes.append(rgb.shape)
        return np.zeros_like(rgb)

    monkeypatch.setattr(counted, "edited", blackened)
    past = Past(shrink_lossless=1.0)
    copies = [copy_of(picture(), label, lossy, CLEAN, generator(seed), past, edits=True) for seed in range(20)]
    assert len(sizes) == 20 and not any(copy.any() for copy in copies), "every copy was edited once"
    assert 4 <= sizes.count(picture().shape) <= 16, "the others were reduced before"
