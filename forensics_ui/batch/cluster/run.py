"""One run on a cluster: the list of files, the journal and the results are here, reading and scoring happen on the nodes."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.batch.cluster.connection import ClusterService, told
from forensics_ui.batch.cluster.node import Slot, file_schema, hash_files
from forensics_ui.batch.cluster.parquet import ParquetFolder, blocks_of
from forensics_ui.batch.journal import TRANSIENT, Journal
from forensics_ui.batch.plan import Plan
from forensics_ui.batch.rows import Waiting
from forensics_ui.batch.run import BatchRun
from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.core.reasons import Reason
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Score, Workbench

if TYPE_CHECKING:
    import pyarrow

FILES_PER_BLOCK = 256
# A worker that dies loses its block: on a GPU some seconds, on a processor some minutes.
PICTURES_PER_BLOCK = {"cpu": 16, "cuda": 128}
LOOK_SECONDS = 0.5
END_SECONDS = 30.0
SCORE_KEYS = ("sha256", "detector", "weights_sha256", "input_rule", "precision")
FILE_KEYS = ("path", "size", "mtime_ns")
UNANSWERED = "The cluster gave no answer for this file; start the same batch again to try once more."


class ClusterRun(BatchRun):
    """Does with Ray Data what `BatchRun` does with threads, into the same journal; Parquet files in `results` are the memory between runs."""

    def __init__(self, workbench: Workbench, plan: Plan, journal_path: Path, results: Path, **how: Any) -> None:
        super().__init__(workbench, plan, journal_path, **how)
        self._service: ClusterService = workbench.service  # type: ignore[assignment]
        self._files, self._scores, self._tries = ParquetFolder(results / "files"), ParquetFolder(results / "scores"), results / "tries"
        self._waiting: dict[str, Waiting] = {}
        self._by_content: dict[str, list[Waiting]] = {}
        self._answered: dict[str, set[str]] = {}

    def pause(self) -> None:
        """Refuse: what was handed to a cluster cannot be held back, only stopped."""
        raise ForensicsError("A batch on a cluster cannot be paused. Stop it; the same batch goes on from there when it is started again.")

    def _pipeline(self, journal: Journal) -> None:
        self._service.release()
        if self._stop.is_set():
            return
        for folder in (self._files, self._scores):
            folder.tidy()
        self._hash(journal)
        self._score(journal)
        if not self._stop.is_set():
            for file in self._waiting.copy().values():
                self._refuse(journal, file, ForensicsError(UNANSWERED))
        self._commit(journal)

    def _hash(self, journal: Journal) -> None:
        """Learn the contents of the files whose turn it is; those that were hashed before and have not changed are known."""
        import pyarrow as pa

        rows = [row for row in self.rows.each() if row["state"] == "waiting"]
        self._waiting = {row["path"]: Waiting(row["path"], row["location"]) for row in rows}
        states = {(row["path"], row["bytes"], row["mtime_ns"]): os.fsencode(row["location"]) for row in rows}
        found = [{**dict(zip(FILE_KEYS, state, strict=True)), "location": location} for state, location in states.items()]
        new = self._files.without_known(pa.Table.from_pylist(found, schema=file_schema()), FILE_KEYS)

        def take(table: pyarrow.Table, earlier: bool = False) -> None:
            for row in table.to_pylist():
                if tuple(row[key] for key in FILE_KEYS) in states and not (earlier and row["error"]):
                    self._take_file(journal, row)

        for table in self._files.fresh():
            take(table, earlier=True)
        how = {"fn_kwargs": {"limit": self.workbench.settings.limits.file_bytes}, "num_cpus": 1}
        self._through(hash_files, blocks_of(new, self._service.slots.count, FILES_PER_BLOCK), self._files, take, how, journal)

    def _take_file(self, journal: Journal, row: dict[str, Any]) -> None:
        file = self._waiting.get(row["path"])
        if file is None:
            return
        if row["error"]:
            error = BadImage(row["error"])
            error.code = row["error_code"]
            self._refuse(journal, file, error)
            return
        files = self._by_content.setdefault(row["sha256"], [])
        if file not in files:
            files.append(file)

    def _score(self, journal: Journal) -> None:
        """Have scored what neither the journal nor the Parquet files know, and take over every answer as it comes."""
        self._recall(journal)
        for table in self._scores.fresh():
            self._take_scores(journal, table, earlier=True)
        slots = self._service.slots
        blocks = blocks_of(self._unscored(), slots.count, PICTURES_PER_BLOCK[slots.device])
        # Of an earlier run: whoever starts a batch again wants everything tried again.
        shutil.rmtree(self._tries, ignore_errors=True)
        self._tries.mkdir(parents=True, exist_ok=True)
        try:
            self._through(Slot, blocks, self._scores, partial(self._take_scores, journal), self._actors(len(blocks)), journal)
        finally:
            shutil.rmtree(self._tries, ignore_errors=True)

    def _unscored(self) -> pyarrow.Table:
        """The contents that some answer is still missing of, each with the place of one of its files."""
        import pyarrow as pa

        keys = [(choice.detector, choice.weights_sha256, self.plan.rule, choice.precision) for choice in self.plan.choices]
        wanted = [dict(zip(SCORE_KEYS, (sha256, *rest), strict=True)) for sha256 in self._by_content for rest in keys]
        table = pa.Table.from_pylist(wanted, schema=pa.schema([(key, pa.string()) for key in SCORE_KEYS]))
        missing = sorted(set(self._scores.without_known(table, SCORE_KEYS, TRANSIENT)["sha256"].to_pylist()))
        places = [os.fsencode(self._by_content[sha256][0].location) for sha256 in missing]
        return pa.table({"sha256": pa.array(missing, pa.string()), "location": pa.array(places, pa.binary())})

    def _actors(self, blocks: int) -> dict[str, Any]:
        """One detector service per slot, kept for the whole run. Ray starts it anew where it dies, as often as that happens."""
        slots = self._service.slots
        compute = self._service.ray.data.ActorPoolStrategy(size=max(1, min(slots.count, blocks)))
        plan = {**self.plan.as_dict(), "folder": ".", "files": []}
        made = {"settings": self._service.settings, "plan": plan, "decoders": slots.cpus, "tries": self._tries.absolute()}
        made["judged_by"] = self.plan.reference_set
        return {"fn_constructor_kwargs": made, "compute": compute, **slots.resources}

    def _recall(self, journal: Journal) -> None:
        """Settle what the journal itself knows: from a run of the other engine, or from files that are the same."""
        everyone = {choice.detector for choice in self.plan.choices}
        for sha256 in list(self._by_content):
            content, scored = self.rows.known(sha256)
            self._answered[sha256] = set(scored)
            if content["error"] or scored >= everyone:
                self._settle(journal, sha256, content["error"])

    def _take_scores(self, journal: Journal, table: pyarrow.Table, earlier: bool = False) -> None:
        """Take rows over into the journal; what failed for a passing reason `earlier` is tried again."""
        choices = {choice.detector: choice for choice in self.plan.choices}
        for row in table.to_pylist():
            choice, answered = choices.get(row["detector"]), self._answered.get(row["sha256"], set())
            mine = choice and (row["weights_sha256"], row["input_rule"]) == (choice.weights_sha256, self.plan.rule)
            if not mine or row["sha256"] not in self._by_content or row["detector"] in answered or (earlier and row["error_code"] in TRANSIENT):
                continue
            self._take_score(journal, row)

    def _take_score(self, journal: Journal, row: dict[str, Any]) -> None:
        sha256, content = row["sha256"], json.loads(row["content"])
        answered = self._answered.setdefault(sha256, set())
        if not answered or content.get("error"):
            journal.keep_content(sha256, content)
        score = score_of(row["record"]) if row["record"] else None
        if score:
            journal.keep_score(tuple(row[name] for name in SCORE_KEYS), score)
        answered.add(row["detector"])
        if content.get("error") or len(answered) == len(self.plan.choices):
            self._settle(journal, sha256, content.get("error"), score)

    def _settle(self, journal: Journal, sha256: str, error: str | None, score: Score | None = None) -> None:
        for file in self._by_content.pop(sha256):
            if file.path not in self._waiting:
                continue
            failed = journal.settle(file.path, sha256)
            self._waiting.pop(file.path, None)
            self._meter.settled(file.path, failed, score, error)

    def _refuse(self, journal: Journal, file: Waiting, error: ForensicsError) -> None:
        journal.refuse(file.path, error)
        self._waiting.pop(file.path, None)
        self._meter.settled(file.path, True, None, sentence_of(error))

    def _through(
        self,
        what: Any,
        blocks: list[pyarrow.Table],
        folder: ParquetFolder,
        take: Callable[[pyarrow.Table], None],
        how: dict[str, Any],
        journal: Journal,
    ) -> None:
        """Send blocks through a function or a pool of workers into a Parquet folder, and take what arrives there meanwhile."""
        if not blocks or self._stop.is_set():
            return
        work = _Writing(partial(write, self._service.ray.data, what, blocks, folder.path, how))
        work.start()
        while work.is_alive() and not self._stop.is_set():
            work.join(LOOK_SECONDS)
            self._take_all(folder, take, journal)
        if self._stop.is_set():
            # Leaving the cluster is what ends the work there.
            self._service.close()
        work.join(END_SECONDS if self._stop.is_set() else None)
        self._take_all(folder, take, journal)
        if work.error and not self._stop.is_set():
            raise told(work.error) from work.error

    def _take_all(self, folder: ParquetFolder, take: Callable[[pyarrow.Table], None], journal: Journal) -> None:
        for table in folder.fresh():
            take(table)
            self._commit(journal)
        self._tell()


class _Writing(threading.Thread):
    """Ray Data at work; it blocks until all is written."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(name="batch-cluster", daemon=True)
        self._work = work
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error


def write(data: Any, what: Any, blocks: list[pyarrow.Table], folder: Path, how: dict[str, Any]) -> None:
    """One pass of Ray Data. Each block becomes a file as soon as it is done; the writers need no slot of their own."""
    found = data.from_arrow(blocks).map_batches(what, batch_size=None, batch_format="pyarrow", **how)
    found.write_parquet(str(folder), ray_remote_args={"num_cpus": 0})


def score_of(record: str) -> Score:
    """The record as it was before it travelled."""
    fields = json.loads(record)
    codes = tuple(Reason.from_dict(each) for each in fields.pop("reason_codes", ()))
    lists = {name: tuple(fields.get(name, ())) for name in ("reasons", "file_says")}
    return Score(**{**fields, "path": "", **lists, "codes": codes})
