"""On the screen: a stability study that takes the evidence away lowers the answer above it, with the reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from app_pages import opened
from app_samples import encoded
from app_server import running_app, write_weights
from bench_page import NAME, lay, look
from PIL import Image

from forensics_ui.core.settings import Settings
from forensics_ui.views import VIEWS
from forensics_ui.workbench import Workbench
from forensics_ui.workbench.subject import PictureSubject


def gridded() -> bytes:
    """Squares of 2 x 2 pixels that lie across the detector's cells: a shift by one pixel puts them into the cells, which it sees at once."""
    squares = np.random.default_rng(3).integers(0, 255, (130, 150, 3), np.uint8)
    return encoded(Image.fromarray(np.ascontiguousarray(squares.repeat(2, 0).repeat(2, 1)[1:, 1:])), "PNG")


def limit_between(folder: Path) -> None:
    """Move the card's limit between the picture's own score and the lowest one after a small change."""
    write_weights(folder / "weights")
    file = folder / "weights" / "lfm_test.json"
    card = json.loads(file.read_text())
    with Workbench(Settings.load(weights_dir=folder / "weights", data_dir=folder / "scored", device="cpu")) as bench:
        picture = bench.open(gridded(), NAME)
        numbers = VIEWS.get("stability")().render(PictureSubject(bench, picture), exact=False).numbers
        lowest = min(shift["scores"]["lfm"] for shift in numbers["shifts"])
        limit = (lowest + numbers["as_it_is"]["lfm"]) / 2
        assert limit - lowest > 2e-4  # far above what differs between two runs
        assert bench.score(picture, "lfm").record.logit > limit
        for rule, values in card["calibration"].items():
            card["calibration"][rule] = {**values, "threshold_some": limit, "threshold_low": limit - 99}
    file.write_text(json.dumps(card))


@pytest.mark.slow
def test_evidence_that_a_small_change_takes_away_becomes_inconclusive_on_the_screen(page, tmp_path):
    limit_between(tmp_path)
    with running_app(tmp_path) as app:
        opened(page, app)
        lay(page, data=gridded())
        assert "Some evidence of generation" in page.locator("#answers .band").inner_text()
        look(page, "stability")
        page.wait_for_function("document.querySelector('#answers .band')?.innerText === 'Inconclusive'", timeout=30_000)
        assert "stability check" in page.locator("#answers .because").inner_text()
        assert page.locator("#answers .lead h2").inner_text().startswith("Inconclusive")
