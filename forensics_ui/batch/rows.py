"""The reading side of a journal: rows, counts and histograms, while the run goes on or years later."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.imaging import sniff

STATES = ("waiting", "done", "failed")
COLUMNS = {"path": "f.path", "size": "f.size", "state": "f.state", "format": "c.format", "width": "c.width", "height": "c.height"}
SCORE_COLUMNS = ("logit", "probability", "verdict")
CHUNK = 256


@dataclass(frozen=True)
class Filter:
    """Which rows: every part that is given must hold. `text` is looked for in the path, `verdict` in any detector's answer."""

    text: str = ""
    state: str | None = None
    verdict: str | None = None
    format: str | None = None
    detector: str | None = None


@dataclass(frozen=True)
class Waiting:
    """A file that has its turn to come."""

    path: str
    location: str


class Rows:
    """Reads one journal. Each call opens it for itself, so any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._uri = f"{path.absolute().as_uri()}?mode=ro"

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            db = sqlite3.connect(self._uri, uri=True, timeout=30.0)
            db.row_factory = sqlite3.Row
        except sqlite3.Error as error:
            raise ForensicsError(f"The journal of this batch cannot be read: {error}.") from None
        try:
            yield db
        except sqlite3.Error as error:
            raise ForensicsError(f"The journal of this batch cannot be read: {error}.") from None
        finally:
            db.close()

    def _all(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._open() as db:
            return db.execute(sql, values).fetchall()

    def about(self) -> dict[str, Any]:
        """The fields of the run."""
        return {row["key"]: json.loads(row["value"]) for row in self._all("SELECT key, value FROM run")}

    def counts(self) -> dict[str, int]:
        """How many files are in each state, how many contents there are, and how many entries were skipped."""
        counts = dict.fromkeys(STATES, 0)
        counts.update({row[0]: row[1] for row in self._all("SELECT state, count(*) FROM files GROUP BY state")})
        counts["skipped"] = self._all("SELECT count(*) FROM skipped")[0][0]
        counts["contents"] = self._all("SELECT count(DISTINCT sha256) FROM files")[0][0]
        return counts

    def waiting(self) -> Iterator[Waiting]:
        """The files whose turn is to come, by path; reads a few at a time."""
        last = ""
        while chunk := self._all("SELECT path, location FROM files WHERE state = 'waiting' AND path > ? ORDER BY path LIMIT ?", last, CHUNK):
            yield from (Waiting(row["path"], os.fsdecode(row["location"])) for row in chunk)
            last = chunk[-1]["path"]

    def known(self, sha256: str) -> tuple[dict[str, Any], set[str]]:
        """What is known of some bytes, and the detectors that have answered for them."""
        with self._open() as db:
            content = db.execute("SELECT error, deaths FROM contents WHERE sha256 = ?", (sha256,)).fetchone()
            scored = db.execute("SELECT detector FROM scores WHERE sha256 = ?", (sha256,)).fetchall()
        return (dict(content) if content else {"error": None, "deaths": 0}), {row["detector"] for row in scored}

    def paths(self) -> Iterator[str]:
        """The paths of all files, in order; reads a few at a time."""
        last = ""
        while chunk := self._all("SELECT path FROM files WHERE path > ? ORDER BY path LIMIT ?", last, 64 * CHUNK):
            yield from (row["path"] for row in chunk)
            last = chunk[-1]["path"]

    def location(self, path: str) -> Path | None:
        """Where the file of a row lies."""
        found = self._all("SELECT location FROM files WHERE path = ?", path)
        return Path(os.fsdecode(found[0]["location"])) if found else None

    def skipped(self, offset: int = 0, limit: int = -1) -> list[dict[str, str]]:
        """What was left out, and why."""
        return [dict(row) for row in self._all("SELECT * FROM skipped ORDER BY path LIMIT ? OFFSET ?", limit, offset)]

    def rows(
        self, offset: int = 0, limit: int = 100, sort: str = "path", *, descending: bool = False, keep: Filter | None = None
    ) -> tuple[list[dict[str, Any]], int]:
        """One page of the table, and how many rows the whole has. `sort` is a column, or `logit:lfm`, `verdict:npr` and the like."""
        where, values = _where(keep or Filter())
        order, order_values, join = _order(sort)
        direction = "DESC" if descending else "ASC"
        tables = "FROM files f LEFT JOIN contents c ON c.sha256 = f.sha256"
        picked = f"SELECT {PICKED} {tables}{join}{where} ORDER BY {order} IS NULL, {order} {direction}, f.path LIMIT ? OFFSET ?"
        with self._open() as db:
            total = db.execute(f"SELECT count(*) {tables}{where}", values).fetchone()[0]
            found = db.execute(picked, (*order_values, *values, limit, offset)).fetchall()
            return [_row(row, _scores(db, row["sha256"])) for row in found], total

    def each(self) -> Iterator[dict[str, Any]]:
        """All rows by path; reads a few at a time."""
        last = ""
        sql = f"SELECT {PICKED} FROM files f LEFT JOIN contents c ON c.sha256 = f.sha256 WHERE f.path > ? ORDER BY f.path LIMIT ?"
        while True:
            with self._open() as db:
                chunk = [_row(row, _scores(db, row["sha256"])) for row in db.execute(sql, (last, CHUNK))]
            if not chunk:
                return
            yield from chunk
            last = chunk[-1]["path"]

    def histogram(self, detector: str, bins: int = 40) -> dict[str, Any]:
        """How many files score how: the edges of the bins in logits, and the counts."""
        join = "FROM files f JOIN scores s ON s.sha256 = f.sha256 WHERE s.detector = ? AND s.logit IS NOT NULL"
        low, high, count = tuple(self._all(f"SELECT min(s.logit), max(s.logit), count(*) {join}", detector)[0])
        if not count:
            return {"detector": detector, "count": 0, "edges": [], "counts": []}
        width = (high - low) / bins or 1.0
        counts = [0] * bins
        for place, number in self._all(f"SELECT CAST((s.logit - ?) / ? AS INTEGER), count(*) {join} GROUP BY 1", low, width, detector):
            counts[min(place, bins - 1)] += number
        return {"detector": detector, "count": count, "edges": [low + width * i for i in range(bins + 1)], "counts": counts}

    def verdicts(self) -> dict[str, dict[str, int]]:
        """For each detector, how many files got which answer."""
        found: dict[str, dict[str, int]] = {}
        sql = "SELECT s.detector, s.verdict, count(*) FROM files f JOIN scores s ON s.sha256 = f.sha256 WHERE s.verdict IS NOT NULL GROUP BY 1, 2"
        for detector, verdict, count in self._all(sql):
            found.setdefault(detector, {})[verdict] = count
        return found

    def computed(self) -> dict[tuple[str, str], int]:
        """How often each answer was worked out, by content and detector."""
        return {(row["sha256"], row["detector"]): row["computed"] for row in self._all("SELECT sha256, detector, computed FROM scores")}


PICKED = (
    "f.path, f.location, f.size, f.mtime_ns, f.state, f.sha256, f.error AS file_error, f.error_code AS file_code, "
    "c.format, c.width, c.height, c.facts, c.error, c.error_code"
)


def _scores(db: sqlite3.Connection, sha256: str | None) -> list[dict[str, Any]]:
    found = db.execute("SELECT record FROM scores WHERE sha256 = ? ORDER BY detector", (sha256,))
    return [json.loads(row["record"]) for row in found]


def _row(row: Mapping[str, Any], scores: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One file with everything that is known of it, JSON-ready but for the location."""
    facts = json.loads(row["facts"]) if row["facts"] else {}
    declared = sniff.declared_type(row["path"])
    if facts:
        facts = {**facts, "declared_type": declared, "type_mismatch": declared is not None and declared != row["format"]}
    return {
        "path": row["path"],
        "location": os.fsdecode(row["location"]),
        "bytes": row["size"],
        "mtime_ns": row["mtime_ns"],
        "state": row["state"],
        "sha256": row["sha256"],
        "format": row["format"],
        "width": row["width"],
        "height": row["height"],
        "declared_type": declared,
        "file_says": facts.pop("file_says", []),
        "facts": facts,
        "scores": {score["detector"]: {"path": row["path"], **score} for score in scores} if row["state"] != "waiting" else {},
        "error": row["file_error"] or row["error"],
        "error_code": row["file_code"] or row["error_code"],
    }


def _where(keep: Filter) -> tuple[str, list[Any]]:
    parts: list[tuple[str, list[Any]]] = []
    if keep.text:
        parts.append(("instr(lower(f.path), lower(?)) > 0", [keep.text]))
    if keep.state:
        parts.append(("f.state = ?", [keep.state]))
    if keep.format:
        parts.append(("c.format = ?", [keep.format]))
    if keep.verdict:
        by = " AND s.detector = ?" if keep.detector else ""
        sql = f"EXISTS (SELECT 1 FROM scores s WHERE s.sha256 = f.sha256 AND s.verdict = ?{by})"
        parts.append((sql, [keep.verdict, *([keep.detector] if keep.detector else [])]))
    text = " AND ".join(sql for sql, _ in parts)
    return (f" WHERE {text}" if text else ""), [value for _, values in parts for value in values]


def _order(sort: str) -> tuple[str, list[Any], str]:
    column, _, detector = sort.partition(":")
    if not detector and column in COLUMNS:
        return COLUMNS[column], [], ""
    if detector and column in SCORE_COLUMNS:
        return f"o.{column}", [detector], " LEFT JOIN scores o ON o.sha256 = f.sha256 AND o.detector = ?"
    raise ForensicsError(f"Rows cannot be sorted by {sort!r}; they can by {', '.join(COLUMNS)}, and by {', '.join(SCORE_COLUMNS)} with :DETECTOR.")
