"""Long work lets urgent work pass, tells how far it is, and stops when it is not wanted."""

from __future__ import annotations

import threading
import time

import pytest

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.service import Priority
from tests.refusals import refused


def at_tile(tile, do):
    """Do something once, before that tile of picture 100."""

    def before(numbers, now):
        if numbers == [100] and now == tile:
            do()

    return before


def test_a_person_is_served_in_the_middle_of_a_batch(service, script, picture):
    passed = []
    script.tiles, script.before_tile = 4, at_tile(1, lambda: passed.append(service.submit(picture(5), "dummy")))
    assert service.analyse(picture(100), "dummy", priority=Priority.BATCH).logit == 100.0
    assert passed[0].done() and script.finished == [5, 100]


def test_a_short_request_is_served_in_the_middle_of_another_persons_long_one(service, script, picture):
    script.tiles, script.before_tile = 4, at_tile(1, lambda: service.submit(picture(5), "dummy"))
    service.analyse(picture(100, 1024, 1024), "dummy")
    assert script.finished == [5, 100]


def test_equals_do_not_interrupt_each_other(service, script, picture):
    later = []
    script.tiles, script.before_tile = 4, at_tile(1, lambda: later.append(service.submit(picture(5), "dummy")))
    service.analyse(picture(100), "dummy")
    later[0].result(10)
    assert script.finished == [100, 5]


def test_an_interruption_can_be_interrupted_once_more(service, script, picture):
    def before(numbers, tile):
        if tile == 0 and numbers == [100]:
            service.submit(picture(101, 1024, 1024), "dummy")
        if tile == 0 and numbers == [101]:
            service.submit(picture(5), "dummy")

    script.tiles, script.before_tile = 3, before
    service.analyse(picture(100), "dummy", priority=Priority.BATCH)
    assert script.finished == [5, 101, 100]


def test_an_interruption_that_breaks_does_not_break_what_it_interrupts(service, script, picture):
    passed = []
    script.tiles, script.before_tile = 3, at_tile(0, lambda: passed.append(service.submit(picture(255), "dummy")))
    assert service.analyse(picture(100), "dummy", priority=Priority.BATCH).logit == 100.0
    with refused(ForensicsError, "ValueError"):
        passed[0].result(0)


def test_the_time_of_an_interruption_is_not_counted_as_ones_own(service, script, picture):
    def before(numbers, tile):
        if numbers == [5]:
            time.sleep(0.4)
        elif tile == 0:
            service.submit(picture(5), "dummy")

    script.tiles, script.before_tile = 2, before
    assert service.analyse(picture(100), "dummy", priority=Priority.BATCH).seconds < 0.4


def test_progress_is_told_tile_by_tile(service, script, picture):
    script.tiles, told = 3, []
    ticket = service.submit(picture(100), "dummy", on_progress=lambda done, total: told.append((done, total)))
    ticket.result(10)
    assert told == [(1, 3), (2, 3), (3, 3)] and ticket.progress == (3, 3)


def test_a_progress_callback_that_fails_is_left_out(service, script, picture):
    calls = []

    def fails(done, total):
        calls.append(done)
        raise ValueError

    script.tiles = 3
    assert service.submit(picture(100), "dummy", on_progress=fails).result(10).logit == 100.0
    assert calls == [1]


def test_cancelling_stops_running_work_at_the_next_tile(service, script, picture):
    script.tiles, tiles = 100, []

    def before(numbers, tile):
        tiles.append(tile)
        if tile == 2:
            cancelled.set()
            assert go_on.wait(10)

    cancelled, go_on = threading.Event(), threading.Event()
    script.before_tile = before
    ticket = service.submit(picture(100), "dummy")
    assert cancelled.wait(10) and ticket.cancel()
    with pytest.raises(Cancelled):
        ticket.result(0)  # the caller is free at once
    go_on.set()
    script.before_tile = None
    service.analyse(picture(1), "dummy")
    assert tiles == [0, 1, 2] and script.finished == [1]


def test_cancelling_one_of_a_batch_leaves_the_others(occupied, script, picture):
    tickets = [occupied.service.submit(picture(n), "dummy") for n in (1, 2, 3)]
    script.before_tile = lambda numbers, tile: tickets[1].cancel()
    script.go_on.set()
    assert [tickets[i].result(10).logit for i in (0, 2)] == [1.0, 3.0]
    with pytest.raises(Cancelled):
        tickets[1].result(10)


def service_threads() -> int:
    """Those of all services in this process: other tests may keep theirs."""
    return sum(thread.name == "detector-service" for thread in threading.enumerate())


def test_closing_cancels_what_waits_and_what_runs(service, script, picture):
    script.tiles, tiles, inside = 1000, [], threading.Event()

    def before(numbers, tile):
        tiles.append(tile)
        inside.set()
        time.sleep(0.01)

    script.before_tile = before
    running, waiting = service.submit(picture(100), "dummy"), None
    assert inside.wait(10)
    waiting = service.submit(picture(1), "dummy")
    threads = service_threads()
    service.close()
    for ticket in (running, waiting):
        with refused(Cancelled, "closed"):
            ticket.result(0)
    assert len(tiles) < 900 and service_threads() == threads - 1
    with refused(Cancelled, "closed"):
        service.submit(picture(2), "dummy")
    service.close()


def test_a_callback_hears_of_the_end_whichever_it_is(service, picture):
    heard = []
    done = threading.Event()
    for number in (7, 255):
        done.clear()
        service.submit(picture(number), "dummy").add_done_callback(lambda ticket: (heard.append(ticket), done.set()))
        assert done.wait(10)
    assert heard[0].result(0).logit == 7.0
    with pytest.raises(ForensicsError):
        heard[1].result(0)
