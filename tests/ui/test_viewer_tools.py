"""The viewer's tools, its manners towards the server and its memory, in a real browser."""

# ruff: noqa: F401, F811 (the fixtures are imported)
from __future__ import annotations

import base64

import numpy as np
import pytest
from viewer_page import PHOTO, PLANE, SCALE, drag, middle, press, screen, settle, show, state, tiles

from forensics_ui.imaging.colour import colourise, palette_spec
from forensics_ui.imaging.pyramid import pack

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture
def big(tiles):
    """A 12 megapixel picture and its map."""
    generator = np.random.default_rng(1)
    photo = np.repeat(np.repeat(generator.integers(0, 256, (750, 1000, 3), dtype=np.uint8), 4, axis=0), 4, axis=1)
    return [tiles.add("photo", photo), tiles.add("npr", photo[:, :, 0].astype(np.int16) - 128, "max", palette=SCALE)]


def test_the_minimap_appears_when_zoomed_and_moves_the_view(show, tiles):
    page = show([tiles.add("photo", PHOTO)])
    assert not page.locator(".fv-mini").is_visible()
    press(page, "4")
    area = page.locator(".fv-mini").bounding_box()
    assert 60 < area["width"] <= 113
    page.mouse.click(area["x"] + area["width"] * 0.8, area["y"] + area["height"] * 0.75)
    settle(page)
    assert (state(page)["x"], state(page)["y"]) == (pytest.approx(1200, abs=15), pytest.approx(675, abs=15))
    press(page, "m")
    assert not page.locator(".fv-mini").is_visible()


def test_a_region_is_drawn_with_the_mouse(show, tiles):
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)])
    press(page, "2")
    page.get_by_role("button", name="Region").click()
    before = state(page)
    drag(page, 80, 60, index=1)
    assert state(page)["x"] == before["x"], "drawing does not move the picture"
    [(name, region)] = page.evaluate("seen")
    assert name == "region" and (region["w"], region["h"]) == (41, 31) and region == state(page)["region"]
    assert (region["x"], region["y"]) == (pytest.approx(before["x"], abs=1), pytest.approx(before["y"], abs=1))
    assert not state(page)["drawing"]


def test_a_region_is_drawn_with_the_keys_and_never_leaves_the_picture(show, tiles):
    page = show([tiles.add("photo", PHOTO)])
    page.evaluate("viewer.setProbe({x: 1498, y: 5, pinned: true})")
    press(page, "r", "Enter", *["Shift+ArrowRight"] * 4, *["Shift+ArrowDown"] * 2, "Enter")
    assert page.evaluate("seen") == [["region", {"x": 1498, "y": 5, "w": 2, "h": 3}]]


def test_the_wiper_divides_two_panes_and_moves_by_mouse_and_keys(show, tiles):
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)])
    page.get_by_role("button", name="Wiper").click()
    press(page, "1")
    left, top = state(page)["panes"][0]["origin"]
    colours = colourise(PLANE, -16, 16, "signed")

    def cut_is_at(column: int, shown: np.ndarray) -> bool:
        rows = slice(20, 60)
        expected = [array[20 - top : 60 - top, -left : -left + shown.shape[1]] for array in (PHOTO, colours)]
        same = [
            np.array_equal(shown[rows, part], array[:, part])
            for array, part in zip(expected, (slice(10, column - 4), slice(column + 4, -10)), strict=True)
        ]
        return all(same)

    shown = screen(page)
    assert cut_is_at(round(shown.shape[1] * 0.5), shown)
    handle = page.get_by_role("slider", name="Wiper")
    at = handle.bounding_box()
    page.mouse.move(at["x"] + at["width"] / 2, at["y"] + 100)
    page.mouse.down()
    page.mouse.move(at["x"] + at["width"] / 2 - 300, at["y"] + 100)
    page.mouse.up()
    assert cut_is_at(round(shown.shape[1] * 0.5 - 300), screen(page))
    handle.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "30"
    handle.blur()
    assert cut_is_at(round(shown.shape[1] * 0.3), screen(page))
    page.get_by_label("right side of the wiper").select_option("photo")
    settle(page)
    assert np.array_equal(screen(page)[20:60, 600:900], PHOTO[20 - top : 60 - top, 600 - left : 900 - left])


def test_a_click_on_a_box_is_told_and_b_goes_from_box_to_box(show, tiles):
    boxes = [
        {"x": 100, "y": 100, "w": 300, "h": 200, "label": "large"},
        {"x": 150, "y": 150, "w": 23, "h": 23, "label": HOSTILE, "colour": "#f55", "pane": "npr"},
    ]
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)], spec={"boxes": boxes})
    for index in (0, 1):
        page.evaluate("viewer.flyTo(161, 161, 2)")
        settle(page)
        page.mouse.click(*middle(page, index))
    assert [detail["label"] for _, detail in page.evaluate("seen")] == ["large", HOSTILE]
    press(page, "0", "b", "b", "Enter")
    assert page.evaluate("seen.at(-1)[1].label") == HOSTILE
    assert (state(page)["x"], state(page)["y"]) == (161.5, 161.5)


def test_text_from_files_stays_text(show, tiles):
    pane = tiles.add("photo", PHOTO, title=HOSTILE, note=HOSTILE, palette=palette_spec("grey", 0, 1, HOSTILE))
    page = show([pane, tiles.add("b", PHOTO)], spec={"label": HOSTILE, "rule": HOSTILE})
    page.get_by_role("button", name="Wiper").click()
    page.wait_for_timeout(100)
    assert page.title() == "viewer" and page.locator(".fv img").count() == 0
    assert page.locator(".fv-rule").inner_text() == HOSTILE


def test_no_more_is_asked_for_than_the_screen_needs(show, tiles, big):
    page = show(big)
    assert all(int(path.split("/")[3]) > 1 for path in tiles.requests) and len(tiles.requests) <= 2 * (1 + 3 * 3)
    tiles.requests.clear()
    page.evaluate("viewer.flyTo(2000, 1500, 1)")
    settle(page)
    area = page.locator(".fv-stage").first.bounding_box()
    most = (area["width"] // 256 + 2) * (area["height"] // 256 + 2)
    assert 0 < len(tiles.requests) <= 2 * most and len(set(tiles.requests)) == len(tiles.requests)


def test_requests_for_tiles_that_were_scrolled_away_are_stopped(show, tiles, big):
    page = show(big)
    tiles.delay = 1.5
    tiles.requests.clear()
    page.evaluate("viewer.flyTo(600, 500, 1)")
    page.wait_for_function("viewer.state().pending === 4")
    while len(tiles.requests) < 4:  # on their way to the server
        page.wait_for_timeout(20)
    tiles.requests.clear()
    page.evaluate("viewer.flyTo(3400, 2500, 1)")
    page.wait_for_timeout(700)
    # Four at a time: the new place could not be asked for yet if the old requests still ran.
    assert tiles.requests and all(int(path.split("/")[4]) >= 10 for path in tiles.requests)
    tiles.delay = 0
    settle(page)


def test_memory_stays_bounded_while_a_huge_picture_is_crossed(show, tiles, big):
    page = show(big, spec={"cacheBytes": 12 << 20})
    most = [0, 0]
    for y in (400, 1500, 2600):
        for x in range(400, 3800, 500):
            page.evaluate(f"viewer.flyTo({x}, {y}, 1)")
            settle(page)
            now = state(page)
            most = [max(most[0], now["bitmaps"]), max(most[1], now["bytes"])]
    print(f"crossing 12 MP in two panes: at most {most[0]} bitmaps, {most[1] / 2**20:.1f} MiB")
    # The limit, and what a screen needs on top of it if that alone were more.
    assert most[1] <= 16 << 20 and most[0] <= 80
    page.evaluate("viewer.destroy()")
    assert state(page)["bitmaps"] == 0 and page.locator("#viewer *").count() == 0


def test_a_tile_that_does_not_arrive_is_said_and_asked_for_again(show, tiles):
    page = show([tiles.add("photo", PHOTO)])
    tiles.fail = True
    page.evaluate("viewer.flyTo(700, 400, 1)")
    page.wait_for_function("document.querySelector('.fv-how').textContent === 'parts did not arrive'")
    tiles.fail = False
    settle(page)
    assert page.locator(".fv-how").inner_text() == ""


def test_another_scale_recolours_what_is_there_without_asking_the_server(show, tiles):
    pane = tiles.add("npr", PLANE, "max", palette=SCALE)
    page = show([pane])
    press(page, "1")
    tiles.requests.clear()
    page.evaluate("(pane) => viewer.update({panes: [pane]})", {**pane, "palette": palette_spec("inferno", 0, 255)})
    assert np.array_equal(screen(page)[50:300, 50:900], shifted(page, colourise(PLANE, 0, 255, "inferno"))[50:300, 50:900])
    assert tiles.requests == [] and page.locator(".fv-scale span").last.inner_text() == "255"


def shifted(page, array: np.ndarray) -> np.ndarray:
    left, top = state(page)["panes"][0]["origin"]
    return array[-top:, -left:]


def test_nothing_of_one_picture_is_seen_under_the_next(show, tiles):
    page = show([tiles.add("photo", np.full((600, 900, 3), (255, 0, 0), np.uint8))])
    following = tiles.add("photo", np.full((600, 900, 3), (0, 0, 255), np.uint8))
    following["levels"]["url"] += "?second"
    tiles.delay = 2
    page.evaluate("(pane) => viewer.update({picture: 'second', panes: [pane]})", following)
    page.wait_for_timeout(150)
    shown = screen(page).reshape(-1, 3)
    assert not (shown == (255, 0, 0)).all(axis=1).any()


def test_a_tile_that_does_not_arrive_is_not_replaced_by_another_map(show, tiles):
    page = show([tiles.add("npr", np.full((600, 900), 16, np.int16), "max", palette=SCALE)])
    other = tiles.add("npr", np.full((600, 900), -16, np.int16), "max", palette=SCALE)
    other["levels"]["url"] += "?other"
    tiles.fail = True
    page.evaluate("(pane) => viewer.update({panes: [pane]})", other)
    page.wait_for_function("document.querySelector('.fv-how').textContent === 'parts did not arrive'")
    assert not (screen(page) == colourise(np.array([[16]], np.int16), -16, 16, "signed")).all(axis=2).any()


def test_nothing_jumps_while_tiles_and_values_arrive(show, tiles, big):
    tiles.delay = 0.15
    page = show(big)
    heights = set()
    for act in (
        "viewer.setProbe({x: 9, y: 9, pinned: true})",
        "viewer.flyTo(900, 900, 8)",
        "viewer.update({boxes: [{x: 1, y: 1, w: 9, h: 9}]})",
        "viewer.toFit()",
    ):
        page.evaluate(act)
        for _ in range(3):
            page.wait_for_timeout(60)
            heights.add(page.locator(".fv").bounding_box()["height"])
    assert len(heights) == 1


def test_the_page_still_scrolls_over_a_picture_that_is_shown_whole(show, tiles):
    page = show([tiles.add("photo", PHOTO)], height=500)
    page.mouse.move(*middle(page, y=0.3))
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 0")
    assert state(page)["fit"]


def test_flights_are_animated_only_for_those_who_like_motion(show, tiles):
    draws = {}
    for motion in ("reduce", "no-preference"):
        page = show([tiles.add("photo", PHOTO)], reduced_motion=motion)
        before = state(page)["draws"]
        page.evaluate("(async () => { viewer.flyTo(300, 200, 6); await new Promise((done) => setTimeout(done, 20)); return viewer.state().zoom; })()")
        page.wait_for_function("viewer.state().zoom === 6 && viewer.state().x === 300")
        draws[motion] = page.evaluate("viewer.flight") is None and state(page)["draws"] - before
    assert draws["no-preference"] > draws["reduce"]


def test_panning_12_megapixels_in_four_panes_draws_quickly(show, tiles, big):
    panes = [*big, {**big[1], "id": "npr2"}, {**big[1], "id": "npr3"}]
    page = show(panes, width=1440)
    page.evaluate("viewer.flyTo(2000, 1500, 1)")
    settle(page)
    frames = page.evaluate(
        """async () => { const out = []; let last = performance.now();
        for (let i = 0; i < 60; i++) { viewer.panBy(12, 5); const now = await new Promise(requestAnimationFrame); out.push([now - last, viewer.state().drawMs]); last = now; }
        return out; }"""
    )
    between, drawing = np.array(frames[1:]).T
    print(
        f"pan, 4 panes: frames median {np.median(between):.1f}, 95 % {np.percentile(between, 95):.1f} ms; drawing {np.median(drawing):.2f}, worst {drawing.max():.1f} ms"
    )
    assert len(frames) == 60 and state(page)["x"] > 2500


def test_ready_tiles_need_no_server(show, tiles):
    levels = [{"scale": 1, "tile": 256, "tiles": [address(PLANE[:100, left : min(left + 256, 400)]) for left in (0, 256)]}]
    page = show([{**tiles.add("npr", PLANE[:100, :400], "max", palette=SCALE), "levels": levels}])
    page.evaluate("viewer.setProbe({x: 301, y: 44})")
    page.wait_for_function("viewer.state().probe.values.npr != null")
    assert state(page)["probe"]["values"]["npr"] == PLANE[44, 301] and tiles.requests == []


def address(plane: np.ndarray) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(pack(plane)).decode()


def test_a_viewer_says_what_it_is_going_to_need_and_when_all_of_it_is_on_the_screen(show, tiles):
    page = show([tiles.add("photo", PHOTO), tiles.add("npr", PLANE, "max", palette=SCALE)])
    scale = state(page)["panes"][1]["level"]
    columns, rows = (range(-(-length // (256 * scale))) for length in (1500, 900))
    assert sorted(page.evaluate("viewer.coming()").split(",")) == [f"{scale}.{column}.{row}" for column in columns for row in rows]
    tiles.delay = 0.4
    other = tiles.add("npr2", -PLANE, "max", palette=SCALE)
    waited = """async (pane) => { const began = performance.now(); viewer.update({ panes: [viewer.spec.panes[0], { ...pane, id: "npr" }] });
      await viewer.painted(20000); return [performance.now() - began, viewer.state().panes.some((one) => one.missing)]; }"""
    took, missing = page.evaluate(waited, other)
    assert 400 < took < 15_000 and not missing
    tiles.fail = True
    again = {**other, "levels": {"tile": 256, "url": "/tiles/nothing/{scale}/{column}/{row}"}}
    took, missing = page.evaluate(waited.replace("20000", "300"), again)
    assert took >= 299 and missing, "it does not wait for ever for what does not come"


def test_the_small_level_is_fetched_after_what_is_on_the_screen(show, tiles):
    page = show([tiles.add("npr", PLANE[:240, :250], "max", palette=SCALE)])
    scale = state(page)["panes"][0]["level"]
    coarse = page.evaluate("[...viewer.panes.values()][0].source.coarsest.scale")
    asked = [int(path.split("/")[3]) for path in tiles.requests]
    assert asked == [scale] * asked.count(scale) + [coarse] and asked.count(scale) > 0 and scale < coarse
