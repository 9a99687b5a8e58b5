"""The report of many rows: one order whatever order they come in, every file once, what was skipped, and the counts."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest

from forensics_ui.report import REPORTS
from forensics_ui.report.batch_report import batch_report, histogram
from forensics_ui.report.plots import plot_of, ticks


def rows(count, weights="f" * 64):
    for n in range(count):
        base = {"path": f"set/{n % 7}/p{n:05}.jpg", "sha256": f"{n:064x}", "format": "JPEG", "width": 640, "height": 480, "bytes": 1000 + n}
        if n % 10 == 9:
            yield {**base, "detector": "lfm", "logit": None, "verdict": None, "error": "The file is empty.", "error_code": "bad_image", "reasons": []}
            continue
        made = {"weights": "small", "weights_sha256": weights, "input_rule": "native", "device": "cpu", "precision": "fp32", "seconds": 0.01}
        logit = float((n * 37) % 101 - 50) / 10
        yield {**base, **made, "detector": "lfm", "logit": logit, "probability": None, "verdict": "inconclusive", "reasons": ["not calibrated"]}


@pytest.fixture
def report(report_settings):
    return batch_report(
        rows(50), [("set/notes.txt", "not a picture")], settings=report_settings, command=["python", "-m", "forensics_ui", "batch", "set"]
    )


def test_the_order_in_which_rows_come_does_not_show(report, report_settings):
    mixed = list(rows(50))
    random.Random(1).shuffle(mixed)
    again = batch_report(mixed, [("set/notes.txt", "not a picture")], settings=report_settings, command=report.command)
    assert again.as_dict()["body_sha256"] == report.as_dict()["body_sha256"]


def test_every_file_stands_once_and_bad_ones_with_their_reason(report):
    record = report.as_dict()
    assert len(record["files"]) == 50 and len({file["path"] for file in record["files"]}) == 50
    bad = [file for file in record["files"] if file["error"]]
    assert len(bad) == 5 and all(file["error_code"] == "bad_image" and not file["scores"] for file in bad)
    assert record["skipped"] == [{"path": "set/notes.txt", "reason": "not a picture"}]
    assert record["answer"][0] == "50 files were looked at; 5 could not be scored, 1 skipped."
    assert record["answer"][1] == "LFM (native): 45 inconclusive."


def test_two_detectors_on_one_file_are_two_scores_of_one_entry(report_settings):
    one = next(rows(1))
    record = batch_report([one, {**one, "detector": "npr"}], settings=report_settings).as_dict()
    assert [score["detector"] for score in record["files"][0]["scores"]] == ["lfm", "npr"] and len(record["detectors"]) == 2


def test_csv_has_a_line_for_every_score_and_skipped_file(report):
    stream = io.BytesIO()
    REPORTS.get("csv")().render(report.as_dict(), {}, stream)
    lines = list(csv.DictReader(io.StringIO(stream.getvalue().decode("utf-8-sig"))))
    assert len(lines) == 51 and lines[-1]["error_code"] == "skipped"
    assert float(lines[0]["logit"]) == report.files[0].scores[0]["logit"]


def test_the_histogram_counts_every_score(report):
    curve = report.sections[0].curves[0]
    assert sum(curve["lines"]["lfm (native)"]) == 45
    plot = plot_of(curve)
    left, top, right, bottom = plot.frame
    assert all(left - 1 <= x and x + w <= right + 1 and top - 1 <= y and y + h <= bottom + 1 for _, x, y, w, h in plot.bars)
    assert histogram([]) is None


def test_bars_below_zero_hang_from_zero():
    curve = {
        "title": "",
        "x_label": "",
        "y_label": "",
        "x": ["a", "b"],
        "lines": {"l": [2.0, -1.0]},
        "thresholds": {},
        "logarithmic": False,
        "bars": True,
    }
    (_, _, up, _, high), (_, _, down, _, low) = plot_of(curve).bars
    assert up + high == pytest.approx(down) and high == pytest.approx(2 * low, rel=0.01)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.2, 17), (1e-6, 3e-6), (0, 12345), (5, 5)])
def test_ticks_are_few_and_within(low, high):
    found = ticks(low, high)
    assert 1 <= len(found) <= 11 and all(low - 1e-9 <= tick <= high + 1e-9 for tick in found)


def test_ten_thousand_rows_are_rendered(report_settings):
    record = batch_report(rows(10_000), settings=report_settings).as_dict()
    for name in ("html", "json", "csv"):
        stream = io.BytesIO()
        REPORTS.get(name)().render(record, {}, stream)
        assert stream.getvalue().count(b"p09998.jpg") == 1
    assert json.loads(json.dumps(record))["body_sha256"] == record["body_sha256"]
