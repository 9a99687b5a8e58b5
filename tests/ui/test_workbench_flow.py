"""The workbench while things happen: quick changes, slow views, other pictures, keys alone, hostile words."""

from __future__ import annotations

import pytest
from app_pages import given
from app_samples import ATTACKS, encoded, hostile_png, noise
from bench_page import RGB, ended, lay, look, made, state
from PIL import Image

LATE = """(name) => { const now = window.fetch; window.fetch = async (url, ...rest) => { const answer = await now(url, ...rest);
  if (String(url).includes(`/${name}?`)) await new Promise((done) => setTimeout(done, 700)); return answer; }; }"""
WATCH_SHIFTS = "window.shifts = []; new PerformanceObserver(l => l.getEntries().forEach(e => e.hadRecentInput || shifts.push(e.value))).observe({type: 'layout-shift', buffered: true})"


def large() -> bytes:
    return encoded(Image.fromarray(noise(1280, 1024)), "JPEG", quality=90)


def test_an_answer_that_comes_late_is_not_shown_under_another_views_name(screen):
    lay(screen)
    screen.evaluate(LATE, "topk")
    screen.click("#wb-tab-topk")
    screen.wait_for_timeout(150)
    look(screen, "ela")
    screen.wait_for_timeout(1200)
    assert made(screen)["view"] == "ela"
    assert screen.locator(".fv-title").all_inner_texts() == ["Picture", "Change by a save at quality 90"]
    assert screen.locator(".wb-table").count() == 0
    assert screen.locator(".wb-state").inner_text().startswith("Ready")


def test_changing_tabs_faster_than_they_answer_ends_at_the_last_one(screen):
    lay(screen)
    for name in ("topk", "cam", "evidence", "ghosts", "seen", "stability", "ela", "npr_channels", "noise"):
        screen.click(f"#wb-tab-{name}")
    ended(screen, "noise")
    assert made(screen)["view"] == "noise"
    assert [pane["id"] for pane in state(screen)["panes"]] == ["original", "residual", "strength"]
    assert "stale" not in screen.locator("#wb-panel").get_attribute("class")


def test_what_the_last_view_made_is_faded_until_the_next_is_there(screen):
    lay(screen)
    screen.evaluate(LATE, "topk")
    screen.click("#wb-tab-topk")
    assert "stale" in screen.locator("#wb-panel").get_attribute("class")
    ended(screen, "topk")
    assert "stale" not in screen.locator("#wb-panel").get_attribute("class")


def test_a_slow_view_shows_how_far_it_is_and_can_be_stopped(screen):
    lay(screen, "large.jpg", large())
    screen.click("#wb-tab-region")
    screen.wait_for_selector(".wb-state progress[max='20']", timeout=20_000)
    assert "of 20" in screen.locator(".wb-state").inner_text()
    screen.locator(".wb-state button", has_text="Stop").click()
    assert screen.locator(".wb-state").inner_text().startswith("Stopped.")
    screen.wait_for_timeout(600)
    assert screen.locator(".wb-state").inner_text().startswith("Stopped.")
    look(screen, "region")
    assert made(screen)["numbers"]["detectors"]["lfm"]["tiles"]["count"] == 20


def test_everything_works_by_keys_alone(screen):
    lay(screen)
    screen.locator("#wb-tab-npr_channels").focus()
    screen.keyboard.press("ArrowRight")
    ended(screen, "difference")
    assert screen.evaluate("document.activeElement.id") == "wb-tab-difference"
    screen.keyboard.press("End")
    last = screen.evaluate("forensicsWorkbench().views.at(-1).name")
    ended(screen, last)
    screen.keyboard.press("Home")
    ended(screen, "npr_channels")
    screen.keyboard.press("Tab")
    assert screen.evaluate("document.activeElement.dataset.option") == "l"
    screen.keyboard.press("ArrowRight")
    screen.wait_for_function("forensicsWorkbench().made.options.l === 3")
    screen.keyboard.press("Tab")
    screen.keyboard.press("Enter")
    assert screen.locator(".hint-text:popover-open").inner_text() == "the paper's choice is 2"
    screen.keyboard.press("Escape")
    screen.keyboard.press("Tab")
    screen.keyboard.press("m")  # of "maximum"
    screen.wait_for_function("forensicsWorkbench().made.options.reference === 'maximum'")
    screen.locator(".wb-reset").focus()
    screen.keyboard.press("Enter")
    screen.wait_for_function("forensicsWorkbench().made.options.l === 2")
    assert screen.locator(".wb-reset").is_disabled()


def test_a_wrong_number_is_answered_with_a_sentence_and_can_be_mended(screen):
    lay(screen)
    slider = screen.locator("[data-option=j]")
    slider.fill("9")
    screen.wait_for_selector(".wb-state.problem:has-text('9 is not in a cell of 2 x 2')")
    slider.fill("2")
    screen.wait_for_function("forensicsWorkbench().made?.options.j === 2")
    ended(screen, "npr_channels")
    assert screen.locator(".wb-stage").is_visible()


def test_a_new_picture_replaces_everything(screen):
    lay(screen)
    screen.evaluate("forensicsWorkbench().regionDrawn({x: 16, y: 16, w: 64, h: 64})")
    ended(screen, "region")
    assert made(screen)["numbers"]["box"] == [16, 16, 64, 64]
    first = screen.evaluate("forensicsWorkbench().token")
    given(screen, "next.png", encoded(Image.fromarray(RGB[:200, :300]), "PNG"))
    screen.wait_for_function("(token) => forensicsWorkbench().token !== token", arg=first)
    ended(screen, "region")
    told = made(screen)
    assert told["numbers"]["box"] is None, "a place of the last picture means nothing in this one"
    assert (told["viewer"]["width"], told["viewer"]["height"]) == (300, 200)
    assert screen.locator(".fv-where").inner_text().startswith("300 × 200")
    assert state(screen)["region"] is None
    look(screen, "difference")
    assert "Take it away" not in screen.locator(".wb-controls").inner_text()


def test_words_from_a_file_are_shown_as_words(screen):
    lay(screen, "hostile.png", hostile_png())
    look(screen, "file")
    text = screen.locator(".wb-below").inner_text()
    assert sum(attack in text for attack in ATTACKS) >= 4
    look(screen, "difference")
    screen.locator(".wb-control.second input").set_input_files({"name": ATTACKS[0], "mimeType": "image/png", "buffer": hostile_png()})
    ended(screen, "difference")
    assert ATTACKS[0] in screen.locator(".wb-control.second").inner_text()
    assert screen.evaluate("window.hacked") is None
    assert screen.locator("#workbench img[src=x], #workbench script, #workbench [onload]").count() == 0


@pytest.mark.parametrize("name", ["topk", "npr_channels"])
def test_nothing_jumps_when_results_arrive(screen, name):
    lay(screen)
    look(screen, name)
    screen.wait_for_timeout(300)
    screen.evaluate(WATCH_SHIFTS)
    screen.wait_for_timeout(700)  # so that what follows does not count as the click's own
    screen.evaluate("shifts.length = 0")
    given(screen, "following.png", encoded(Image.fromarray(RGB[::-1]), "PNG"))
    ended(screen, name)
    screen.wait_for_timeout(500)
    assert screen.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1
