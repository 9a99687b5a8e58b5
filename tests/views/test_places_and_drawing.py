from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.core.types import Box, Cells, Seen
from forensics_ui.imaging.colour import MARKS, NO_VALUE
from forensics_ui.views.base import Mark, Pane, Scale
from forensics_ui.views.draw import draw, draw_marks
from forensics_ui.views.places import block_origin, drawn_first, field_box, map_pane, to_picture
from forensics_ui.views.plain import RECIPES, network_input
from tests.views.helpers_views import photo_like, picture_of, plain_of

SCALE = Scale(0, 1, "x", "grey")


@pytest.mark.parametrize("name", ["lfm", "npr"])
@pytest.mark.parametrize("depth", ["last", "late", "early", "first"])
def test_a_cell_depends_on_its_field_and_on_nothing_else(name, depth):
    network = plain_of(name)
    layer = RECIPES[name].layers(network)[depth]
    taken = []
    handle = network.get_submodule(layer.path).register_forward_hook(lambda _m, _i, out: taken.append(out))
    # In float64, and through what lies behind the pixel relationships, which belong to whole 2 x 2 cells.
    x = network_input(name, photo_like(160, 160)).detach().requires_grad_(True)
    with torch.enable_grad():
        network(x)
    handle.remove()
    maps = taken[0]
    row = column = maps.shape[2] // 2
    gradient = torch.autograd.grad(maps[0, :, row, column].abs().sum(), x)[0][0].abs().sum(0)
    rows, columns = (torch.nonzero(gradient.sum(axis)).flatten() for axis in (1, 0))
    first = row * layer.cells.stride - layer.cells.inset
    # A pixel brings in the top left pixel of its cell, at most one pixel further out.
    assert first - 1 <= int(rows.min()) and int(rows.max()) <= first + layer.cells.field - 1
    assert first - 1 <= int(columns.min()) and int(columns.max()) <= first + layer.cells.field - 1


def test_squares_are_drawn_in_the_middle_of_the_field_on_even_pixels():
    assert drawn_first(Cells(8, 23, 0)) == 8
    assert drawn_first(Cells(8, 87, 43)) == -4
    assert drawn_first(Cells(224, 224, 0)) == 0


def test_a_crop_moves_places_and_a_squash_stretches_them():
    picture = picture_of(np.zeros((512, 1024, 3), np.uint8))
    crop = Seen("crop", Box(384, 128, 256, 256), (256, 256))
    assert field_box(crop, Cells(8, 23, 0), picture, 2, 1) == Box(392, 144, 23, 23)
    squash = Seen("paper", Box(0, 0, 1024, 512), (256, 256), resampled=True)
    assert to_picture(squash, picture, 10, 20, 8, 8) == Box(40, 40, 32, 16)


def test_borders_are_taken_off():
    seen = Seen("paper", Box(0, 0, 101, 300 - 76), (224, 224), padded=True)
    assert block_origin(seen) == (-61, 0)


def test_fields_are_cut_to_the_picture():
    picture = picture_of(np.zeros((40, 40, 3), np.uint8))
    assert field_box(Seen("native", Box(0, 0, 40, 40), (40, 40)), Cells(8, 87, 43), picture, 0, 0) == Box(0, 0, 40, 40)


def test_a_cell_becomes_a_square_of_equal_pixels_at_its_place():
    seen = Seen("native", Box(0, 0, 40, 40), (40, 40))
    pane = map_pane(("m", "M"), np.array([[0.0, 1.0], [1.0, 0.0]]), Cells(8, 23, 0), (seen, picture_of(np.zeros((40, 40, 3), np.uint8))), SCALE)
    drawn = draw(pane, 40, 40)
    assert drawn.shape == (40, 40, 3)
    assert (drawn[8:16, 16:24] == 255).all() and (drawn[8:16, 8:16] == 0).all()
    assert (drawn[:8] == NO_VALUE).all() and (drawn[24:] == NO_VALUE).all()


def test_a_map_that_begins_before_the_picture_is_cut():
    drawn = draw(Pane("m", "M", lambda: np.array([[1.0, 0.0]]), SCALE, 8, (-4, -4)), 10, 6)
    assert (drawn[:4, :4] == 255).all() and (drawn[:4, 4:] == 0).all() and (drawn[4:] == NO_VALUE).all()


def test_a_picture_is_drawn_as_it_is_and_no_value_is_grey():
    rgb = photo_like(5, 7)
    assert np.array_equal(draw(Pane("p", "P", lambda: rgb), 7, 5), rgb)
    assert tuple(draw(Pane("m", "M", lambda: np.array([[np.nan]]), SCALE), 1, 1)[0, 0]) == NO_VALUE


def test_marks_are_outlines_of_their_pixels():
    rgb = np.zeros((20, 20, 3), np.uint8)
    drawn = draw_marks(rgb, [Mark(Box(2, 3, 5, 6), "here", "fake"), Mark(Box(20, 20, 0, 0), "nowhere")])
    changed = np.argwhere(drawn.any(2))
    assert changed.min(0).tolist() == [3, 2] and changed.max(0).tolist() == [8, 6]
    assert tuple(drawn[3, 2]) == MARKS["fake"] and not drawn[5, 4].any() and not rgb.any()
