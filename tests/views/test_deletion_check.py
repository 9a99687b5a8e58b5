from __future__ import annotations

import numpy as np

from forensics_ui.core.types import Cells
from forensics_ui.imaging.npr import npr
from forensics_ui.views.deletion import Lattice, check
from forensics_ui.words import say
from tests.views.helpers_views import photo_like

CELLS = Cells(8, 8, 0)
LFM = Cells(8, 23, 0)


def marked_block():
    """Noise, with vertical stripes in a corner that the score counts."""
    rng = np.random.default_rng(0)
    block = rng.integers(100, 110, (128, 128, 3), np.uint8)
    block[:32, :32, :] += (np.arange(32) % 2 * 50).astype(np.uint8)[None, :, None]
    return block


def stripes(block):
    return float(np.abs(npr(block)[::2, 1::2]).mean())


def true_map(block):
    return np.abs(npr(block)[..., 0]).reshape(16, 8, 16, 8).sum((1, 3)).astype(float)


def test_a_true_map_lowers_the_score_more_than_chance():
    block = marked_block()
    found = check(block, true_map(block), CELLS, stripes)
    row = found.numbers["regions"][0]
    assert row["drop"] > row["random_mean"] + 3 * row["random_sd"]
    assert "the score does depend" in say(found.why)


def test_a_false_map_does_not():
    block = marked_block()
    found = check(block, -true_map(block), CELLS, stripes)
    assert found.numbers["regions"][1]["drop"] <= found.numbers["regions"][1]["random_mean"] + 2 * found.numbers["regions"][1]["random_sd"]
    assert "marks nothing" in say(found.why)


def test_replacing_adds_no_pixel_relationship_that_was_not_there():
    block = photo_like(128, 120)
    lattice = Lattice.over(block, np.random.default_rng(1).normal(size=(16, 15)), LFM)
    changed = lattice.replaced(block, lattice.highest(0.2), np.random.default_rng(2))
    assert (changed != block).any()

    def cells(pixels):
        return pixels.reshape(64, 2, 60, 2, 3).swapaxes(1, 2).reshape(-1, 12)

    before = {bytes(cell) for cell in cells(block)}
    assert all(bytes(cell) in before for cell in cells(changed))


def test_only_marked_squares_change():
    block = photo_like(128, 128)
    lattice = Lattice.over(block, np.random.default_rng(1).normal(size=(16, 16)), CELLS)
    mask = lattice.highest(0.1)
    changed = lattice.replaced(block, mask, np.random.default_rng(2))
    touched = (changed != block).any(2).reshape(16, 8, 16, 8).any((1, 3))
    assert np.array_equal(touched, mask)


def test_fine_maps_are_summed_to_squares_of_eight_pixels():
    lattice = Lattice.over(photo_like(96, 96), np.ones((95, 95)), Cells(1, 2, 0))
    assert lattice.side == 8 and lattice.values.max() == 64


def test_the_same_picture_gives_the_same_numbers():
    block = marked_block()
    assert check(block, true_map(block), CELLS, stripes) == check(block, true_map(block), CELLS, stripes)


def test_flat_and_tiny_maps_are_not_checked_and_say_why():
    assert "flat" in say(check(marked_block(), np.ones((16, 16)), CELLS, stripes).why)
    assert "fewer than" in say(check(photo_like(24, 24), np.eye(3), CELLS, stripes).why)
