"""Rebuilding in tiles is rebuilding at once; sizes and odd pictures; the shipped inverter rebuilds a picture it never saw."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.core.settings import ASSETS
from forensics_ui.imaging.closeness import psnr
from forensics_ui.inversion import invert as room
from forensics_ui.inversion.network import Inverter
from forensics_ui.weightstore.load import load_weights
from tests.detectors.helpers_networks import photo_like
from tests.refusals import refused


@pytest.fixture
def network():
    torch.manual_seed(0)
    return Inverter().eval().requires_grad_(False)


def test_tiles_give_what_the_whole_picture_gives(network, monkeypatch):
    rgb = photo_like(203, 310)
    whole = room.invert(network, rgb)
    monkeypatch.setattr(room, "TILE", 64)
    tiled = room.invert(network, rgb)
    # Sums in another order may fall on the other side of a half.
    assert np.abs(tiled.astype(int) - whole).max() <= 1 and (tiled == whole).mean() > 0.999


@pytest.mark.parametrize("size", [(16, 16), (19, 33), (100, 17)])
def test_any_size_comes_back_in_that_size(network, size):
    assert room.invert(network, photo_like(*size)).shape == (*size, 3)


@pytest.mark.parametrize("size", [(1, 1), (15, 400), (400, 15)])
def test_too_small_is_said(network, size):
    with refused(NotApplicable, "too small"):
        room.invert(network, photo_like(*size))


def test_other_weights_are_refused():
    with pytest.raises(WeightsMismatch):
        room.load_inverter({"weight": torch.zeros(1)})


def test_the_shipped_inverter_rebuilds_a_picture_it_never_saw_within_36_decibels():
    with Image.open(ASSETS / "examples" / "landscape.png") as image:
        rgb = np.asarray(image.convert("RGB"))
    network = room.load_inverter(load_weights("inverter", "inverter").state)
    assert 36 < psnr(rgb, room.invert(network, rgb)) < float("inf")
