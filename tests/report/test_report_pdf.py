"""The PDF read back: its words, names of other scripts, and what stands for letters that no font here can draw."""

from __future__ import annotations

import io
from dataclasses import replace

import pypdfium2
import pytest

from forensics_ui.report import REPORTS, Report, pdf_page, scripts
from forensics_ui.report.build import picture_report
from forensics_ui.report.fonts import cjk_font
from tests.report.helpers_report import hostile_report


def pages_of(report: Report) -> list[str]:
    stream = io.BytesIO()
    REPORTS.get("pdf")().render(report.as_dict(), report.images, stream)
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(stream.getvalue())]


@pytest.fixture(scope="module")
def report(workbench, tmp_path_factory):
    from tests.report.helpers_report import make_picture

    path = make_picture(tmp_path_factory.mktemp("pdf") / "写真 한국 שלום.png")
    return picture_report(workbench, workbench.open(path), path, views=["npr_channels", "evidence"], detectors=["lfm"])


def test_the_first_page_has_the_answer_the_error_rate_the_limits_and_the_hash(report):
    first = " ".join(pages_of(report)[0].split())
    for words in (report.answer[0], "4.3 % of 120 real ones", "Limits of this answer", "does not prove a camera", report.files[0].sha256):
        assert words in first


def test_every_page_names_the_record(report):
    record = report.as_dict()
    assert all(record["body_sha256"] in page for page in pages_of(report))


@pytest.mark.skipif(cjk_font() is None, reason="this system has no font with Chinese, Japanese and Korean letters")
def test_names_in_other_scripts_print(report):
    first = pages_of(report)[0]
    # Readers turn right-to-left runs back, so the name comes out as it was written.
    assert "写真 한국" in first and "שלום" in first


def test_without_a_font_the_code_points_stand_for_the_name(report, monkeypatch):
    monkeypatch.setattr(pdf_page, "cjk_font", lambda: None)
    first = pages_of(report)[0]
    assert "[U+5199 U+771F]" in first and report.files[0].sha256 in first


def test_a_character_of_no_font_is_told_by_its_code_point():
    report = replace(hostile_report("x"), title="t", files=(replace(hostile_report("x").files[0], path="eye \U00013080.png"),))
    assert "[U+13080]" in pages_of(report)[0]


def test_arabic_letters_join_and_lines_turn():
    # beh initial, yeh medial, teh final; lam with alef as one; alef never joins what follows.
    assert scripts.joined("بيت") == "\ufe91\ufef4\ufe96"
    assert scripts.joined("سلام") == "\ufeb3\ufefc\ufee1"
    assert scripts.joined("دار") == "\ufea9\ufe8d\ufead"
    assert scripts.turned("a שלום b") == "a םולש b" and scripts.turned("plain") == "plain"


def test_a_batch_of_many_rows_says_what_is_not_printed(report):
    many = replace(report, kind="batch", files=tuple(replace(report.files[0], path=f"{n}.png", views=(), preview=None) for n in range(405)))
    text = "".join(pages_of(many))
    assert "5 more rows are in the JSON record" in text and "399.png" in text and "404.png" not in text
