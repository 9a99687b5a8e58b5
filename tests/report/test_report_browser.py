"""The HTML report in a real browser: nothing runs but its own few lines, nothing is asked of a network, rows sort and filter."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from forensics_ui.imaging.colour import colourise
from forensics_ui.imaging.npr import npr
from forensics_ui.report import REPORTS, Report
from forensics_ui.report.batch_report import batch_report
from forensics_ui.report.build import picture_report
from tests.report.helpers_report import hostile_report, make_picture
from tests.report.test_report_escaping import MARKUP


def opened(page, report: Report, folder, name="report"):
    path = folder / f"{name}.html"
    REPORTS.get("html")().write(report, path)
    page.goto(path.as_uri())


@pytest.mark.parametrize("kind", ["picture", "batch"])
def test_payloads_run_nothing_and_ask_nothing(page, tmp_path, kind):
    asked, dialogs = [], []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: asked.append(request.url))
    for at in (0, 1, 2, 4, 6, 7, 14):
        opened(page, hostile_report(MARKUP[at], kind), tmp_path, f"{kind}{at}")
        assert page.evaluate("typeof pwned") == "undefined" and page.locator("h1").inner_text()
    assert not dialogs
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert len([url for url in asked if url.startswith("file")]) == 7


def test_the_policy_stops_a_script_that_got_in(page, tmp_path):
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    opened(page, hostile_report("x"), tmp_path)
    page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'pwned = 1'; document.body.append(s); }")
    assert page.evaluate("typeof pwned") == "undefined" and any("Content Security Policy" in text for text in refused)


def rows_of(count):
    for n in range(count):
        logit = None if n == 3 else float((n * 7) % 11 - 5)
        yield {"path": f"dir/p{n:02}.jpg", "sha256": f"{n:064x}", "detector": "lfm", "weights": "small", "weights_sha256": "f" * 64, "input_rule": "native",
               "device": "cpu", "precision": "fp32", "logit": logit, "probability": None, "verdict": "not applicable" if logit is None else "inconclusive",
               "reasons": [], "width": 10 + n, "height": 9, "format": "JPEG"}  # fmt: skip


def test_rows_sort_by_number_with_empty_ones_last_and_filter(page, tmp_path, report_settings):
    opened(page, batch_report(rows_of(12), [("dir/x.txt", "not a picture")], settings=report_settings), tmp_path)
    heads = page.locator("#files thead th")
    column = heads.all_inner_texts().index("Logit")

    def logits():
        return page.locator(f"#files tbody tr td:nth-child({column + 1})").all_inner_texts()

    heads.nth(column).locator("button").click()
    up = [float(text.replace("\N{MINUS SIGN}", "-")) for text in logits() if text]
    assert up == sorted(up) and logits()[-1] == "" and heads.nth(column).get_attribute("aria-sort") == "ascending"
    heads.nth(column).locator("button").press("Enter")
    assert logits()[0] == "+4.000" and logits()[-1] == ""
    page.locator("#find").fill("p07")
    assert page.locator("#files tbody tr:visible").count() == 1 and page.locator("#find-told").inner_text() == "1 of 12 shown"


def test_nothing_sticks_out_on_a_narrow_screen(page, tmp_path, report_settings):
    page.set_viewport_size({"width": 390, "height": 844})
    for report in (hostile_report("a rather long word " * 9), batch_report(rows_of(5), settings=report_settings)):
        opened(page, report, tmp_path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_pane_grows_and_shrinks_at_a_click(page, tmp_path, workbench):
    path = make_picture(tmp_path / "wide.png", side=(340, 420))
    opened(page, picture_report(workbench, workbench.open(path), path, views=["npr_channels"], detectors=["lfm"]), tmp_path)
    figure = page.locator("figure", has=page.locator("b", has_text="NPR red"))
    narrow = figure.bounding_box()["width"]
    assert figure.locator(".layer.small").is_visible() and not figure.locator(".layer.large").is_visible()
    figure.get_by_role("button", name="Larger").click()
    assert figure.locator(".layer.large").is_visible() and figure.bounding_box()["width"] > 2 * narrow
    figure.get_by_role("button", name="Smaller").press("Enter")
    assert figure.bounding_box()["width"] == narrow


def test_maps_lie_where_their_pixels_are(page, tmp_path, workbench):
    """Read back from the screen: the colours of the map are those of the view, cell by cell."""
    path = make_picture(tmp_path / "small.png")
    picture = workbench.open(path)
    opened(page, picture_report(workbench, picture, path, views=["npr_channels"], detectors=["lfm"]), tmp_path)
    pane = page.locator("figure", has=page.locator("b", has_text="NPR red")).locator(".pane")
    pane.evaluate("pane => { pane.style.width = '600px'; pane.scrollIntoView(); }")
    shot = np.asarray(Image.open(io.BytesIO(pane.screenshot())).convert("RGB")).astype(int)
    level = npr(picture.rgb, 2, 1)[:, :, 0]
    expected = colourise(level, -255 / 8, 255 / 8, "signed").astype(int)
    for row, column in ((0, 1), (33, 71), (98, 149), (51, 0)):
        y, x = int((row + 0.5) * 4), int((column + 0.5) * 4)
        assert np.abs(shot[y, x] - expected[row, column]).max() <= 2, (row, column)
