"""The viewer in a real browser: what is on the screen is compared with the arrays that the tiles were cut from."""

# ruff: noqa: F401, F811 (the fixtures are imported)
from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from viewer_page import PHOTO, PLANE, SCALE, drag, inner, middle, press, screen, settle, show, state, tiles

from forensics_ui.imaging.colour import colourise, palette_spec
from forensics_ui.imaging.pyramid import tile_of


@pytest.mark.parametrize(("count", "width", "ratio"), [(1, 1203, 1), (3, 1000, 1), (2, 901, 2), (1, 400, 3)])
def test_one_to_one_shows_the_exact_pixels_in_every_pane(show, tiles, count, width, ratio):
    page = show([tiles.add(f"photo{i}", PHOTO) for i in range(count)], width=width, device_scale_factor=ratio)
    press(page, "1")
    now = state(page)
    assert (now["zoom"], now["unit"]) == (1, ratio)
    for index in range(count):
        assert inner(screen(page, index), PHOTO, now["panes"][index]["origin"], ratio)


def test_a_picture_smaller_than_its_pane_is_enlarged_by_a_whole_number_and_can_be_seen_at_its_size(show, tiles):
    page = show([tiles.add("small", PHOTO[:131, :201])])
    for keys, zoom in ([], 4), (["1"], 1), (["-"], 1), (["+"], 2), (["0"], 4):
        press(page, *keys)
        now = state(page)
        assert (now["zoom"], now["fit"]) == (zoom, zoom == 4)
        assert inner(screen(page), PHOTO[:131, :201], now["panes"][0]["origin"], zoom)


def test_a_whole_zoom_has_only_the_colours_of_the_picture(show, tiles):
    board = np.zeros((400, 600, 3), np.uint8)
    board[::2, ::2] = board[1::2, 1::2] = (250, 120, 30)
    page = show([tiles.add("board", board)])
    press(page, "8")
    shown = screen(page)
    assert inner(shown, board, state(page)["panes"][0]["origin"], 8)
    assert len(np.unique(shown[10:-10, 10:-10].reshape(-1, 3), axis=0)) == 2


@pytest.mark.parametrize("keys", [[], ["1"], ["3"]])
def test_a_map_has_the_colours_that_its_numbers_have_on_the_printed_scale(show, tiles, keys):
    page = show([tiles.add("npr", PLANE, "max", palette=SCALE)], width=700)
    press(page, *keys)
    now = state(page)
    blocks = now["panes"][0]["level"]
    numbers = PLANE if blocks == 1 else tile_of(PLANE, blocks, 0, 0, 4096, "max")
    assert (blocks == 1) == bool(keys)
    assert inner(screen(page), colourise(numbers, -16, 16, "signed"), now["panes"][0]["origin"], max(1, round(now["zoom"])))
    assert page.locator(".fv-scale span").all_inner_texts() == ["≤ −16", "0 levels", "≥ 16"]


def test_zoom_and_place_stay_locked_in_all_panes(show, tiles):
    marked = np.zeros((900, 1500, 3), np.uint8)
    marked[400:404, 700:704] = 255
    page = show([tiles.add("a", marked), tiles.add("b", marked[:, :, 0], "max", palette=palette_spec("grey", 0, 255))])
    page.evaluate("viewer.flyTo(690, 410, 4)")
    settle(page)
    for act in (
        lambda: page.mouse.wheel(0, -200),
        lambda: page.keyboard.press("ArrowRight"),
        lambda: page.mouse.wheel(0, 400),
        lambda: drag(page, 30, 20),
    ):
        page.mouse.move(*middle(page, 1))
        act()
        settle(page)
        press(page, "Escape")
        left, right = (np.argwhere(screen(page, i)[10:-10, 10:-10].sum(axis=2) == 765) for i in (0, 1))
        assert len(left) and np.array_equal(left.min(axis=0), right.min(axis=0)) and np.array_equal(left.max(axis=0), right.max(axis=0))


@pytest.mark.parametrize("keys", [[], ["8"]])
def test_the_probe_reads_the_true_numbers_not_the_colours(show, tiles, keys):
    fractions = (PLANE / 7).astype(np.float32)
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE), tiles.add("cam", fractions, "max", palette=SCALE)])
    press(page, *keys)
    for place in ((0.3, 0.4), (0.61, 0.72)):
        page.mouse.move(*middle(page, 1, *place))
        page.wait_for_function("Object.values(viewer.state().probe?.values ?? {x: null}).every((v) => v != null)")
        probe = state(page)["probe"]
        x, y = probe["x"], probe["y"]
        assert probe["values"] == {"photo": PHOTO[y, x].tolist(), "npr": PLANE[y, x], "cam": pytest.approx(fractions[y, x], rel=1e-7)}
    texts = page.locator(".fv-value").all_inner_texts()
    assert texts[1] == str(PLANE[y, x]).replace("-", "−") and all(str(v) in texts[0] for v in PHOTO[y, x])
    assert f"x {x}  y {y}" in page.locator(".fv-where").inner_text()


def test_a_coarse_map_is_probed_where_it_lies(show, tiles):
    cells = np.arange(12, dtype=np.float32).reshape(3, 4)
    place = {"x": 8, "y": 16, "width": 128, "height": 96}
    cam = tiles.add("cam", cells, "max", size=[4, 3], place=place, base="photo", opacity=0.5, palette=SCALE)
    page = show([tiles.add("photo", PHOTO[:200, :300]), cam])
    for x, y, value in [(8, 16, 0.0), (39, 47, 0.0), (40, 48, 5.0), (135, 111, 11.0), (7, 16, None), (136, 111, None)]:
        page.evaluate(f"viewer.setProbe({{x: {x}, y: {y}}})")
        page.wait_for_function("viewer.state().probe.values.cam !== undefined")
        assert state(page)["probe"]["values"]["cam"] == value


def test_panes_without_numbers_ask_the_callback(show, tiles):
    page = show([{**tiles.add("preview", PHOTO), "exact": False}])
    page.evaluate("viewer.update({probe: async (x, y) => ({preview: `pixel ${x + y}`})})")
    page.evaluate("viewer.setProbe({x: 30, y: 12})")
    page.wait_for_function("document.querySelector('.fv-value').textContent === 'pixel 42'")


def test_everything_works_from_the_keyboard(show, tiles):
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)])
    for _ in range(14):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == "fv-panes":
            break
    assert (
        page.evaluate("document.activeElement.matches('.fv-panes:focus-visible') && getComputedStyle(document.activeElement).outlineStyle") == "solid"
    )
    press(page, "1")
    zooms = [state(page)["zoom"]]
    for key in ("+", "+", "-", "5"):
        press(page, key)
        zooms.append(state(page)["zoom"])
    assert zooms == [1, 2, 3, 2, 5]
    before = state(page)["x"]
    press(page, "ArrowRight")
    assert state(page)["x"] > before
    press(page, "Shift+ArrowRight", "Shift+ArrowDown")
    first = state(page)["probe"]
    press(page, "Shift+ArrowRight")
    assert (state(page)["probe"]["x"], state(page)["probe"]["values"]["npr"]) == (first["x"] + 1, PLANE[first["y"], first["x"] + 1])
    page.wait_for_function("document.querySelector('.fv-voice').textContent.includes('npr')")
    press(page, "0")
    assert state(page)["fit"]
    page.keyboard.press("f")
    page.wait_for_function("viewer.state().full")
    assert page.locator(".fv").bounding_box()["width"] == 1280
    page.keyboard.press("f")
    page.wait_for_function("!viewer.state().full")


def test_two_fingers_zoom_one_finger_moves_and_a_tap_probes(show, tiles):
    page = show(
        [tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)], width=390, height=844, has_touch=True, device_scale_factor=2
    )
    touch = page.context.new_cdp_session(page)
    x, y = middle(page)

    def fingers(kind: str, *places: tuple[float, float]) -> None:
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py, "id": i} for i, (px, py) in enumerate(places)]})
        page.wait_for_timeout(40)

    fingers("touchStart", (x - 20, y))
    fingers("touchStart", (x - 20, y), (x + 20, y))
    for gap in (40, 80, 120, 160):
        fingers("touchMove", (x - gap, y), (x + gap, y))
    fingers("touchEnd")
    settle(page)
    zoomed = state(page)
    assert zoomed["zoom"] >= 1 and len({tuple(pane["origin"]) for pane in zoomed["panes"]}) == 1
    fingers("touchStart", (x, y))
    fingers("touchMove", (x - 30, y - 10))
    fingers("touchMove", (x - 60, y - 20))
    fingers("touchEnd")
    settle(page)
    assert state(page)["x"] == pytest.approx(zoomed["x"] + 60 / zoomed["zoom"], abs=2)
    page.touchscreen.tap(x, y)
    page.wait_for_function("viewer.state().probe?.values.npr != null")
    probe = state(page)["probe"]
    assert probe["pinned"] and probe["values"]["npr"] == PLANE[probe["y"], probe["x"]]


@pytest.mark.parametrize("count", [1, 2, 4, 8])
def test_a_narrow_screen_shows_every_pane_without_sideways_scrolling(show, tiles, count):
    page = show([tiles.add(f"pane{i}", PHOTO[:300, :400], note="a long note " * 8) for i in range(count)], width=390, height=844, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    areas = [page.locator(".fv-stage").nth(i).bounding_box() for i in range(count)]
    assert len(areas) == count and all(area["width"] >= 160 and area["x"] >= 0 and area["x"] + area["width"] <= 390 for area in areas)
    assert all(button.bounding_box()["height"] >= 28 for button in page.locator(".fv button:visible").all())
    if count > 1:
        page.locator(".fv-alone").first.tap()
        assert page.locator(".fv-stage:visible").count() == 1 and page.locator(".fv-stage").first.bounding_box()["width"] > 330


@pytest.mark.parametrize("how", ["system", "ancestor"])
def test_dark_is_followed_from_the_system_and_from_a_dark_ancestor(show, tiles, how):
    def brightness(page: Any) -> int:
        return sum(
            int(part) for part in page.evaluate("getComputedStyle(document.querySelector('.fv')).backgroundColor").strip("rgb()").split(",")[:3]
        )

    page = show([tiles.add("photo", PHOTO)], color_scheme="light")
    assert brightness(page) > 700
    if how == "system":
        page.emulate_media(color_scheme="dark")
    else:
        page.evaluate("document.body.classList.add('dark')")
    assert brightness(page) < 120


def test_the_colours_of_the_data_are_the_same_in_dark(show, tiles):
    panes = [tiles.add("npr", PLANE, "max", palette=SCALE)]
    light, dark = (screen(show(panes, color_scheme=scheme)) for scheme in ("light", "dark"))
    assert np.array_equal(light[110:-110, 250:-250], dark[110:-110, 250:-250])
