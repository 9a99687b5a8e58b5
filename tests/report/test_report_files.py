"""Files of reports: whole or not at all, never in another's place, under names that any system takes."""

from __future__ import annotations

import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.report.base import REPORTS, ReportFormat
from forensics_ui.report.build import write_report
from forensics_ui.report.clean import clean_text, safe_stem
from forensics_ui.report.files import free_stem, report_stem
from tests.refusals import refused
from tests.report.helpers_report import hostile_report


class Breaks(ReportFormat):
    """Writes a little, then fails as a full disk does."""

    suffix, mime = ".broken", "text/plain"

    def render(self, record, images, stream):
        stream.write(b"half")
        raise OSError(28, "No space left on device")


@pytest.fixture
def breaking():
    REPORTS.register("broken")(Breaks)
    yield
    REPORTS.remove("broken")


def test_a_second_report_gets_a_name_of_its_own_and_force_replaces(tmp_path):
    report = hostile_report("x")
    first = write_report(report, ["json", "csv"], tmp_path, "report-a")
    second = write_report(report, ["json", "csv"], tmp_path, "report-a")
    assert {path.name for path in first.values()} == {"report-a.json", "report-a.csv"}
    assert {path.name for path in second.values()} == {"report-a-2.json", "report-a-2.csv"}
    write_report(report, ["json"], tmp_path, "report-a", force=True)
    assert len(list(tmp_path.iterdir())) == 4


def test_one_format_that_is_taken_moves_all_of_them(tmp_path):
    (tmp_path / "r.csv").write_text("mine")
    assert free_stem(tmp_path, "r", [".json", ".csv"]) == "r-2" and (tmp_path / "r.csv").read_text() == "mine"


def test_a_full_disk_leaves_the_old_report_and_no_pieces(tmp_path, breaking):
    (tmp_path / "r.broken").write_text("the old one")
    with refused(ForensicsError, "No space left"):
        write_report(hostile_report("x"), ["broken"], tmp_path, "r", force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["r.broken"] and (tmp_path / "r.broken").read_text() == "the old one"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\x\\CON.png", "con"),
        ("写真.png", ""),
        ("Ünïcode (1).jpg", "unicode-1"),
        ("a" * 99 + ".png", "a" * 40),
        ("=x|y.png", "x-y"),
    ],
)
def test_names_keep_plain_letters_only(name, stem):
    assert safe_stem(name) == stem
    assert report_stem(name, "ab" * 32) == "-".join(part for part in ("report", stem, "abababababab") if part)


def test_what_cannot_be_seen_becomes_a_mark_and_nothing_is_endless():
    assert clean_text("a\u202eb\x00c\ud800d") == "a\ufffdb\ufffdc\ufffdd" and clean_text("写真 שלום\n") == "写真 שלום\n"
    assert len(clean_text("x" * 10_000)) < 4200 and "more characters" in clean_text("x" * 10_000)
