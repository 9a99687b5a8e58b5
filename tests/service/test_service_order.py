"""Who is served when: priorities, grouping, the bound of the queue."""

from __future__ import annotations

import threading
import time

import pytest

from forensics_ui.core.errors import Busy, Cancelled
from forensics_ui.service import Priority
from tests.refusals import refused


def test_a_person_is_served_before_a_batch(occupied, script, picture):
    batch = [occupied.service.submit(picture(n), "dummy", priority=Priority.BATCH) for n in (1, 2)]
    person = [occupied.service.submit(picture(n), "dummy") for n in (3, 4)]
    script.go_on.set()
    for ticket in batch + person:
        ticket.result(10)
    assert script.batches == [[0], [3, 4], [1, 2]]


def test_a_priority_may_be_given_as_its_number(occupied, picture):
    occupied.service.submit(picture(1), "dummy", priority=1)
    occupied.service.submit(picture(2), "dummy", priority=0)
    assert occupied.service.status().waiting == {"person": 1, "batch": 1}


def test_short_work_goes_before_long_work_of_the_same_priority(occupied, script, picture):
    long = occupied.service.submit(picture(1, 1024, 1024), "dummy")
    short = occupied.service.submit(picture(2), "dummy")
    script.go_on.set()
    assert [t.result(10).logit for t in (long, short)] == [1.0, 2.0]
    assert script.batches == [[0], [2], [1]]


def test_only_pictures_of_one_shape_and_model_are_computed_together(occupied, script, picture):
    shapes = [(8, 8), (8, 12), (8, 8), (8, 12)]
    tickets = [occupied.service.submit(picture(n + 1, *shape), "dummy") for n, shape in enumerate(shapes)]
    tickets.append(occupied.service.submit(picture(5), "dummy", weights="other"))
    script.go_on.set()
    assert [t.result(10).logit for t in tickets] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert sorted(script.batches) == [[0], [1, 3], [2, 4], [5]]


def test_a_batch_holds_no_more_pixels_than_the_device_is_given(occupied, script, picture):
    tickets = [occupied.service.submit(picture(n, 128, 128), "dummy") for n in range(1, 7)]
    script.go_on.set()
    for ticket in tickets:
        ticket.result(10)
    assert script.batches == [[0], [1, 2, 3, 4], [5, 6]]


def test_a_full_queue_refuses_and_says_so(make_service, script, picture):
    service = make_service(queue_size=2)
    script.hold = True
    service.submit(picture(0), "dummy")
    assert script.entered.wait(10)
    for number in (1, 2):
        service.submit(picture(number), "dummy")
    with refused(Busy, "2 pictures are waiting already"):
        service.submit(picture(3), "dummy")
    service.submit(picture(4), "dummy", priority=Priority.BATCH)  # its own two places are free
    assert service.status().waiting == {"person": 2, "batch": 1}


def test_a_batch_can_wait_for_room_instead(make_service, script, picture):
    service = make_service(queue_size=1)
    script.hold = True
    service.submit(picture(0), "dummy")
    assert script.entered.wait(10)
    service.submit(picture(1), "dummy", priority=Priority.BATCH)
    with pytest.raises(Busy):
        service.submit(picture(2), "dummy", priority=Priority.BATCH, wait=0.05)
    threading.Timer(0.1, script.go_on.set).start()
    assert service.submit(picture(3), "dummy", priority=Priority.BATCH, wait=10).result(10).logit == 3.0


def test_waiting_pictures_are_bounded_by_their_pixels_too(occupied, picture, monkeypatch):
    monkeypatch.setattr("forensics_ui.service.queue.WAITING_PIXELS", 100)
    occupied.service.submit(picture(1, 64, 64), "dummy")  # one is always let in, however large
    with pytest.raises(Busy):
        occupied.service.submit(picture(2), "dummy")


def test_cancelling_what_waits_frees_its_place(make_service, script, picture):
    service = make_service(queue_size=1)
    script.hold = True
    service.submit(picture(0), "dummy")
    assert script.entered.wait(10)
    waiting = service.submit(picture(1), "dummy")
    assert waiting.cancel() and waiting.done() and not waiting.cancel()
    with pytest.raises(Cancelled):
        waiting.result(0)
    other = service.submit(picture(2), "dummy")
    script.go_on.set()
    other.result(10)
    assert script.batches == [[0], [2]]


def test_a_lone_request_does_not_wait_for_company(service, picture, monkeypatch):
    monkeypatch.setattr("forensics_ui.service.queue.WINDOW_SECONDS", 5.0)
    started = time.monotonic()
    service.analyse(picture(1), "dummy")
    assert time.monotonic() - started < 2.5


def test_a_batch_that_forms_waits_a_moment_for_more(occupied, script, picture, monkeypatch):
    monkeypatch.setattr("forensics_ui.service.queue.WINDOW_SECONDS", 1.0)
    tickets = [occupied.service.submit(picture(n), "dummy") for n in (1, 2)]
    script.go_on.set()
    occupied.first.result(10)
    time.sleep(0.1)
    tickets.append(occupied.service.submit(picture(3), "dummy"))
    for ticket in tickets:
        ticket.result(10)
    assert script.batches == [[0], [1, 2, 3]]


def test_a_model_that_loads_does_not_hold_up_another(make_service, weights, picture):
    gate, read = threading.Event(), []

    def load(name, detector, folder):
        read.append(name)
        assert name == "quick" or gate.wait(20)
        return weights(name)

    service = make_service(load=load)
    slow = service.submit(picture(1), "dummy", weights="slow")
    assert service.analyse(picture(2), "dummy", weights="quick").logit == 2.0
    assert not slow.done() and service.status().loading == ("dummy (slow)",)
    gate.set()
    assert slow.result(10).logit == 1.0 and sorted(read) == ["quick", "slow"]
