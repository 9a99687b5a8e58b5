"""What the panes show is what numpy computes, at one place and zoom in all of them."""

from __future__ import annotations

import io

import numpy as np
import pytest
from app_samples import encoded
from bench_page import RGB, ended, lay, look, made, point, state
from PIL import Image

from forensics_ui.imaging.colour import colourise
from forensics_ui.imaging.npr import npr

NPR = npr(RGB)


@pytest.fixture
def page_with_sample(screen):
    screen.emulate_media(reduced_motion="reduce")
    lay(screen)
    return screen


def probed(page, pane, x, y):
    page.mouse.move(*point(page, pane, x, y))
    page.wait_for_function("(at) => { const p = forensicsWorkbench().viewer.state().probe; return p && p.x === at[0] && p.y === at[1]; }", arg=[x, y])
    page.wait_for_function("Object.values(forensicsWorkbench().viewer.state().probe.values).every((v) => v !== null && v !== undefined)")
    return state(page)["probe"]["values"]


def pixels(page, pane, x, y, size):
    """Pixels of the screen around the middle of a picture pixel."""
    left, top = point(page, pane, x, y)
    shot = page.screenshot(clip={"x": left - size / 2, "y": top - size / 2, "width": size, "height": size})
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))


def test_the_probe_reads_the_true_values_in_all_panes(page_with_sample):
    page = page_with_sample
    for pane, x, y in ((0, 101, 77), (2, 0, 0), (3, 359, 287), (1, 200, 33)):
        values = probed(page, pane, x, y)
        assert values["original"] == RGB[y, x].tolist()
        assert [values[f"npr_{name}"] for name in ("red", "green", "blue")] == NPR[y, x].tolist()


def test_the_probe_follows_the_options(page_with_sample):
    page = page_with_sample
    page.locator("[data-option=reference]").select_option("maximum")
    page.wait_for_function("forensicsWorkbench().made.options.reference === 'maximum'")
    ended(page, "npr_channels")
    assert probed(page, 1, 51, 60)["npr_red"] == int(npr(RGB, 2, "maximum")[60, 51, 0])


def test_the_screen_shows_the_colours_of_the_scale(page_with_sample):
    page = page_with_sample
    page.evaluate("forensicsWorkbench().viewer.flyTo(180, 140, 8)")
    ended(page, "npr_channels")
    scale = made(page)["viewer"]["panes"][1]["palette"]
    expected = colourise(NPR[..., 0], scale["low"], scale["high"], "signed")
    for x, y in ((180, 140), (183, 141), (171, 150)):
        assert np.array_equal(pixels(page, 1, x, y, 4), np.broadcast_to(expected[y, x], (4, 4, 3)))
        assert np.array_equal(pixels(page, 0, x, y, 4), np.broadcast_to(RGB[y, x], (4, 4, 3)))


def test_zoom_and_place_stay_when_the_view_changes(page_with_sample):
    page = page_with_sample
    page.evaluate("forensicsWorkbench().viewer.flyTo(150, 130, 6)")
    ended(page, "npr_channels")
    before = state(page)
    for name in ("ela", "noise", "npr_channels"):
        look(page, name)
        now = state(page)
        assert (now["x"], now["y"], now["zoom"]) == (before["x"], before["y"], 6)
        assert len({tuple(pane["origin"]) for pane in now["panes"]}) == 1


def test_the_gain_slider_colours_at_once_and_fetches_no_tile(page_with_sample):
    page = page_with_sample
    tiles = len([url for url in page.asked if "/tiles/" in url])
    page.evaluate("window.before = forensicsWorkbench().viewer.state().draws")
    slider = page.locator("[data-option=gain]")
    slider.focus()
    page.keyboard.press("End")
    page.wait_for_function("forensicsWorkbench().viewer.state().draws > before", timeout=1000)
    ends = page.locator(".fv-ticks span:first-child:visible").all_inner_texts()
    assert ends == ["≤ −3.98438"] * 3
    page.wait_for_function("forensicsWorkbench().made.options.gain === 64")
    ended(page, "npr_channels")
    assert page.locator(".fv-ticks span:first-child:visible").all_inner_texts() == ends
    assert len([url for url in page.asked if "/tiles/" in url]) == tiles
    x, y = np.unravel_index(np.abs(NPR[..., 1]).argmax(), NPR.shape[:2])[::-1]
    assert probed(page, 2, int(x), int(y))["npr_green"] == int(NPR[y, x, 1])


def test_a_second_picture_is_compared_pixel_by_pixel(page_with_sample):
    page = page_with_sample
    look(page, "difference")
    other = RGB.copy()
    other[100:140, 100:160, 1] ^= 4
    give(page, "other.png", encoded(Image.fromarray(other), "PNG"))
    ended(page, "difference")
    assert "other.png" in page.locator(".wb-control.second").inner_text()
    assert made(page)["numbers"]["inverted_by"] == "the second picture"
    values = probed(page, 0, 121, 121)
    assert values["inverted"] == other[121, 121].tolist()
    both = [npr(rgb)[121, 121].astype(float) for rgb in (RGB, other)]
    assert values["npr_difference"] == pytest.approx(float(np.sqrt(((both[0] - both[1]) ** 2).mean())), rel=1e-4)
    page.get_by_role("button", name="Wiper").click()
    assert {key: state(page)["wiper"][key] for key in ("left", "right")} == {"left": "original", "right": "inverted"}


def test_a_second_picture_of_another_size_or_kind_is_refused_in_a_sentence(page_with_sample):
    page = page_with_sample
    look(page, "difference")
    give(page, "small.png", encoded(Image.fromarray(RGB[:100, :100]), "PNG"))
    page.wait_for_selector(".wb-state.problem:has-text('only pictures of one size')")
    give(page, "words.txt", b"these are words")
    page.wait_for_function("document.querySelector('.wb-state.problem') && !document.querySelector('.wb-state').textContent.includes('one size')")
    assert page.locator(".wb-state").inner_text().endswith(".")
    page.get_by_role("button", name="Take it away").click()
    page.wait_for_selector(".wb-state.problem:has-text('Give a second picture')")


def give(page, name, data):
    page.locator(".wb-control.second input").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
