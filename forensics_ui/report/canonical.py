"""One way to write the same content: clean text, numbers rounded once, sorted keys; so equal reports are equal bytes."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np

from forensics_ui.report.clean import clean_text

DIGITS = 8  # significant ones: float32 has seven
OUTSIDE_THE_HASH = ("times", "body_sha256")


def tidy(value: Any) -> Any:
    """Any value as plain JSON: text cleaned, floats rounded, what is not finite becomes null."""
    if isinstance(value, Mapping):
        return {clean_text(key): tidy(value[key]) for key in value}
    if isinstance(value, list | tuple | np.ndarray):
        return [tidy(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return clean_text(value.isoformat() if isinstance(value, date | datetime) else value)


def body_hash(record: Mapping[str, Any]) -> str:
    """SHA-256 of a record without its times and without this hash itself."""
    body = {key: value for key, value in record.items() if key not in OUTSIDE_THE_HASH}
    return hashlib.sha256(json.dumps(body, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()).hexdigest()
