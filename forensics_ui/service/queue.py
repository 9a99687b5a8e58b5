"""The bounded queue: who is next, who can be computed together, and who must wait outside."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from forensics_ui.core.errors import Busy, Cancelled
from forensics_ui.core.reasons import because
from forensics_ui.service.ticket import Job, Key, Priority

# How long a batch that is forming waits for more of its kind. A lone request never waits.
WINDOW_SECONDS = 0.003
# Waiting pictures are held in memory (3 bytes a pixel), so their pixels are bounded too, for each priority.
WAITING_PIXELS = 240_000_000


class JobQueue:
    """Jobs of all callers. `ready` says whether a model is loaded, `room` how many jobs like this one fit in one batch."""

    def __init__(self, size: int, ready: Callable[[Key], bool], room: Callable[[Job], int]) -> None:
        self._size, self._ready, self._room = size, ready, room
        self._jobs: list[Job] = []  # in order of arrival
        self._changed = threading.Condition()
        self._closed = False

    def put(self, job: Job, wait: float = 0.0) -> None:
        """Add a job; Busy if there is no room and none comes up within `wait` seconds."""
        deadline = time.monotonic() + wait
        with self._changed:
            while not self._closed and not self._has_room(job):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Busy(because("queue_full", waiting=self._size_of(job.priority)))
                self._changed.wait(left)
            if self._closed:
                raise Cancelled(because("service_is_closed"))
            self._jobs.append(job)
            self._changed.notify_all()

    def take(self) -> list[Job]:
        """Wait for the most urgent job whose model is ready and take it with those of its group; [] once closed."""
        with self._changed:
            while not self._closed:
                if first := self._most_urgent(rank_below=3):
                    if mates := self._gather(first):
                        return self._remove(mates)
                else:
                    self._changed.wait()
            return []

    def take_before(self, rank: int) -> list[Job]:
        """The jobs, if any, that may interrupt work of that rank; never waits."""
        with self._changed:
            first = self._most_urgent(rank_below=rank)
            return self._remove(self._like(first)) if first else []

    def lengths(self) -> dict[str, int]:
        """How many wait, by priority."""
        with self._changed:
            return {priority.name.lower(): self._size_of(priority) for priority in Priority}

    def wake(self) -> None:
        """Look again: a model was loaded, or a ticket was settled from outside."""
        with self._changed:
            self._jobs = [job for job in self._jobs if not job.ticket.done()]
            self._changed.notify_all()

    def close(self) -> list[Job]:
        """Let nobody in any more and hand back those who waited."""
        with self._changed:
            self._closed, left, self._jobs = True, self._jobs, []
            self._changed.notify_all()
            return left

    @property
    def closed(self) -> bool:
        """Whether everything is to end."""
        return self._closed

    def _size_of(self, priority: Priority) -> int:
        return sum(job.priority is priority for job in self._jobs)

    def _has_room(self, new: Job) -> bool:
        waiting = [job for job in self._jobs if job.priority is new.priority]
        return len(waiting) < self._size and (not waiting or sum(job.pixels for job in waiting) + new.pixels <= WAITING_PIXELS)

    def _most_urgent(self, rank_below: int) -> Job | None:
        waiting = (job for job in self._jobs if job.rank < rank_below and self._ready(job.key))
        return min(waiting, key=lambda job: job.rank, default=None)  # min keeps the order of arrival among equals

    def _like(self, first: Job) -> list[Job]:
        return [job for job in self._jobs if job.group == first.group][: self._room(first)]

    def _gather(self, first: Job) -> list[Job]:
        mates = self._like(first)
        deadline = time.monotonic() + WINDOW_SECONDS
        while 1 < len(mates) < self._room(first) and (left := deadline - time.monotonic()) > 0:
            self._changed.wait(left)
            mates = self._like(first)
        return mates

    def _remove(self, taken: list[Job]) -> list[Job]:
        self._jobs = [job for job in self._jobs if job not in taken]
        self._changed.notify_all()
        return taken
