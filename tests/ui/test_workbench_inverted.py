"""The built-in inverter behind the screen: a generator with random numbers rebuilds the picture, slowly enough to be watched and stopped."""

from __future__ import annotations

import hashlib
import io
import json

import numpy as np
import pytest
from app_pages import opened
from app_samples import encoded, noise
from app_server import running_app, write_weights
from bench_page import RGB, lay, look, made
from PIL import Image

from forensics_ui.inversion.invert import invert
from forensics_ui.inversion.network import Inverter


def random_inverter() -> Inverter:
    import torch

    torch.manual_seed(3)
    return Inverter().eval()


@pytest.fixture(scope="module")
def app_with_inverter(tmp_path_factory):
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("inverting")
    write_weights(folder / "weights")
    file = folder / "weights" / "inverter.safetensors"
    save_file(random_inverter().state_dict(), file)
    card = {"name": "inverter", "detector": "inverter", "role": "inverter", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    file.with_suffix(".json").write_text(json.dumps(card))
    with running_app(folder) as running:
        yield running


def test_the_picture_is_laid_beside_its_inversion(page, app_with_inverter):
    lay(opened(page, app_with_inverter))
    look(page, "difference")
    told = made(page)
    assert told["numbers"]["inverted_by"] == "the built-in inverter"
    assert [pane["title"] for pane in told["viewer"]["panes"][:2]] == ["Picture", "Inverted"]
    rebuilt = invert(random_inverter(), RGB)
    url = app_with_inverter.url + told["viewer"]["panes"][1]["levels"]["url"].format(scale=1, column=0, row=0)
    tile = np.asarray(Image.open(io.BytesIO(page.request.get(url).body())))
    assert np.array_equal(tile, rebuilt[: tile.shape[0], : tile.shape[1]]) and tile.size
    assert "not a colour negative" in page.locator(".wb-below").inner_text()


@pytest.mark.slow
def test_rebuilding_shows_progress_can_be_stopped_and_is_done_once(page, app_with_inverter):
    lay(opened(page, app_with_inverter), "large.jpg", encoded(Image.fromarray(noise(2560, 2048)), "JPEG"))
    page.click("#wb-tab-difference")
    page.wait_for_selector(".wb-state progress[max='20']", timeout=20_000)
    page.locator(".wb-state button", has_text="Stop").click()
    assert page.locator(".wb-state").inner_text().startswith("Stopped.")
    look(page, "difference")
    page.locator("[data-option=channel]").select_option("green")
    page.wait_for_function("forensicsWorkbench().made.options.channel === 'green'")
    assert page.locator(".wb-state progress").count() == 0
    assert [pane["title"] for pane in made(page)["viewer"]["panes"]][2:] == ["NPR of the picture", "NPR of the inverted", "Difference of the two"]
