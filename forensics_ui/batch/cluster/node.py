"""What runs on the nodes: hash files, and score a block of pictures with the very engine that runs on one machine."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.batch.plan import Plan, make_plan
from forensics_ui.batch.run import BatchRun
from forensics_ui.batch.scan import Source
from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.imaging.open import Intake
from forensics_ui.imaging.source import read_bytes
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Workbench

if TYPE_CHECKING:
    import pyarrow

TEXTS = "detector weights weights_sha256 input_rule precision format verdict error error_code content record worker".split()
# What `Rows` adds for the name that a file has; it does not belong to the content.
BY_NAME = ("declared_type", "type_mismatch")
GONE = "The file is not there any more, or can no longer be read as a picture file."
# Ray gives the blocks of a worker that died to others for ever. Pictures over which this many died are not given to more of them.
MOST_TRIES = 5
CHANGED = "The file was changed while the batch was running; start the same batch again to score it."


def file_schema() -> pyarrow.Schema:
    """A file as it was found, and the hash of its content."""
    import pyarrow as pa

    numbers = [(name, pa.int64()) for name in ("size", "mtime_ns")]
    texts = [(name, pa.string()) for name in ("sha256", "error", "error_code")]
    return pa.schema([("path", pa.string()), ("location", pa.binary()), *numbers, *texts])


def score_schema() -> pyarrow.Schema:
    """One answer of one detector for one content; `content` and `record` are what the journal keeps, as JSON."""
    import pyarrow as pa

    numbers = [("width", pa.int32()), ("height", pa.int32()), ("logit", pa.float64()), ("probability", pa.float64())]
    return pa.schema([("sha256", pa.string()), *((name, pa.string()) for name in TEXTS), *numbers])


def hash_files(table: pyarrow.Table, limit: int) -> pyarrow.Table:
    """Add the SHA-256 of every file, or why it cannot be read."""
    import pyarrow as pa

    return pa.Table.from_pylist([{**row, **_hash(row["location"], limit)} for row in table.to_pylist()], schema=file_schema())


def _hash(location: bytes, limit: int) -> dict[str, str]:
    try:
        return {"sha256": hashlib.sha256(read_bytes(os.fsdecode(location), limit)[0]).hexdigest()}
    except BadImage as error:
        return {"error": sentence_of(error), "error_code": error.code}


def count_try(folder: Path, table: pyarrow.Table) -> None:
    """Note beside the results that a block is begun; ForensicsError where too many workers have ended over it."""
    digest = hashlib.sha256("\n".join(table["sha256"].to_pylist()).encode()).hexdigest()
    # Written before the work: a worker that dies of it says nothing any more. The length is the count.
    with (folder / digest[:32]).open("ab") as file:
        file.write(b".")
        tries = file.tell()
    if tries > MOST_TRIES:
        first = Path(os.fsdecode(table["location"][0].as_py())).name
        which = f"the picture {first!r}" if table.num_rows == 1 else f"the same {table.num_rows} pictures, the first of which is {first!r}"
        raise ForensicsError(f"{MOST_TRIES} workers of the cluster ended over {which}. What was finished is kept.")


class Slot:
    """One detector service with its decoders; lives in a worker of the cluster and is called with blocks."""

    def __init__(self, settings: Settings, plan: Mapping[str, Any], decoders: int, tries: Path, judged_by: ReferenceSet | None = None) -> None:
        self._plan, self._tries, self._judged_by = Plan.from_dict(plan), tries, judged_by
        self._host = socket.gethostname()
        self._worker = f"{self._host}:{os.getpid()}"
        try:
            self._workbench = Workbench(settings, intake=Intake(settings.limits, workers=decoders))
            self._refusal = self._unlike()
        except ForensicsError as error:
            self._refusal = f"The node {self._host} cannot take part: {sentence_of(error)}"

    def __call__(self, table: pyarrow.Table) -> pyarrow.Table:
        """Score the files of a block: a row for every content and detector, whatever happens to it."""
        import pyarrow as pa

        # Told here and not when the worker starts: Ray would replace a worker that does not start by another and another.
        if self._refusal:
            raise ForensicsError(self._refusal)
        wanted = dict(zip((os.fsdecode(each) for each in table["location"].to_pylist()), table["sha256"].to_pylist(), strict=True))
        if not wanted:
            return score_schema().empty_table()
        count_try(self._tries, table)
        try:
            with tempfile.TemporaryDirectory(prefix="forensics_ui-", ignore_cleanup_errors=True) as folder:
                rows = [row for each in self._scored(wanted, Path(folder) / "journal.sqlite") for row in self._rows(*each)]
        except ForensicsError as error:
            # Ray Data hands on the text of an error alone: here it is still known how to say it.
            raise ForensicsError(sentence_of(error)) from error
        return pa.Table.from_pylist(rows, schema=score_schema())

    def _unlike(self) -> str:
        """Why the results of this node would not be those of the plan; empty if they are."""
        asked = {choice.detector: choice.asked for choice in self._plan.choices}
        mine = make_plan(self._workbench, self._plan.source, list(asked), self._plan.rule, asked, self._judged_by)
        different = " and ".join(mine.differences(self._plan))
        # The one that was made here has its judges.
        self._plan = mine
        return different and f"The node {self._host} is not like the one this batch was planned on: {different} are not the same there."

    def _scored(self, wanted: Mapping[str, str], journal: Path) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every content that was asked for, with the row of its file."""
        run = BatchRun(self._workbench, replace(self._plan, source=Source(files=tuple(Path(each) for each in wanted))), journal)
        progress = run.run()
        if progress.state != "finished":
            raise ForensicsError(progress.reason or "A worker of the cluster was stopped.")
        rows = {row["location"]: row for row in run.rows.each()}
        for location, sha256 in wanted.items():
            row = rows.get(location) or {"sha256": None, "error": GONE}
            if row["sha256"] != sha256:
                # Passing troubles: what is asked for is this content, and it was not seen.
                row = {"error": CHANGED if row["sha256"] else row["error"], "error_code": ForensicsError.code}
            yield sha256, row

    def _rows(self, sha256: str, row: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """One row per detector."""
        content = content_of(row)
        for choice in self._plan.choices:
            record = row.get("scores", {}).get(choice.detector)
            answer = record or row
            yield {
                **{name: answer.get(name) for name in ("logit", "probability", "verdict", "error", "error_code")},
                **{name: row.get(name) for name in ("format", "width", "height")},
                "sha256": sha256,
                "detector": choice.detector,
                "weights": choice.weights,
                "weights_sha256": choice.weights_sha256,
                "input_rule": self._plan.rule,
                "precision": (record or {}).get("precision") or choice.precision,
                "content": json.dumps(content, ensure_ascii=False),
                "record": record and json.dumps(record, ensure_ascii=False),
                "worker": self._worker,
            }


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal is to keep of a content."""
    if row.get("error"):
        return {"error": row["error"], "error_code": row["error_code"]}
    facts = {name: value for name, value in row["facts"].items() if name not in BY_NAME}
    return {"format": row["format"], "width": row["width"], "height": row["height"], "facts": facts}
