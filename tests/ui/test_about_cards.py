"""The About tab: what the weights are worth in plain words, everything else folded, and own photographs to judge by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from app_pages import given
from app_samples import encoded, noise
from app_server import App
from PIL import Image

from forensics_ui.core.settings import WEIGHTS
from forensics_ui.ui.card_words import plainly
from forensics_ui.ui.cards import cards
from forensics_ui.ui.diagram import diagram
from forensics_ui.weightstore.card import Card


@pytest.fixture
def about(screen):
    screen.get_by_role("tab", name="About").click()
    screen.wait_for_selector("#about .model", timeout=60_000)
    return screen


def test_the_shipped_cards_are_all_shown_with_two_sentences_each():
    shown = cards(WEIGHTS)
    for file in (card.with_suffix(".safetensors") for card in WEIGHTS.glob("*.json") if card.name != "manifest.json"):
        card = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        assert f'id="weights-{file.stem}"' in shown and card["sha256"] in shown
        said = plainly(Card.from_json(card))
        assert len(said) == 2 and all(len(line) < 320 for line in said)
        assert any(character.isdigit() for character in said[1])


def test_all_that_weights_learnt_from_is_counted_and_nothing_else():
    groups = {
        "train": ("a", "g", 2, 3),
        "validation": ("b", "h", 50, 60),
        "test, in the end also trained on": ("c", "i", 1, 4),
        "test": ("d", "j", 70, 80),
    }
    data = {name: {"real": {real: n}, "fake": {fake: m}} for name, (real, fake, n, m) in groups.items()}
    assert "learned from 3 real pictures and 7 by 2 generators" in plainly(Card.from_json({"detector": "lfm", "data": data}))[0]


def test_figures_counts_and_failures_of_the_shipped_detector_are_on_the_page():
    file = next(file for file in WEIGHTS.glob("lfm*.safetensors"))
    card, shown = json.loads(file.with_suffix(".json").read_text(encoding="utf-8")), cards(WEIGHTS)
    rule, row = next(iter(card["figures"]["jpeg80"].items()))
    assert f"<td>saved as JPEG 80</td><td>{rule}</td><td>{row['n_real']}</td>" in shown and f"<td>{row['auc']:.3f}</td>" in shown
    source, count = next(iter(card["data"]["train"]["fake"].items()))
    assert f"<td>generated</td><td>{source}</td><td>{count}</td>" in shown
    assert f"Known failures ({len(card['known_failures'])})" in shown


@pytest.mark.parametrize("card", ['{"detector": "lfm", "figures": 3}', '{"detector": "<b>x</b>", "data": [], "calibration": {"a": 1}}', "[]", "{}"])
def test_a_card_of_any_form_is_shown_and_breaks_nothing(tmp_path: Path, card: str):
    (tmp_path / "odd.safetensors").write_bytes(b"0" * 64)
    (tmp_path / "odd.json").write_text(card)
    shown = cards(tmp_path)
    assert "odd" in shown and "<b>x" not in shown


def test_a_reliability_diagram_has_a_point_for_each_range():
    rows = [{"stated": 0.1, "came_true": 0.2, "n_real": 90, "n_fake": 10}, {"stated": 0.9, "came_true": 0.8, "n_real": 3, "n_fake": 30}]
    drawn = diagram("crop, as they come", rows)
    assert drawn.count("<circle") == 2 and "stated 10%, came true 20%: 90 real, 10 generated" in drawn


def test_details_are_folded_and_open_by_keyboard(about):
    first = about.locator("#about .model").first
    assert first.locator(".plainly p").first.is_visible() and not first.locator("pre").is_visible()
    first.locator("summary").last.focus()
    about.keyboard.press("Enter")
    assert first.locator("pre").is_visible()


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_is_wider_than_the_screen_with_everything_open(about, width):
    about.set_viewport_size({"width": width, "height": 900})
    about.evaluate("document.querySelectorAll('#about details').forEach((each) => { each.open = true; })")
    over = "[...document.querySelectorAll('#about .card, #about .wide, #about p')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).length"
    assert about.evaluate(over) == 0


@pytest.mark.slow
def test_own_photographs_are_scored_chosen_and_named_in_the_verdict(about, app: App):
    folder = app.data_dir / "trusted"
    folder.mkdir()
    for seed in range(60):
        Image.fromarray(noise(96, 64, seed=seed)).save(folder / f"{seed}.png")
    about.locator("#own-folder input, #own-folder textarea").fill(str(folder))
    about.locator("#own-name input, #own-name textarea").fill("newsroom")
    about.click("#own-make")
    about.wait_for_function("document.querySelector('#own-state').innerText.includes('Stored newsroom')", timeout=90_000)
    about.get_by_role("tab", name="Inspect").click()
    given(about, "one.png", encoded(Image.fromarray(noise(96, 64, seed=99)), "PNG"))
    assert "own photographs" not in about.locator("#answers").inner_text()
    try:
        choose(about, "newsroom")
        about.wait_for_function("document.querySelector('#answers').textContent.includes(\"own photographs 'newsroom': 60\")", timeout=30_000)
    finally:
        choose(about, "none: the cards of the weights alone")
        about.wait_for_function("document.querySelector('#own-told').innerText.includes('No set is chosen')", timeout=30_000)


def choose(page, name: str) -> None:
    page.get_by_role("tab", name="About").click()
    page.click("#own-choice input")
    page.get_by_role("option", name=name).click()


def test_a_folder_outside_the_roots_is_refused_in_a_sentence(about):
    about.locator("#own-folder input, #own-folder textarea").fill("/")
    about.click("#own-make")
    about.wait_for_selector("#own-state [role=alert]", timeout=30_000)
    assert "opens only folders" in about.locator("#own-state").inner_text()
