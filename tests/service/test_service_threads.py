"""Thirty-two threads at once, and every one gets its own answer."""

from __future__ import annotations

import os
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from forensics_ui.core.errors import Busy, Cancelled, ForensicsError
from forensics_ui.service import Priority


def test_every_thread_gets_its_own_answer(make_service, script, picture):
    service = make_service(queue_size=1000)

    def score(number):
        shape = (8, 8 + 4 * (number % 3))
        priority = Priority(number % 2)
        return service.analyse(picture(number, *shape), "dummy", weights=f"w{number % 2}", priority=priority).logit

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(score, [n % 250 for n in range(640)]))
    assert answers == [float(n % 250) for n in range(640)]
    assert any(len(batch) > 1 for batch in script.batches)


def test_a_storm_of_requests_cancellations_and_breakage_settles_every_ticket(make_service, script, picture):
    service = make_service(queue_size=8)
    script.tiles, outcomes, lock = 3, [], threading.Lock()

    def one(number):
        rng = random.Random(number)
        value, long = rng.choice([1, 2, 3, 255]), rng.random() < 0.05
        priority = rng.choice(list(Priority))
        try:
            ticket = service.submit(picture(value, *((1024, 1024) if long else (8, 8))), "dummy", priority=priority, wait=rng.choice([0, 20]))
            if rng.random() < 0.3:
                ticket.cancel()
            outcome = "right" if ticket.result(30).logit == value else "WRONG"
        except ForensicsError as error:
            outcome = "broken" if value == 255 and not isinstance(error, (Busy, Cancelled)) else error.code
        with lock:
            outcomes.append(outcome)

    with ThreadPoolExecutor(32) as threads:
        list(threads.map(one, range(600)))
    assert len(outcomes) == 600 and set(outcomes) <= {"right", "broken", "busy", "cancelled"}
    assert outcomes.count("right") > 50 and outcomes.count("broken") > 10 and outcomes.count("cancelled") > 20
    assert service.status().waiting == {"person": 0, "batch": 0} and service.status().running == ()


def test_closing_under_fire_settles_every_ticket(make_service, picture):
    service = make_service(queue_size=1000)
    settled = []

    def hammer(number):
        for _ in range(50):
            try:
                settled.append(service.analyse(picture(number), "dummy").logit == number)
            except Cancelled:
                settled.append(True)

    with ThreadPoolExecutor(16) as threads:
        running = [threads.submit(hammer, number) for number in range(16)]
        threading.Timer(0.05, service.close).start()
        for future in running:
            future.result(30)
    assert len(settled) == 800 and all(settled)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities for single threads")
def test_the_network_lets_the_screen_go_first(make_service):
    from forensics_ui.service.worker import BEHIND_THE_SCREEN

    make_service()
    before = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    worker = next(thread for thread in threading.enumerate() if thread.name == "detector-service" and thread.is_alive())
    assert os.getpriority(os.PRIO_PROCESS, worker.native_id) == min(19, before + BEHIND_THE_SCREEN)
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == before
