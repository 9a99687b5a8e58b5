"""One button makes the picture's report: for a case, in every format, of exactly the bytes that were given."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request

import pytest
from app_pages import given
from app_samples import photograph


@pytest.fixture
def dialog(screen):
    """The open dialog over a small picture."""
    screen.photo = photograph()
    given(screen, "beach <b>day</b>.png", screen.photo)
    screen.click(".rp-button")
    return screen


def fetch(app, path):
    return urllib.request.urlopen(app.url + path, timeout=30)


def test_a_report_in_every_format_names_the_case_and_the_bytes(dialog, app):
    dialog.fill(".rp-field input >> nth=0", "Case <i>7</i>")
    dialog.uncheck(".rp-switch input")
    dialog.click(".rp-go")
    dialog.wait_for_selector(".rp-files", timeout=120_000)
    links = dialog.eval_on_selector_all(".rp-files a", "links => links.map((link) => link.getAttribute('href'))")
    found = {link.rsplit("/", 1)[1]: fetch(app, link) for link in links if "?" not in link}
    assert {"html", "json", "csv", "pdf"} <= set(found)
    record = json.load(found["json"])
    assert record["case"]["name"] == "Case <i>7</i>"
    assert record["files"][0]["sha256"] == hashlib.sha256(dialog.photo).hexdigest()
    assert found["pdf"].read(5) == b"%PDF-"
    page = found["html"].read().decode()
    assert "<i>7</i>" not in page and "&lt;i&gt;7&lt;/i&gt;" in page
    assert "sandbox" in found["html"].headers["content-security-policy"]


def test_the_report_opens_in_a_tab_of_its_own_without_an_error(dialog):
    dialog.uncheck(".rp-switch input")
    dialog.click(".rp-go")
    dialog.wait_for_selector(".rp-files", timeout=120_000)
    with dialog.context.expect_page() as opening:
        dialog.click(".rp-files a")
    report, errors = opening.value, []
    report.on("pageerror", lambda error: errors.append(str(error)))
    report.wait_for_load_state()
    assert "beach <b>day</b>.png" in report.inner_text("body") and not errors


def test_a_long_report_shows_how_far_it_is_and_closing_the_dialog_stops_it(dialog):
    dialog.click(".rp-go")
    dialog.wait_for_selector(".rp-state progress", timeout=30_000)
    with dialog.expect_request(lambda request: request.method == "DELETE" and "/report/made/" in request.url):
        dialog.keyboard.press("Escape")
    assert not dialog.locator(".rp").is_visible()


def test_other_sites_and_unknown_pictures_are_refused(app):
    def status(path, **headers):
        request = urllib.request.Request(app.url + path, data=b"{}", headers=headers, method="POST")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=30)
        return refused.value.code

    assert status("/forensics/report/unknown") == 404
    assert status("/forensics/report/unknown", **{"Sec-Fetch-Site": "cross-site"}) == 403
