"""Which pixels a network receives under each rule; only `paper` may resample."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from forensics_ui.imaging import rules
from forensics_ui.words import say


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 256, (287, 333, 3), dtype=np.uint8)


def test_odd_width_is_cropped_not_resized(photo):
    prepared = rules.native(photo)
    assert np.array_equal(prepared.block, photo[:286, :332])
    assert "1 column and 1 row" in say(prepared.seen.notes[0]) and not prepared.seen.resampled


@pytest.mark.parametrize(("width", "height"), [(256, 256), (257, 300), (333, 287), (1024, 1000)])
def test_the_crop_starts_on_multiples_of_8_and_copies_pixels(width, height):
    rgb = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    box = rules.aligned_crop(rgb).seen.box
    assert box.left == (width - 256) // 2 // 8 * 8 and box.top == (height - 256) // 2 // 8 * 8
    assert np.array_equal(rules.aligned_crop(rgb).block, rgb[box.top : box.top + 256, box.left : box.left + 256])


def test_a_crop_of_a_small_picture_is_the_picture_in_whole_cells():
    assert rules.aligned_crop(np.zeros((101, 300, 3), np.uint8)).block.shape == (100, 256, 3)


def test_squash_is_pillows_bilinear_and_says_that_it_resampled(photo):
    prepared = rules.squash(photo)
    assert np.array_equal(prepared.block, np.asarray(Image.fromarray(photo).resize((256, 256), Image.Resampling.BILINEAR)))
    assert prepared.seen.resampled and "resampled from 333 x 287" in say(prepared.seen.notes[0])


def test_a_256_pixel_picture_is_not_resampled_by_the_papers_rule():
    rgb = np.zeros((256, 256, 3), np.uint8)
    assert rules.squash(rgb).block.base is rgb and not rules.squash(rgb).seen.resampled


def test_share_of_the_picture_that_was_seen(photo):
    seen = rules.aligned_crop(photo).seen
    assert seen.share_of(333, 287) == pytest.approx(256 * 256 / (333 * 287))
