"""The file's own statements stand on the first page of every format, without serial numbers."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image, PngImagePlugin

from forensics_ui.report.build import picture_report, write_report
from tests.detectors.helpers_networks import photo_like

PARAMETERS = "a boat\nSteps: 20, Sampler: Euler, Seed: 7, Size: 512x512, Model: xl"
SENTENCE = 'The file says: made with Stable Diffusion web UI (A1111 format), model "xl" (anyone can write this).'


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    file = tmp_path_factory.mktemp("said") / "said.png"
    info, exif = PngImagePlugin.PngInfo(), Image.Exif()
    info.add_text("parameters", PARAMETERS)
    exif[0x010F], exif[0x0110] = "Canon", "EOS R5"
    exif.get_ifd(0x8769)[0xA431] = "SERIAL-0123"
    Image.fromarray(photo_like(101, 150)).save(file, pnginfo=info, exif=exif)
    return file


def test_every_format_tells_what_the_file_says(workbench, said, tmp_path):
    picture = workbench.open(said)
    report = picture_report(workbench, picture, said, views=None)
    plain = picture_report(workbench, workbench.open(_bare(said)), said, views=None)
    assert report.answer == plain.answer
    written = write_report(report, ("json", "html", "pdf", "csv"), tmp_path, "said")
    record = json.loads(written["json"].read_text())
    assert record["files"][0]["file_says"][0]["sentence"] == SENTENCE
    assert "file_says" not in record["files"][0]["scores"][0]
    page = written["html"].read_text()
    assert page.index("What the file says of itself") < page.index("Limits of this answer")
    assert "SERIAL-0123" not in page + written["json"].read_text()
    assert "(unsigned)" in written["csv"].read_text(encoding="utf-8-sig")
    assert "taken with Canon EOS R5" in page


def test_the_first_page_on_paper_has_it_too(workbench, said, tmp_path):
    report = picture_report(workbench, workbench.open(said), said, views=None)
    written = write_report(report, ("pdf",), tmp_path, "said")
    pdfium = pytest.importorskip("pypdfium2", reason="no reader of PDF is installed")
    words = pdfium.PdfDocument(written["pdf"].read_bytes())[0].get_textpage().get_text_range()
    assert "What the file says of itself" in words and "anyone can write this" in words


def test_full_metadata_has_the_serial_number(workbench, said):
    report = picture_report(workbench, workbench.open(said), said, views=None, metadata=True)
    assert "SERIAL-0123" in json.dumps(report.as_dict()["files"][0]["file_says"])


def _bare(file) -> bytes:
    stream = io.BytesIO()
    Image.open(file).save(stream, "PNG", exif=b"")
    return stream.getvalue()
