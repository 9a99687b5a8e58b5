"""What a record must look like for `verify` to read it: it may come from anybody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from forensics_ui.report.model import SCHEMA, TIMES

NUMBER = (int, float)
TEXT = (str, type(None))
RECORD = {
    "kind": str,
    "title": str,
    "answer": list,
    "case": dict,
    "propositions": list,
    "limits": list,
    "tool": dict,
    "packages": dict,
    "codecs": dict,
    "settings": dict,
    "command": list,
    "detectors": list,
    "files": list,
    "skipped": list,
    "sections": list,
    TIMES: dict,
    "body_sha256": str,
}
FILE = {
    "path": str,
    "sha256": TEXT,
    "path_hex": TEXT,
    "bytes": (int, type(None)),
    "complete": (*NUMBER, type(None)),
    "scores": list,
    "error": TEXT,
    "error_code": TEXT,
}
SCORE = {
    "detector": str,
    "weights": TEXT,
    "weights_sha256": TEXT,
    "input_rule": str,
    "device": TEXT,
    "precision": TEXT,
    "logit": (*NUMBER, type(None)),
    "verdict": TEXT,
}
HASH = re.compile(r"[0-9a-f]{64}")
HEX = re.compile(r"([0-9a-f]{2})+")


def problems(record: Any) -> list[str]:
    """What is wrong with the record's form; empty if it can be read."""
    if not isinstance(record, Mapping):
        return ["it is not an object"]
    if record.get("schema") != SCHEMA:
        return [f"its schema is not {SCHEMA!r}"]
    found = _wrong(record, RECORD, "the record")
    for at, file in enumerate(record.get("files") or []):
        found += _file(file, f"file {at + 1}")
        if found:
            break
    return found


def _file(file: Any, where: str) -> list[str]:
    found = _wrong(file, FILE, where)
    if found:
        return found
    if file["sha256"] is not None and not HASH.fullmatch(file["sha256"]):
        return [f"{where} has no SHA-256 in hexadecimal"]
    if file["path_hex"] is not None and not HEX.fullmatch(file["path_hex"]):
        return [f"{where}: path_hex is not hexadecimal"]
    return [wrong for score in file["scores"] for wrong in _wrong(score, SCORE, f"a score of {where}")]


def _wrong(value: Any, fields: Mapping[str, Any], where: str) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"{where} is not an object"]
    missing = [f"{where} has no {name!r}" for name in fields if name not in value]
    return missing or [f"{where}: {name!r} is of the wrong kind" for name, kind in fields.items() if not isinstance(value[name], kind)]
