"""All batches of one data folder: start, watch, stop, go on, read. They outlive the page that started them, and the app."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forensics_ui.batch.lock import InUse, Lock, folder_lock
from forensics_ui.batch.plan import Plan, make_plan
from forensics_ui.batch.progress import ALIVE, OVER, Progress
from forensics_ui.batch.rows import Rows
from forensics_ui.batch.run import BatchRun, Event
from forensics_ui.batch.scan import Preview, Source, Watch, preview
from forensics_ui.batch.turns import Turns
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.verdict.own_reals import by_signature
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.workbench import Workbench

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class BatchInfo:
    """One batch as a list shows it."""

    id: str
    title: str
    started: str
    ended: str
    plan: dict[str, Any]
    progress: Progress


@dataclass
class _Running:
    run: BatchRun
    thread: threading.Thread
    error: BaseException | None = None

    def progress(self) -> Progress:
        """Over only when its thread has ended and its locks are free."""
        now = self.run.progress()
        return replace(now, state="ending") if now.over and self.thread.is_alive() else now


@dataclass
class _Read:
    """What was last read from a journal, and what its files looked like then."""

    stamp: tuple[tuple[int, int] | None, ...]
    about: dict[str, Any]
    counts: dict[str, int] | None = None


class BatchManager:
    """Runs batches one after the other on one workbench, each in a thread of its own."""

    def __init__(self, workbench: Workbench, data_dir: Path | None = None) -> None:
        self.workbench = workbench
        self.data_dir = Path(data_dir or workbench.settings.data_dir)
        self.folder = self.data_dir / "batches"
        self._running: dict[str, _Running] = {}
        self._read: dict[str, _Read] = {}
        self._lock = threading.RLock()
        self._turns = Turns()

    def preview(self, what: Source | Path | str | Sequence[Path | str], out: Path | None = None, watch: Watch | None = None) -> Preview:
        """What a run would score, and what it would skip and why; `watch` is shown every entry."""
        source = what if isinstance(what, Source) else Source.of(what)
        return preview(source, self.workbench.settings.limits, self._own(out), watch)

    def start(
        self,
        what: Source | Path | str | Sequence[Path | str],
        detectors: Sequence[str],
        rule: InputRule = "native",
        weights: Mapping[str, str] | None = None,
        *,
        out: Path | None = None,
        fresh: bool = False,
        on_event: Event | None = None,
        reference_set: ReferenceSet | None = None,
    ) -> str:
        """Begin, or go on with the batch that has the same pictures and settings (not if `fresh`); gives its id.

        All of it is judged by the user's own photographs `reference_set`, whatever is chosen later.
        """
        source = what if isinstance(what, Source) else Source.of(what)
        plan = make_plan(self.workbench, source, detectors, rule, weights, reference_set)
        if last := self.last_of(plan):
            self._at_work(last)
        with self._lock:
            batch = self.last_of(plan)
            if fresh or batch is None:
                batch = self._new_id(plan)
            self._launch(batch, plan, out, on_event)
        return batch

    def last_of(self, plan: Plan) -> str | None:
        """The newest batch of this very plan."""
        versions = [path for path in self.folder.glob(f"{plan.identity()}*") if (path / "journal.sqlite").is_file()]
        return max(versions, key=_number).name if versions else None

    def pause(self, batch: str) -> None:
        """Begin no more files."""
        self._of(batch).run.pause()
        self._turns.changed()

    def resume(self, batch: str, on_event: Event | None = None) -> None:
        """Go on: after a pause, or after it was cancelled, stopped or interrupted, from where it was."""
        if running := self._at_work(batch):
            running.run.resume()
            self._turns.changed()
            return
        old = Plan.from_dict(self._about(batch)["plan"])
        asked = {choice.detector: choice.asked for choice in old.choices}
        own = by_signature(old.own_reals, self.workbench.settings.data_dir)
        plan = make_plan(self.workbench, old.source, list(asked), old.rule, asked, own)
        if different := plan.differences(old):
            raise ForensicsError(f"This batch cannot go on, because {' and '.join(different)} changed since; start it anew.")
        with self._lock:
            self._launch(batch, plan, None, on_event)

    def cancel(self, batch: str) -> None:
        """Stop cleanly; what is finished is kept, and `resume` goes on from there."""
        self._of(batch).run.cancel()
        self._turns.changed()

    def wait(self, batch: str, timeout: float | None = None) -> Progress:
        """Wait until it is over, or for so long; an error inside the program is raised here."""
        running = self._of(batch)
        running.thread.join(timeout)
        if running.error is not None:
            raise running.error
        return running.progress()

    def get(self, batch: str) -> BatchInfo:
        """One batch, running or past."""
        about = self._about(batch)
        plan = about.get("plan") or {}
        running = self._running.get(batch)
        progress = running.progress() if running else self._progress_of(batch, about)
        return BatchInfo(batch, _title(plan), about.get("started", ""), about.get("ended", ""), plan, progress)

    def list(self) -> list[BatchInfo]:
        """All batches, the newest first. Journals that did not change since they were last read are not opened again."""
        found = []
        for path in self.folder.glob("*/journal.sqlite"):
            # One that cannot be read must not hide the others.
            with contextlib.suppress(ForensicsError):
                found.append(self.get(path.parent.name))
        return sorted(found, key=lambda each: (each.started, each.id), reverse=True)

    def rows(self, batch: str) -> Rows:
        """The reader of its journal: rows, histogram, skipped and the like."""
        return Rows(self._journal(batch))

    def forget(self, batch: str) -> None:
        """Delete the journal of a batch that is over."""
        if self._at_work(batch) or self.get(batch).progress.state in ALIVE:
            raise InUse("This batch is still running; stop it first.")
        journal = self._journal(batch)
        for path in journal.parent.glob("journal.*"):
            path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            journal.parent.rmdir()
        self._running.pop(batch, None)
        self._read.pop(batch, None)

    def close(self, timeout: float = 30.0) -> None:
        """Stop everything cleanly."""
        for running in self._running.values():
            running.run.cancel("The program was closed.")
        self._turns.changed()
        for running in self._running.values():
            running.thread.join(timeout)

    def _launch(self, batch: str, plan: Plan, out: Path | None, on_event: Event | None) -> None:
        locks = self._locked(plan, out)
        run = self._run_of(batch, plan, out, on_event)
        running = _Running(run, threading.Thread(target=lambda: self._work(running, locks), name=f"batch-{batch}", daemon=True))
        try:
            # Before it has its turn it must already be found.
            run.announce()
            running.thread.start()
        except BaseException:
            _release(locks)
            raise
        self._running[batch] = running

    def _run_of(self, batch: str, plan: Plan, out: Path | None, on_event: Event | None) -> BatchRun:
        """What does the work; other engines put theirs here."""
        return BatchRun(self.workbench, plan, self._journal(batch), on_event, exclude=self._own(out))

    def _work(self, running: _Running, locks: Sequence[Lock]) -> None:
        try:
            if self._turns.wait(running.run):
                running.run.run()
        except BaseException as error:
            logger.exception("a batch ended with an error")
            running.error = error
        finally:
            self._turns.done(running.run)
            _release(locks)

    def _at_work(self, batch: str) -> _Running | None:
        """Who runs it here, if it has more to do; what is ending is waited for, so that its locks are free."""
        running = self._running.get(batch)
        if running is None:
            return None
        if running.run.progress().over:
            running.thread.join(self.workbench.settings.limits.seconds + 5)
            if running.thread.is_alive():
                raise InUse("This batch is still ending what it had begun; try again in a moment.")
        return running if running.thread.is_alive() else None

    def _locked(self, plan: Plan, out: Path | None) -> Sequence[Lock]:
        source = plan.source
        wanted = [folder_lock(self.data_dir, source.where(), f"The folder {source.folder.name!r}" if source.folder else "This choice of files")]
        if out is not None:
            wanted.append(folder_lock(self.data_dir, f"out:{out.resolve()}", f"The folder {out.name!r}"))
        held: list[Lock] = []
        try:
            for lock in wanted:
                held.append(lock.acquire())
        except BaseException:
            _release(held)
            raise
        return held

    def _own(self, out: Path | None) -> tuple[Path, ...]:
        return tuple(path for path in (self.data_dir, out) if path is not None)

    def _new_id(self, plan: Plan) -> str:
        """A name that says nothing of the time, so that equal runs give equal reports."""
        identity = plan.identity()
        last = self.last_of(plan)
        return identity if last is None else f"{identity}-{_number(self.folder / last) + 1}"

    def _of(self, batch: str) -> _Running:
        if batch not in self._running:
            raise ForensicsError("This batch is not running here.")
        return self._running[batch]

    def _journal(self, batch: str) -> Path:
        return self.folder / Path(batch).name / "journal.sqlite"

    def _about(self, batch: str) -> dict[str, Any]:
        return self._last_read(batch).about

    def _last_read(self, batch: str) -> _Read:
        stamp = _stamp(self._journal(batch))
        if stamp[0] is None:
            raise ForensicsError("There is no such batch.")
        known = self._read.get(batch)
        if known is None or known.stamp != stamp:
            # What it looked like before is read: if somebody writes meanwhile, it is read again next time.
            known = self._read[batch] = _Read(stamp, self.rows(batch).about())
        return known

    def _progress_of(self, batch: str, about: Mapping[str, Any]) -> Progress:
        """Of a batch that nobody here runs: over, running in another program, or interrupted."""
        known = self._last_read(batch)
        known.counts = counts = known.counts or self.rows(batch).counts()
        state = about.get("state", "new")
        if state not in OVER and not Lock(self._journal(batch).with_suffix(".lock"), "").held_by_anyone():
            state = "interrupted"
        total = counts["waiting"] + counts["done"] + counts["failed"]
        return Progress(state, about.get("reason", ""), total, counts["done"], counts["failed"], counts["skipped"])


def _release(locks: Sequence[Lock]) -> None:
    for lock in locks:
        lock.release()


def _stamp(journal: Path) -> tuple[tuple[int, int] | None, ...]:
    """Size and time of a journal's files: the same as long as nobody writes. An empty log beside it is as good as none."""
    found: list[tuple[int, int] | None] = []
    for path in (journal, journal.with_name(f"{journal.name}-wal")):
        try:
            status = path.stat()
        except OSError:
            found.append(None)
        else:
            found.append((status.st_size, status.st_mtime_ns) if status.st_size else None)
    return tuple(found)


def _number(path: Path) -> int:
    """Which of the batches of one plan: the first has no number in its name."""
    return int(path.name.partition("-")[2] or 1)


def _title(plan: Mapping[str, Any]) -> str:
    if plan.get("folder"):
        return Path(plan["folder"]).name
    files = plan.get("files") or []
    return f"{len(files)} {'file' if len(files) == 1 else 'files'}"
