"""One run: threads read, hash and decode, the service scores, and the thread that called `run` writes. All three overlap."""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from forensics_ui.batch.claims import Claims, Room
from forensics_ui.batch.feeder import Feeder, Work, failed
from forensics_ui.batch.journal import Journal, JournalFull
from forensics_ui.batch.lock import Lock
from forensics_ui.batch.plan import Choice, Plan
from forensics_ui.batch.progress import Meter, Progress
from forensics_ui.batch.rows import Rows, Waiting
from forensics_ui.batch.scan import Found, Skipped, scan
from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.words import sentence_of
from forensics_ui.workbench import Score, Scored, ScoreTicket, Workbench

logger = logging.getLogger(__name__)

# Files under way: on a processor enough to keep it busy, on a GPU enough for its batches.
SEATS_CPU, SEATS_GPU = 32, 288
MAX_FEEDERS = 16
Event = Callable[[Progress], None]


def now() -> str:
    """The time as it stands in journals."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class BatchRun:
    """Scores what its plan names into a journal. `run` takes as long as it takes; everything else may be called meanwhile.

    Run again on the same journal, it goes on where it was, with the files that are new or have changed.
    """

    def __init__(
        self,
        workbench: Workbench,
        plan: Plan,
        journal_path: Path,
        on_event: Event | None = None,
        *,
        exclude: tuple[Path, ...] = (),
        limit_pages: int | None = None,
    ) -> None:
        self.workbench, self.plan, self.journal_path = workbench, plan, journal_path
        self.rows = Rows(journal_path)
        self._on_event, self._exclude, self._limit_pages = on_event, exclude, limit_pages
        on_gpu = any(choice.device != "cpu" for choice in plan.choices)
        self._room, self._claims = Room(SEATS_GPU if on_gpu else SEATS_CPU), Claims()
        self._results: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._meter = Meter()
        self._state, self._reason = "new", ""
        self._stop, self._going = threading.Event(), threading.Event()
        self._going.set()
        self._tickets: set[ScoreTicket] = set()
        self._lock = threading.Lock()

    def run(self) -> Progress:
        """Scan, score, and end as finished, cancelled or stopped; what ended it otherwise is raised."""
        if self._stop.is_set():
            return self.progress()
        held = Lock(self.journal_path.with_suffix(".lock"), "This batch").acquire()
        try:
            self.announce()
            journal = Journal(self.journal_path)
            try:
                self._run(journal)
            finally:
                journal.close()
        finally:
            held.release()
        return self.progress()

    def announce(self) -> None:
        """Put the plan into the journal before it is this run's turn, so that lists show it."""
        journal = Journal(self.journal_path)
        try:
            journal.put(plan=self.plan.as_dict(), identity=self.plan.identity())
            if "started" not in self.rows.about():
                journal.put(started=now())
            journal.commit()
        finally:
            journal.close()

    def pause(self) -> None:
        """Begin no more files and read no more of the folder; files under way are finished."""
        self._set_paused(True)

    def resume(self) -> None:
        """Go on."""
        self._set_paused(False)

    def cancel(self, reason: str = "") -> None:
        """Stop soon and cleanly. What is finished stays; the rest waits for the next run on this journal."""
        self._end("cancelled", reason)

    def progress(self) -> Progress:
        """Where it stands."""
        state = self._state
        return self._meter.progress("paused" if self.paused and state in ("new", "scanning", "running") else state, self._reason)

    def _run(self, journal: Journal) -> None:
        try:
            self._begin(journal)
            self._pipeline(journal)
            if not self._stop.is_set():
                self._state = "finished"
            journal.put(state=self._state, reason=self._reason, ended=now())
            journal.commit()
        except JournalFull as error:
            self.ran_into(error)
        except BaseException as error:
            self.ran_into(error)
            raise
        finally:
            self._tell()

    def _begin(self, journal: Journal) -> None:
        self._state = "scanning"
        self._tell()
        if self._limit_pages:
            journal.limit_pages(self._limit_pages)
        journal.put(state="scanning", reason="")
        journal.commit()
        try:
            journal.take_stock(self._scanned())
            journal.try_again()
            journal.commit()
        except Cancelled:
            # Half a list would look as if the other half were gone.
            journal.rollback()
        counts = self.rows.counts()
        self._meter.start(counts["done"], counts["failed"], counts["waiting"], counts["skipped"])
        if counts["waiting"]:
            # A machine on which no decoder starts must not look like a folder of files that kill decoders.
            self.workbench.intake.isolation_report()
        if not self._stop.is_set():
            self._state = "running"
            journal.put(state="running")
            journal.commit()

    def _scanned(self) -> Iterator[Found | Skipped]:
        for number, each in enumerate(scan(self.plan.source, self.workbench.settings.limits, self._exclude)):
            self._going.wait()
            if number % 500 == 499:
                self._meter.scanned = number + 1
                self._tell()
            if self._stop.is_set():
                raise Cancelled("The batch was stopped while the folder was being read.")
            yield each

    def _pipeline(self, journal: Journal) -> None:
        """Feed from threads and write here until all are through; every item of the queue is a piece of writing."""
        source = _Shared(self.rows.waiting())
        feeder = Feeder(self, journal)
        count = min(MAX_FEEDERS, max(2, os.cpu_count() or 2))
        threads = [threading.Thread(target=feeder.run, args=(source,), name=f"batch-feeder-{n}", daemon=True) for n in range(count)]
        for thread in threads:
            thread.start()
        feeding = len(threads)
        try:
            while feeding or self._room.inside:
                feeding -= self._write_one()
                if journal.due():
                    self._commit(journal)
            self._commit(journal)
        except BaseException as error:
            # Nobody writes any more: let the threads see that, and the service drop what waits.
            self.ran_into(error)
            raise
        finally:
            for thread in threads:
                thread.join(self.workbench.settings.limits.seconds + 5)

    def _write_one(self) -> bool:
        """Do one piece of writing, or let a moment pass; whether it was the last word of a feeder."""
        try:
            item = self._results.get(timeout=0.1)
        except queue.Empty:
            return False
        if item is not None:
            item()
        return item is None

    def _commit(self, journal: Journal) -> None:
        journal.commit()
        self._claims.committed()
        self._tell()

    def _set_paused(self, paused: bool) -> None:
        with self._lock:
            # What is stopping must get to its end.
            (self._going.clear if paused and not self._stop.is_set() else self._going.set)()
        self._room.pause(paused)
        self._meter.forget_rate()
        self._tell()

    def _end(self, state: str, reason: str) -> None:
        with self._lock:
            if self._stop.is_set() or self._state in ("finished", "cancelled", "stopped"):
                return
            self._stop.set()
            self._state, self._reason = state, reason
            self._going.set()
            tickets = list(self._tickets)
        self._room.close()
        for ticket in tickets:
            ticket.cancel()

    def _tell(self) -> None:
        if self._on_event is None:
            return
        try:
            self._on_event(self.progress())
        except Exception:
            logger.exception("a callback for the progress of a batch failed")
            self._on_event = None

    # What the feeder calls, from its threads.

    @property
    def stopping(self) -> bool:
        """Whether it is to end."""
        return self._stop.is_set()

    @property
    def paused(self) -> bool:
        """Whether it waits for somebody to let it go on."""
        return not self._going.is_set()

    @property
    def room(self) -> Room:
        """Who may come in."""
        return self._room

    @property
    def claims(self) -> Claims:
        """Who works on what."""
        return self._claims

    def post(self, writing: Callable[..., None] | None, *arguments: object) -> None:
        """Have something written, in turn; None is a feeder's last word."""
        self._results.put(partial(writing, *arguments) if writing else None)

    def watch(self, ticket: ScoreTicket, then: Callable[[], None]) -> None:
        """Have something written when a ticket is settled; it is cancelled if the run ends before."""
        with self._lock:
            self._tickets.add(ticket)
            stopped = self._stop.is_set()
        if stopped:
            ticket.cancel()
        ticket.add_done_callback(lambda _: self._results.put(then))

    def answer(self, ticket: ScoreTicket, work: Work, choice: Choice) -> Scored | None:
        """What a settled ticket says; None if it was cancelled."""
        with self._lock:
            self._tickets.discard(ticket)
        try:
            return ticket.result(0)
        except Cancelled as error:
            self._end("stopped", sentence_of(error))
            return None
        except Exception as error:
            return Scored(failed(error, work, choice))

    def settled(self, file: Waiting, failed: bool, score: Score | None, error: str | None) -> None:
        """A file is through: count it and free its seat."""
        self._meter.settled(file.path, failed, score, error)
        self._room.leave()

    def ran_into(self, error: BaseException) -> None:
        """Nothing can go on: stop, and say why."""
        unknown = f"Something went wrong inside this program ({type(error).__name__}); start the same batch again to go on."
        self._end("stopped", sentence_of(error) if isinstance(error, ForensicsError) else unknown)


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, items: Iterator[Waiting]) -> None:
        self._items, self._lock = items, threading.Lock()

    def take(self) -> Waiting | None:
        with self._lock:
            return next(self._items, None)
