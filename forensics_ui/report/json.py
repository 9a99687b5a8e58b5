"""JSON: the record itself. The other formats show it; `verify` reads it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO

from forensics_ui.report.base import REPORTS, ReportFormat


@REPORTS.register("json")
class Json(ReportFormat):
    """Sorted keys, rounded numbers: the same inputs give the same bytes but for what stands under `times`."""

    suffix, mime = ".json", "application/json"

    def render(self, record: Mapping[str, Any], images: Mapping[str, bytes], stream: BinaryIO) -> None:
        encoder = json.JSONEncoder(sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
        for piece in encoder.iterencode(record):
            stream.write(piece.encode())
        stream.write(b"\n")
