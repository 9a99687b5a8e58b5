"""The first screen, as a person meets it: a real server, a real browser."""

from __future__ import annotations

import io

import numpy as np
from app_samples import noise, photograph
from PIL import Image

from forensics_ui.core.types import BANDS

WATCH_SHIFTS = "window.shifts = []; new PerformanceObserver(l => l.getEntries().forEach(e => e.hadRecentInput || shifts.push(e.value))).observe({type: 'layout-shift', buffered: true})"


def test_a_picture_is_answered_in_words_of_the_scale(seen):
    band = seen.locator("#card-lfm .band").inner_text()
    assert band.lower() in BANDS
    assert "evidence" in seen.locator(".lead h2").inner_text().lower()


def test_the_grounds_the_doubts_and_the_error_rates_are_said(seen):
    card = seen.locator("#card-lfm")
    assert "all but about 5 %" in card.locator(".because").inner_text()
    doubts = card.locator(".trust").inner_text()
    assert "marks 5% of 500 real pictures" in doubts
    assert "preliminary" in doubts


def test_the_score_line_has_logit_probability_weights_device_and_both_rules(seen):
    card = seen.locator("#card-lfm")
    rows = card.locator(".scores tbody tr").all_inner_texts()
    assert [row.split("\t")[0].strip() for row in rows] == ["Whole picture", "Centre crop"]
    for row in rows:
        _, logit, probability, seconds = row.split("\t")
        assert float(logit.replace("−", "-")) == float(logit.replace("−", "-"))
        assert probability.strip().endswith("%")
        assert seconds.strip().endswith("s")
    assert "weights lfm_test" in card.locator(".made-by").inner_text()
    assert "cpu, fp32" in card.locator(".made-by").inner_text()
    assert card.locator(".badge").inner_text() == "preliminary weights"


def test_an_input_rule_is_explained_in_words_by_keyboard(seen):
    seen.locator("#card-lfm .hint").first.focus()
    seen.keyboard.press("Enter")
    assert "nothing resampled" in seen.locator(".hint-text:popover-open").inner_text()
    seen.keyboard.press("Escape")
    assert seen.locator(".hint-text:popover-open").count() == 0


def test_the_papers_rule_is_added_on_demand_and_never_decides(screen, give):
    give("small.png", photograph(300, 300))
    before = screen.locator("#card-lfm .band").inner_text()
    screen.click("#paper")
    screen.wait_for_selector("#card-lfm .scores tbody tr:nth-child(3) .number")
    assert "papers' rule" in screen.locator("#card-lfm .scores tbody tr").nth(2).inner_text()
    assert screen.locator("#card-lfm .band").inner_text() == before


def test_a_detector_without_weights_says_what_to_do(seen):
    missing = seen.locator(".missing").inner_text()
    assert "NPR" in missing
    assert "weights get npr_official" in missing


def test_the_facts_are_beside_the_picture(seen):
    facts = seen.locator(".facts").inner_text()
    for words in ("my photo.jpg", "JPEG (as its name says)", "720 × 480", "92 (standard tables)", "none (which says nothing)"):
        assert words in facts


def test_the_exact_pixels_are_one_link_away(seen, app):
    link = seen.get_by_role("link", name="exact pixels").get_attribute("href")
    served = seen.request.get(app.url + link)
    assert served.headers["content-type"] == "image/png"
    ours = np.asarray(Image.open(io.BytesIO(photograph())).convert("RGB"))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(served.body()))), ours)


def test_a_shrunk_preview_is_called_one(screen, give):
    kept = io.BytesIO()
    Image.fromarray(noise(1600, 1200)).save(kept, "JPEG", quality=80)
    give("large.jpg", kept.getvalue(), until="reading")
    screen.wait_for_selector(".picture img")
    assert "shrunk to 1280 × 960" in screen.locator(".picture figcaption").inner_text()
    assert screen.evaluate("document.querySelector('.picture img').decode().then(() => document.querySelector('.picture img').naturalWidth)") == 1280


def test_work_can_be_stopped_and_what_is_done_stays(screen, give):
    kept = io.BytesIO()
    Image.fromarray(noise(4000, 3000)).save(kept, "JPEG", quality=80)
    give("slow.jpg", kept.getvalue(), until="reading the whole picture")
    screen.wait_for_selector("#card-lfm .number")
    screen.click("#stop")
    screen.wait_for_selector(".status:has-text('stopped; what was finished is shown')", timeout=10_000)
    assert "centre crop only" in screen.locator("#card-lfm .band").inner_text()
    assert "stopped" in screen.locator("#card-lfm .scores tbody tr").first.inner_text()


def test_a_second_picture_replaces_the_first(screen, give):
    give("one.jpg", photograph(280, 280))
    give("another.png", photograph(300, 300))
    assert "another.png" in screen.locator(".facts").inner_text()
    assert "its name says PNG" in screen.locator(".facts").inner_text()


def test_nothing_jumps_while_answers_arrive(screen, give):
    give("first.jpg", photograph())  # the change from the introduction to the answers follows the person's own act
    screen.evaluate(WATCH_SHIFTS)
    screen.wait_for_timeout(700)
    screen.evaluate("shifts.length = 0")
    give("second.jpg", photograph(640, 440))
    screen.wait_for_timeout(500)
    assert screen.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1


def test_no_verdict_calls_a_picture_fake_or_authentic(seen):
    words = seen.locator("#answers").inner_text().lower()
    assert "authentic" not in words
    assert "is fake" not in words
    assert "is real" not in words


def test_the_about_tab_shows_the_weights_card_and_what_a_bug_report_needs(screen):
    screen.get_by_role("tab", name="About").click()
    screen.wait_for_selector("#about .card")
    screen.get_by_text("The weights' card").first.click()
    assert '"n_real": 500' in screen.locator("#about .card pre").first.inner_text()
    screen.click("#ask-doctor")
    screen.wait_for_selector("#doctor pre", timeout=60_000)
    assert "lfm_test.safetensors" in screen.locator("#doctor pre").inner_text()


def test_keys_alone_reach_everything_in_order(screen):
    reached = []
    for _ in range(12):
        screen.keyboard.press("Tab")
        reached.append(screen.evaluate("document.activeElement.id || document.activeElement.innerText"))
    assert "theme" in reached and "picker" in reached
    assert reached.index("Inspect" if "Inspect" in reached else reached[1]) < reached.index("picker")
    screen.locator("#picker").focus()
    screen.keyboard.press("Shift+Tab")
    screen.keyboard.press("Tab")
    assert screen.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_light_and_dark_can_be_chosen_and_stay_chosen(screen, app):
    before = screen.evaluate("document.body.classList.contains('dark')")
    screen.click("#theme")
    assert screen.evaluate("document.body.classList.contains('dark')") is not before
    screen.reload()
    screen.wait_for_selector("#picker")
    screen.wait_for_function("(wanted) => document.body.classList.contains('dark') === wanted", arg=not before, timeout=5000)
