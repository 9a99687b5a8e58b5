"""The networks that serve people are rewrites; here each is held against the network as its paper draws it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.detectors import DETECTORS, lfm, npr
from forensics_ui.detectors.fast import tiles
from tests.detectors.helpers_networks import PLAIN, photo_like, plain_logit, seeded

CPU = torch.device("cpu")
SIZES = [(48, 48), (64, 50), (256, 256), (286, 332), (90, 700), (701, 93)]


@pytest.fixture(params=sorted(PLAIN))
def pair(request):
    plain = seeded(request.param)
    return DETECTORS.get(request.param)(plain.state_dict(), CPU), plain


@pytest.mark.parametrize("size", SIZES, ids=lambda s: f"{s[1]}x{s[0]}")
def test_fast_logit_is_the_plain_logit_at_any_size(pair, size):
    fast, plain = pair
    block = fast.prepare(photo_like(*size), "native").block
    assert fast.findings([block])[0].logit == pytest.approx(plain_logit(plain, block), abs=1e-4)


@pytest.mark.parametrize("cells", [7, 1000])
def test_tiling_changes_nothing(pair, cells, monkeypatch):
    fast, plain = pair
    for module in (lfm, npr):
        monkeypatch.setattr(module, "CELLS_PER_TILE", cells)
    block = fast.prepare(photo_like(150, 209, seed=3), "native").block
    assert fast.findings([block])[0].logit == pytest.approx(plain_logit(plain, block), abs=1e-4)


def test_tiled_npr_map_has_the_values_of_the_untiled_one_everywhere(monkeypatch):
    fast = DETECTORS.get("npr")(seeded("npr").state_dict(), CPU)
    block = photo_like(216, 264, seed=1)
    whole = fast.findings([block])[0].evidence.contributions
    monkeypatch.setattr(npr, "CELLS_PER_TILE", 9)
    assert np.abs(fast.findings([block])[0].evidence.contributions - whole).max() < 1e-6 * np.abs(whole).max() + 1e-8


def test_tiled_top_k_names_the_same_places(monkeypatch):
    fast = DETECTORS.get("lfm")(seeded("lfm").state_dict(), CPU)
    block = photo_like(216, 264, seed=1)
    whole = fast.findings([block])[0].evidence
    monkeypatch.setattr(lfm, "CELLS_PER_TILE", 9)
    tiled = fast.findings([block])[0].evidence
    assert np.allclose(tiled.value, whole.value, atol=1e-5)
    assert (tiled.row == whole.row).mean() > 0.999 and (tiled.column == whole.column).mean() > 0.999


def test_a_batch_gives_what_each_picture_gives_alone(pair):
    fast, _ = pair
    blocks = [photo_like(128, 160, seed) for seed in range(5)]
    together = [f.logit for f in fast.findings(blocks)]
    assert together == pytest.approx([fast.findings([b])[0].logit for b in blocks], abs=1e-4)


def test_the_evidence_adds_up_to_the_logit(pair):
    fast, plain = pair
    block = photo_like(200, 264)
    finding = fast.findings([block])[0]
    assert finding.evidence.total() == pytest.approx(plain_logit(plain, block), abs=1e-4)


def test_an_lfm_term_depends_on_its_own_23_pixels_only():
    fast = DETECTORS.get("lfm")(seeded("lfm").state_dict(), CPU)
    block = photo_like(160, 160)
    maps = fast.maps(torch.from_numpy(block)[None])
    row, column = 9, 5
    elsewhere = photo_like(160, 160, seed=9)
    elsewhere[8 * row : 8 * row + 23, 8 * column : 8 * column + 23] = block[8 * row : 8 * row + 23, 8 * column : 8 * column + 23]
    assert torch.allclose(fast.maps(torch.from_numpy(elsewhere)[None])[..., row, column], maps[..., row, column], atol=1e-5)


def test_an_npr_cell_depends_on_its_own_87_pixels_only():
    fast = DETECTORS.get("npr")(seeded("npr").state_dict(), CPU)
    block = photo_like(160, 160)
    row, column = 10, 9
    elsewhere = photo_like(160, 160, seed=9)
    window = (slice(8 * row - 43, 8 * row + 44), slice(8 * column - 43, 8 * column + 44))
    elsewhere[window] = block[window]
    # The cell's first pixel is odd: the relationships at the window's rim belong to cells cut in half, one pixel further out.
    rim = (slice(8 * row - 44, 8 * row + 44), slice(8 * column - 44, 8 * column + 44))
    elsewhere[rim] = block[rim]
    same = fast.activation(torch.from_numpy(elsewhere)[None])[0, row, column]
    assert same == pytest.approx(float(fast.activation(torch.from_numpy(block)[None])[0, row, column]), abs=1e-5)


def test_long_work_reports_every_tile(pair, monkeypatch):
    fast, _ = pair
    for module in (lfm, npr):
        monkeypatch.setattr(module, "CELLS_PER_TILE", 9)
    seen = []
    fast.findings([photo_like(160, 160)], lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(1, seen[-1][1] + 1)) and len(seen) > 1


@pytest.mark.parametrize(("cells", "per_tile"), [(1, 64), (64, 64), (65, 64), (300, 96)])
def test_tiles_cover_every_cell_once(cells, per_tile):
    made = tiles(cells, 8 * cells, per_tile, 6, 5)
    assert [cell for tile in made for cell in range(tile.start, tile.stop)] == list(range(cells))
    assert all(tile.first_pixel % 8 == 0 and tile.stop - tile.start <= per_tile for tile in made)
