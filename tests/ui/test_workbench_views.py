"""Every view in the browser: it opens, its numbers are finite, and they are those of the command line."""

from __future__ import annotations

import math

import pytest
from app_pages import opened
from bench_page import command_line, ended, lay, look, made, near, point, state

from forensics_ui.views import VIEWS

NAMES = [name for name, _ in sorted(VIEWS, key=lambda pair: pair[1].order)]


@pytest.fixture(scope="module")
def bench(chromium, app):
    """One page with the sample on it; a script error fails the module."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    lay(opened(page, app))
    yield page
    context.close()
    assert not errors


def numbers_in(value):
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from numbers_in(each)
    elif isinstance(value, int | float):
        yield value


@pytest.mark.parametrize("name", [name for name in NAMES if name != "difference"])
def test_every_view_answers_with_finite_numbers(bench, name):
    look(bench, name)
    assert bench.locator(".wb-state").inner_text().startswith("Ready in")
    found = list(numbers_in(made(bench)["numbers"]))
    assert name == "file" or found
    assert all(math.isfinite(number) for number in found)
    assert bench.locator(f"#wb-tab-{name}").get_attribute("aria-selected") == "true"
    assert bench.locator(".wb-words").inner_text() == VIEWS.get(name).shows
    assert bench.locator(".wb-caution").inner_text() == VIEWS.get(name).misleads
    panes = made(bench)["viewer"]["panes"] if made(bench)["viewer"] else []
    assert bench.locator(".wb-stage .fv-pane:visible").count() == len(panes)


def test_without_an_inverter_the_view_asks_for_a_second_picture(bench):
    look(bench, "difference")
    assert bench.locator(".wb-state.problem").inner_text() == "Give a second picture; the built-in inverter's weights are not installed."
    assert bench.locator(".wb-stage").is_hidden()
    assert bench.locator(".wb-below").inner_text() == ""


@pytest.mark.parametrize(("name", "options"), [("npr_channels", {"l": "3", "reference": "maximum", "gain": "20"}), ("topk", {"k": "5"})])
def test_the_numbers_are_those_of_the_command_line(bench, app, tmp_path, name, options):
    look(bench, name)
    for option, value in options.items():
        box = bench.locator(f".wb-controls [data-option={option}]")
        if box.evaluate("box => box.tagName") == "SELECT":
            box.select_option(value)
        else:
            box.fill(value)
    bench.wait_for_function("(wanted) => Object.entries(wanted).every(([k, v]) => String(forensicsWorkbench().made.options[k]) === v)", arg=options)
    ended(bench, name)
    saved = bench.request.get(app.url + bench.locator(".wb-downloads a", has_text="JSON").get_attribute("href")).json()
    printed = command_line(app, tmp_path, name, *(word for option, value in options.items() for word in (f"--{option}", value)))["numbers"]
    assert near(saved, printed), (saved, printed)
    bench.click(".wb-reset")
    bench.wait_for_function("(name) => !Object.keys(forensicsWorkbench().chosen[name]).length", arg=name)


def test_terms_add_up_to_the_logit_of_the_answer(bench):
    look(bench, "topk")
    numbers = made(bench)["numbers"]
    shown = bench.locator("#card-lfm .scores tbody tr").first.locator("td").first.inner_text()
    assert float(shown.replace("−", "-")) == pytest.approx(numbers["sum_with_all"], abs=0.006)
    assert f"{numbers['logit']:+.4f}" in bench.locator(".wb-sentences").inner_text().replace("−", "-")
    bench.locator("[data-option=terms]").fill("1024")
    bench.wait_for_function("forensicsWorkbench().made.tables[0].rows.length === 1024")
    table = made(bench)["tables"][0]
    at = table["columns"].index("contribution")
    assert numbers["bias"] + sum(row[at] for row in table["rows"]) == pytest.approx(numbers["logit"], abs=2e-3)


def test_a_row_and_a_crop_fly_to_their_place(bench):
    look(bench, "topk")
    places = made(bench)["tables"][0]["places"]
    last = places[9]
    for act, place in (
        (lambda: bench.locator(".wb-table tbody tr").nth(9).click(), last),
        (lambda: bench.locator(".wb-gallery button").first.click(), made(bench)["crops"][0]),
        (lambda: (bench.locator(".wb-table tbody tr").nth(9).focus(), bench.keyboard.press("Enter")), last),
    ):
        act()
        bench.wait_for_function(
            "([x, y]) => { const s = forensicsWorkbench().viewer.state(); return s.zoom >= 2 && Math.abs(s.x - x) < 40 && Math.abs(s.y - y) < 40; }",
            arg=[place["x"] + place["w"] / 2, place["y"] + place["h"] / 2],
        )
    row = bench.locator(".wb-table tr.here").first
    assert row.get_attribute("data-place") == f"{last['x']},{last['y']},{last['w']},{last['h']}"
    bench.get_by_role("button", name="Fit", exact=True).click()


def test_a_table_is_sorted_by_its_heads(bench):
    look(bench, "topk")
    head = bench.get_by_role("button", name="weight", exact=True)
    column = lambda: [float(text.replace("−", "-")) for text in bench.locator(".wb-table tbody tr td:nth-child(4)").all_inner_texts()]  # noqa: E731
    head.click()
    assert column() == sorted(column(), reverse=True)
    head.click()
    assert column() == sorted(column())


def test_a_region_drawn_by_mouse_scores_as_on_the_command_line(bench, app, tmp_path):
    look(bench, "npr_channels")
    bench.get_by_role("button", name="Fit", exact=True).click()
    bench.get_by_role("button", name="Region", exact=True).click()
    start, end = point(bench, 0, 40, 50), point(bench, 0, 240, 230)
    bench.mouse.move(*start)
    bench.mouse.down()
    bench.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    bench.mouse.move(*end)
    bench.mouse.up()
    bench.wait_for_function("forensicsWorkbench().made?.view === 'region'")
    look(bench, "region")
    told = made(bench)
    region = {key: told["options"][key] for key in "xywh"}
    assert abs(region["x"] - 40) <= 3 and abs(region["w"] - 201) <= 5
    assert state(bench)["region"] == region
    printed = command_line(app, tmp_path, "region", *(word for key, value in region.items() for word in (f"--{key}", str(value))))
    assert near(told["numbers"], printed["numbers"])
    assert told["numbers"]["detectors"]["lfm"]["box_logit"] is not None


def test_rectangles_have_a_key_of_their_colours(bench):
    look(bench, "topk")
    kinds = {box["kind"] for box in made(bench)["viewer"]["boxes"]}
    words = {"fake": "towards generated", "real": "towards real"}
    assert bench.locator(".wb-legend span").all_inner_texts() == [
        words[kind] for kind in dict.fromkeys(box["kind"] for box in made(bench)["viewer"]["boxes"])
    ]
    assert kinds <= set(words)
