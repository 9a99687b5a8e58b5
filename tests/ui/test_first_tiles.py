"""What the screen asks for first is computed first, once, and nothing of it twice."""

# ruff: noqa: F811 (fixtures are imported by name)

from __future__ import annotations

import time

import numpy as np
import pytest
from bench_page import ended, lay, look
from test_view_addresses import unpacked
from view_desktop import RGB, desktop  # noqa: F401

from forensics_ui.imaging import npr_map
from forensics_ui.imaging.npr import npr
from forensics_ui.imaging.pyramid import tile_of
from forensics_ui.ui import view_jobs


@pytest.fixture
def computed(monkeypatch):
    """Every window of a map that is computed, while figures wait for as long as it takes."""
    found = []
    monkeypatch.setattr(view_jobs, "SCREEN_FIRST", 30)
    monkeypatch.setattr(npr_map, "npr_peaks", lambda *given, plain=npr_map.npr_peaks: found.append(given[1:]) or plain(*given))
    return found


def asked(desktop, **options):
    return desktop.client.get(f"/forensics/view/{desktop.token}/npr_channels", params=options).json()


def until(true):
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_tiles_that_are_named_ahead_are_computed_before_they_are_asked_for(desktop, computed):
    made = asked(desktop, l=5, reference="average", ahead="3.0.0")
    until(lambda: len(computed) == 1)
    for index, pane in enumerate(made["viewer"]["panes"][1:]):
        body = desktop.client.get(pane["levels"]["url"].format(scale=3, column=0, row=0)).content
        expected = tile_of(np.ascontiguousarray(npr(RGB, 5, "average")[..., index]), 3, 0, 0, reduce="max")
        assert unpacked(body).tobytes() == expected.tobytes()
    assert len(computed) == 1
    assert asked(desktop, l=5, reference="average", had=made["id"])["state"] in ("running", "done")


@pytest.mark.parametrize("ahead", ["999999.1.1", "0.0.0", "x", "3.0", "1.0.0," * 500])
def test_nonsense_ahead_does_no_harm(desktop, computed, ahead):
    made = asked(desktop, l=6, j=len(ahead) % 30 + 1, ahead=ahead)
    assert made["state"] == "begun" and len(computed) <= view_jobs.KEPT
    assert asked(desktop, l=6, j=len(ahead) % 30 + 1, had=made["id"])["state"] in ("running", "done")


def test_figures_are_counted_when_the_page_says_that_the_maps_are_on_the_screen(desktop, computed):
    made = asked(desktop, l=9)
    showing = desktop.jobs.by_id(made["id"])
    for pane in made["viewer"]["panes"][1:]:
        desktop.client.get(pane["levels"]["url"].format(scale=2, column=0, row=0))
    time.sleep(0.1)
    assert not showing.looked.is_set() and not showing.ended.is_set(), "a tile that was computed is not painted yet"
    asked(desktop, l=9, had=made["id"])
    assert showing.looked.is_set()
    until(showing.ended.is_set)


def test_the_picture_has_one_address_in_all_views_and_under_all_options(desktop):
    told = [desktop.view("npr_channels", l=2), desktop.view("npr_channels", l=3), desktop.view("ela"), desktop.view("file")]
    levels = [next(pane for pane in one.json()["viewer"]["panes"] if pane["id"] == "original")["levels"] for one in told]
    assert all(one == levels[0] for one in levels)
    for place in ((0, 0, 0), (1, 9, 0)):
        scale, column, row = place
        assert desktop.client.get(levels[0]["url"].format(scale=scale, column=column, row=row)).status_code == 404
    assert desktop.client.get("/forensics/pixels/nothing/1/0/0").status_code == 404


def test_another_picture_beside_it_does_not_get_its_address(desktop):
    from app_samples import encoded
    from PIL import Image

    desktop.second(encoded(Image.fromarray(RGB[::-1]), "PNG"))
    panes = desktop.view("difference").json()["viewer"]["panes"]
    desktop.client.delete(f"/forensics/second/{desktop.token}")
    pictures = [pane for pane in panes if pane["kind"] == "picture"]
    assert len(pictures) == 2 and pictures[0]["levels"] != pictures[1]["levels"]
    assert [pane["id"] for pane in panes if "/forensics/pixels/" in pane["levels"]["url"]] == ["original"]


def test_a_slider_fetches_its_maps_and_not_the_picture_again(screen):
    lay(screen)
    look(screen, "npr_channels")
    before = len(screen.asked)
    screen.locator("[data-option=l]").fill("4")
    screen.wait_for_function("forensicsWorkbench().made.options.l === 4")
    ended(screen, "npr_channels")
    urls = screen.asked[before:]
    assert "ahead=" in urls[0] and len([url for url in urls if "/tiles/" in url]) >= 3
    assert not [url for url in urls if "/pixels/" in url]
    look(screen, "ela")
    pixels = [url for url in screen.asked if "/pixels/" in url]
    assert pixels and len(pixels) == len(set(pixels)), "nor does another view, but at another zoom"
