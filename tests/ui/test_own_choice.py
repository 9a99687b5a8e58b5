"""The choice of own photographs outlives the app; what can no longer be used is said in a sentence, and the cards alone hold."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from app_server import running_app, write_weights
from PIL import Image

from forensics_ui.batch import BatchManager
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.ui import own_choice
from forensics_ui.ui.desk import Desk
from forensics_ui.ui.kept import FILE, keep, kept
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict import own_reals
from forensics_ui.verdict.reference_set import ReferenceSet
from tests.refusals import refused

PAGE = "page"


def store(data: Path, weights: Path, name: str = "newsroom", **others: str) -> ReferenceSet:
    """A set that was scored with LFM's weights of that folder; `others` are further detectors with the hash of theirs."""
    digest = hashlib.sha256((weights / "lfm_test.safetensors").read_bytes()).hexdigest()
    common = {"weights": "w", "rule": "crop", "precision": "fp32", "largest_side": 300, "logits": {"as_they_come": [0.5] * 60}, "left_out": {}}
    parts = [{"detector": detector, "weights_sha256": sha256, **common} for detector, sha256 in {"lfm": digest, **others}.items()]
    own = {"name": name, "folder": "trusted", "made": "2026-01-02T03:04:05Z", "pictures": 60, "failed": {}, "parts": parts}
    return own_reals.save(own, data)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("choice") / "weights"
    write_weights(folder)
    return folder


@pytest.fixture
def settings(weights, tmp_path):
    return Settings.load(weights_dir=weights, data_dir=tmp_path / "data", device="cpu")


def restarted(settings: Settings) -> tuple[str | None, str]:
    """Which set the first page of a newly started app uses, and what it says above its tabs."""
    bench = Bench(settings)
    try:
        return of_page(bench, Desk(), "first")
    finally:
        bench.close()


def of_page(bench: Bench, desk: Desk, page: str) -> tuple[str | None, str]:
    """Which set a page judges by, and what it says of that."""
    chosen = own_choice.choice_of(bench, desk, page)
    return chosen.reference_set and chosen.reference_set.name, own_choice.strip_words(bench.get(), chosen)


@pytest.fixture
def bench(settings):
    made = Bench(settings)
    yield made
    made.close()


@pytest.fixture
def desk():
    return Desk()


def test_a_choice_is_there_after_a_restart_until_it_is_switched_off(bench, desk, settings, weights):
    store(settings.data_dir, weights)
    assert restarted(settings) == (None, "")
    assert own_choice.choose(bench, desk, PAGE, "newsroom") is None
    name, words = restarted(settings)
    assert name == "newsroom" and "your own photographs &#x27;newsroom&#x27; (60 of them)" in words and "alert" not in words
    own_choice.choose(bench, desk, PAGE, None)
    assert restarted(settings) == (None, "") and json.loads((settings.data_dir / FILE).read_text()) == {}


def test_a_set_that_is_gone_or_was_changed_by_hand_falls_back_and_says_so(bench, desk, settings, weights):
    store(settings.data_dir, weights)
    own_choice.choose(bench, desk, PAGE, "newsroom")
    file = settings.data_dir / "own_reals" / "newsroom.json"
    file.write_text(file.read_text().replace("0.5", "0.6"))
    name, words = restarted(settings)
    assert name is None and "changed by hand" in words and "cards of the weights alone" in words and "alert" in words
    file.unlink()
    assert "no stored set" in restarted(settings)[1]
    store(settings.data_dir, weights)
    assert restarted(settings)[0] == "newsroom"  # nobody had switched it off


def test_a_set_of_other_weights_is_neither_kept_in_use_nor_chosen(bench, desk, settings, weights):
    store(settings.data_dir, weights, lfm="9" * 64)
    keep(settings.data_dir, own_reals="newsroom")
    name, words = restarted(settings)
    assert name is None and "scored with other weights than those that are installed now" in words
    with refused(ForensicsError, "other weights"):
        own_choice.choose(bench, desk, PAGE, "newsroom")
    assert of_page(bench, desk, PAGE)[0] is None


def test_detectors_whose_weights_changed_are_named_where_others_are_the_same(bench, desk, settings, weights):
    store(settings.data_dir, weights, npr="9" * 64)
    own_choice.choose(bench, desk, PAGE, "newsroom")
    assert "Not for npr: the set was scored with other weights there" in restarted(settings)[1]


def test_what_the_environment_names_goes_before_what_was_kept(bench, desk, settings, weights):
    for name in ("newsroom", "archive"):
        store(settings.data_dir, weights, name)
    own_choice.choose(bench, desk, PAGE, "newsroom")
    assert restarted(dataclasses.replace(settings, own_reals="archive"))[0] == "archive"


@pytest.mark.parametrize("text", ["", "[]", "{", '{"own_reals": 3}', '{"own_reals": "../x"}', '{"a": "' + "x" * 70_000 + '"}'])
def test_a_file_of_any_form_harms_nothing(settings, text):
    settings.data_dir.mkdir()
    (settings.data_dir / FILE).write_text(text)
    assert restarted(settings)[0] is None
    assert keep(settings.data_dir, own_reals="newsroom") and kept(settings.data_dir)["own_reals"] == "newsroom"


def test_where_nothing_can_be_written_the_choice_lasts_as_long_as_the_app_and_says_so(bench, desk, settings, weights):
    store(settings.data_dir, weights)
    (settings.data_dir / FILE).mkdir()
    own_choice.choose(bench, desk, PAGE, "newsroom")
    name, words = of_page(bench, desk, PAGE)
    assert name == "newsroom" and "lasts until the app ends" in words


def test_a_page_chooses_for_itself_and_for_those_opened_later(bench, desk, settings, weights):
    store(settings.data_dir, weights)
    assert of_page(bench, desk, "open before")[0] is None
    own_choice.choose(bench, desk, PAGE, "newsroom")
    assert [of_page(bench, desk, page)[0] for page in ("open before", PAGE, "later")] == [None, "newsroom", "newsroom"]
    desk.leave("open before")
    assert of_page(bench, desk, "open before")[0] == "newsroom", "a page that was closed chose nothing"


def test_a_set_that_is_switched_during_a_batch_changes_no_row_of_it(bench, desk, settings, weights, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(24):
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (300, 300, 3), np.uint8)).save(folder / f"{number:02}.png")
    own, other = store(settings.data_dir, weights), store(settings.data_dir, weights, "archive", npr="9" * 64)
    own_choice.choose(bench, desk, PAGE, "newsroom")
    switched, manager = [], BatchManager(bench.get())

    def switch(progress) -> None:
        if progress.done and not switched:
            switched.append(progress.done)
            own_choice.choose(bench, desk, PAGE, "archive")

    try:
        batch = manager.start(folder, ["lfm"], "crop", on_event=switch, reference_set=own_choice.choice_of(bench, desk, PAGE).reference_set)
        assert manager.wait(batch, 120).done == 24
        records = [row["scores"]["lfm"] for row in manager.rows(batch).each()]
        plan = manager.get(batch).plan
    finally:
        manager.close()
    assert switched and switched[0] < 24, "the switch came in the middle"
    assert of_page(bench, desk, PAGE)[0] == "archive"
    assert {record["own_reals"] for record in records} == {own.signature} and plan["own_reals"] == own.signature != other.signature


@pytest.mark.slow
def test_it_stands_above_every_tab_after_a_restart_and_one_press_ends_it(chromium, tmp_path):
    write_weights(tmp_path / "weights")
    store(tmp_path / "data", tmp_path / "weights")
    with running_app(tmp_path) as app:
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.goto(app.url)
        page.get_by_role("tab", name="About").click()
        page.wait_for_selector("#about .model", timeout=90_000)
        assert not page.locator("#own-strip").is_visible()
        page.click("#own-choice input")
        page.get_by_role("option", name="newsroom").click()
        page.wait_for_selector("#own-strip .own-active", timeout=30_000)
        page.close()
    with running_app(tmp_path) as app:
        page = chromium.new_page(viewport={"width": 390, "height": 844})
        page.goto(app.url)
        page.wait_for_selector("#own-strip .own-active", timeout=90_000)
        assert "'newsroom' (60 of them)" in page.locator("#own-strip-words").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.click("#own-off")
        page.wait_for_selector("#own-strip", state="hidden", timeout=30_000)
        assert kept(app.data_dir) == {}
        page.close()
