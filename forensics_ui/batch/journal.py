"""The record of a run: one SQLite file, written by one thread, read by any number while it grows.

`files` has a row for every picture, `contents` and `scores` one for every different content: what is the same is computed
once. A transaction is written through to the disk, and at most `COMMIT_SECONDS` of finished work wait for one.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from forensics_ui.batch.scan import Found, Skipped
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.reasons import because
from forensics_ui.words import say, sentence_of
from forensics_ui.workbench import Score

# Belongs to the bytes, and is kept once with them.
OF_CONTENT = ("path", "file_says")
COMMIT_SECONDS = 0.25
GONE = because("skipped_gone")
# What may go better another time; every other answer is final for the same bytes.
TRANSIENT = ("error", "busy", "out_of_memory", "decode_memory", "weights", "weights_missing", "weights_mismatch")
SCHEMA = """
CREATE TABLE IF NOT EXISTS run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, location BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', sha256 TEXT, error TEXT, error_code TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (
    sha256 TEXT PRIMARY KEY, format TEXT, width INTEGER, height INTEGER, facts TEXT,
    error TEXT, error_code TEXT, deaths INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    sha256 TEXT NOT NULL, detector TEXT NOT NULL, weights_sha256 TEXT NOT NULL, rule TEXT NOT NULL, precision TEXT NOT NULL,
    logit REAL, probability REAL, verdict TEXT, error_code TEXT, record TEXT NOT NULL, computed INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (sha256, detector, weights_sha256, rule, precision)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS skipped (path TEXT NOT NULL, reason TEXT NOT NULL, code TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS files_by_state ON files (state, path);
CREATE INDEX IF NOT EXISTS files_by_content ON files (sha256);
"""


class JournalFull(ForensicsError):
    """The journal cannot be written any more."""

    code = "journal"


class Journal:
    """The writing side. Every method but `open` belongs to one thread; nothing is on the disk before `commit`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._dirty_since: float | None = None
        with _told("opened"):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            # FULL: what was committed survives a power cut, not only the end of this process.
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(SCHEMA)
            if "code" not in {row[1] for row in self._db.execute("PRAGMA table_info(skipped)")}:  # of earlier versions
                self._db.execute("ALTER TABLE skipped ADD COLUMN code TEXT NOT NULL DEFAULT ''")

    def limit_pages(self, pages: int) -> None:
        """Refuse to grow beyond so many pages: a full disk, on purpose."""
        self._db.execute(f"PRAGMA max_page_count = {int(pages)}")

    def due(self) -> bool:
        """Whether finished work has waited long enough."""
        return self._dirty_since is not None and time.monotonic() - self._dirty_since >= COMMIT_SECONDS

    def commit(self) -> None:
        """Write through to the disk."""
        if self._dirty_since is not None:
            with _told("written"):
                self._db.execute("COMMIT")
            self._dirty_since = None

    def rollback(self) -> None:
        """Forget what was not committed."""
        self._dirty_since = None
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        """Close; what was not committed is lost, as after a crash."""
        with contextlib.suppress(sqlite3.Error):
            self.rollback()
        self._db.close()

    def put(self, **values: Any) -> None:
        """Set fields of the run."""
        self._many("INSERT OR REPLACE INTO run VALUES (?, ?)", [(key, json.dumps(value, ensure_ascii=True)) for key, value in values.items()])

    def take_stock(self, entries: Iterable[Found | Skipped]) -> None:
        """Bring the list of files up to date: new and changed ones wait, what is gone is listed as skipped, the rest stays."""
        self._do("CREATE TEMP TABLE IF NOT EXISTS found (path TEXT PRIMARY KEY, location BLOB, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID")
        self._do("DELETE FROM temp.found")
        self._do("DELETE FROM skipped")
        for each in entries:
            if isinstance(each, Found):
                self._do("INSERT OR REPLACE INTO temp.found VALUES (?, ?, ?, ?)", each.path, os.fsencode(each.location), each.size, each.mtime_ns)
            else:
                self._do("INSERT INTO skipped VALUES (?, ?, ?)", each.path, each.reason, each.why.code)
        gone = "path NOT IN (SELECT path FROM temp.found)"
        self._do(f"INSERT INTO skipped SELECT path, ?, ? FROM files WHERE {gone}", say(GONE), GONE.code)
        self._do(f"DELETE FROM files WHERE {gone}")
        same = "SELECT 1 FROM files o WHERE o.path = f.path AND o.size = f.size AND o.mtime_ns = f.mtime_ns"
        self._do(f"INSERT OR REPLACE INTO files (path, location, size, mtime_ns) SELECT * FROM temp.found f WHERE NOT EXISTS ({same})")
        self._do("DELETE FROM temp.found")

    def try_again(self) -> None:
        """Let wait again what failed for a reason that may have passed."""
        codes = ", ".join("?" * len(TRANSIENT))
        self._do("UPDATE files SET state = 'waiting', error = NULL, error_code = NULL WHERE state = 'failed' AND error IS NOT NULL")
        for table in ("contents", "scores"):
            bad = f"SELECT sha256 FROM {table} WHERE error_code IN ({codes})"
            self._do(f"UPDATE files SET state = 'waiting' WHERE sha256 IN ({bad})", *TRANSIENT)
        self._do(f"UPDATE contents SET error = NULL, error_code = NULL WHERE error_code IN ({codes})", *TRANSIENT)
        self._do(f"DELETE FROM scores WHERE error_code IN ({codes})", *TRANSIENT)

    def settle(self, path: str, sha256: str) -> bool:
        """All is known about the content of a file; whether that is a failure."""
        with _told("read"):
            bad = "SELECT EXISTS (SELECT 1 FROM contents WHERE sha256 = ?1 AND error IS NOT NULL) OR EXISTS (SELECT 1 FROM scores WHERE sha256 = ?1 AND error_code IS NOT NULL)"
            failed = bool(self._db.execute(bad, (sha256,)).fetchone()[0])
        self._do("UPDATE files SET state = ?, sha256 = ? WHERE path = ?", "failed" if failed else "done", sha256, path)
        return failed

    def refuse(self, path: str, error: ForensicsError) -> None:
        """A file cannot even be read."""
        self._do("UPDATE files SET state = 'failed', sha256 = NULL, error = ?, error_code = ? WHERE path = ?", sentence_of(error), error.code, path)

    def keep_content(self, sha256: str, fields: dict[str, Any]) -> None:
        """What was measured about these bytes when they were opened, or why they cannot be."""
        names = ", ".join(fields)
        values = [json.dumps(value, ensure_ascii=False) if name == "facts" else value for name, value in fields.items()]
        changes = ", ".join(f"{name} = excluded.{name}" for name in fields)
        self._do(f"INSERT INTO contents (sha256, {names}) VALUES (?{', ?' * len(fields)}) ON CONFLICT DO UPDATE SET {changes}", sha256, *values)

    def count_death(self, sha256: str) -> None:
        """The decoder did not survive these bytes."""
        self._do("INSERT INTO contents (sha256, deaths) VALUES (?, 1) ON CONFLICT DO UPDATE SET deaths = deaths + 1", sha256)

    def keep_score(self, key: tuple[str, ...], score: Score) -> None:
        """One answer of one detector; `computed` counts how often it was worked out, which is to be once."""
        record = {name: value for name, value in score.as_dict().items() if name not in OF_CONTENT}
        self._do(
            "INSERT INTO scores VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET record = excluded.record, "
            "logit = excluded.logit, probability = excluded.probability, verdict = excluded.verdict, error_code = excluded.error_code, "
            "computed = computed + 1",
            *key,
            *(score.logit, score.probability, score.verdict, score.error_code),
            json.dumps(record, ensure_ascii=False),
        )

    def _do(self, sql: str, *values: Any) -> None:
        with _told("written"):
            self._begin()
            self._db.execute(sql, values)

    def _many(self, sql: str, rows: list[tuple[Any, ...]]) -> None:
        with _told("written"):
            self._begin()
            self._db.executemany(sql, rows)

    def _begin(self) -> None:
        if self._dirty_since is None:
            self._db.execute("BEGIN IMMEDIATE")
            self._dirty_since = time.monotonic()


@contextlib.contextmanager
def _told(what: str) -> Any:
    """A full or broken disk in words; everything committed before stays."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        full = "full" in str(error) or getattr(error, "errno", None) == 28
        why = "the disk is full" if full else str(error)
        raise JournalFull(
            f"The journal of this batch cannot be {what}: {why}. What was finished before is kept; start the same batch again to go on."
        ) from error
