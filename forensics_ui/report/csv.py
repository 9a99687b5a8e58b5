"""CSV: one line per file and detector, for spreadsheets. Texts cannot start a formula; numbers are numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from forensics_ui.core.claims import claims_from
from forensics_ui.report.base import REPORTS, ReportFormat
from forensics_ui.report.clean import csv_cell
from forensics_ui.words.claims import short

OF_FILE = ("path", "sha256", "bytes", "format", "declared_type", "detected_type", "width", "height", "file_says")
OF_SCORE = (
    "detector",
    "weights",
    "weights_sha256",
    "input_rule",
    "device",
    "precision",
    "logit",
    "probability",
    "likelihood_ratio",
    "verdict",
    "reasons",
)
COLUMNS = (*OF_FILE, *OF_SCORE, "error_code", "error")


@REPORTS.register("csv")
class Csv(ReportFormat):
    """UTF-8 with a mark, which spreadsheets need to read other scripts than Latin."""

    suffix, mime = ".csv", "text/csv"

    def render(self, record: Mapping[str, Any], images: Mapping[str, bytes], stream: BinaryIO) -> None:
        text = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", write_through=True)
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        for row in _rows(record):
            writer.writerow([cell(row.get(column)) for column in COLUMNS])
        text.flush()
        text.detach()


def cell(value: Any) -> Any:
    """A number as it is, everything else as guarded text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return csv_cell("" if value is None else value)


def _rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for file in record["files"]:
        own = {key: value for key, value in file.items() if key in COLUMNS}
        own["file_says"] = short(claims_from(own.get("file_says")))
        for score in file["scores"] or [{}]:
            yield {**own, **{key: value for key, value in score.items() if value is not None}}
    for skipped in record["skipped"]:
        yield {"path": skipped["path"], "error_code": "skipped", "error": skipped["reason"]}
