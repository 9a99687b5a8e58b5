"""When memory runs out: smaller batches, fewer models, and a sentence at last."""

from __future__ import annotations

import gc
import threading
import weakref
from types import SimpleNamespace

import pytest
import torch

from forensics_ui.core.errors import OutOfMemory
from forensics_ui.service.device import is_out_of_memory
from tests.refusals import refused


def test_a_batch_that_does_not_fit_is_halved_until_it_does(occupied, script, picture):
    script.largest = 3
    tickets = [occupied.service.submit(picture(n), "dummy") for n in range(1, 9)]
    script.go_on.set()
    assert [t.result(10).logit for t in tickets] == [float(n) for n in range(1, 9)]
    assert [len(b) for b in script.batches] == [1, 8, 4, 2, 2, 2, 2]


def test_the_smaller_batch_is_remembered(occupied, script, picture):
    script.largest = 2
    first = [occupied.service.submit(picture(n), "dummy") for n in range(1, 5)]
    script.go_on.set()
    for ticket in first:
        ticket.result(10)
    script.batches.clear()
    script.go_on.clear()
    script.entered.clear()
    head = occupied.service.submit(picture(9), "dummy")
    assert script.entered.wait(10)
    later = [occupied.service.submit(picture(n), "dummy") for n in range(1, 5)]
    script.go_on.set()
    for ticket in [head, *later]:
        ticket.result(10)
    assert script.batches == [[9], [1, 2], [3, 4]]


def test_what_does_not_fit_at_all_is_said_and_the_service_lives(service, script, picture):
    script.largest = 0
    with refused(OutOfMemory, "too small for dummy on this picture"):
        service.analyse(picture(1), "dummy")
    script.largest = 1
    assert service.analyse(picture(1), "dummy").logit == 1.0


def test_other_models_are_dropped_before_giving_up(service, script, picture):
    service.analyse(picture(1), "dummy", weights="other")

    def fits_alone(numbers, tile):
        if len(service.status().models) > 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    script.before_tile = fits_alone
    assert service.analyse(picture(2), "dummy").logit == 2.0
    assert [model.weights for model in service.status().models] == ["plain"]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.cuda.OutOfMemoryError("x"), True),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"), True),
        (RuntimeError("shape mismatch"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_lack_of_memory_is_known_by_its_many_names(error, expected):
    assert is_out_of_memory(error) is expected


def test_a_real_allocation_that_fails_is_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)
    assert is_out_of_memory(caught.value)


def test_the_longest_unused_model_is_dropped_when_the_budget_is_spent(make_service, picture, monkeypatch):
    monkeypatch.setattr("forensics_ui.service.device.model_budget", lambda device: 1000)
    read = []

    def load(name, detector, folder):
        read.append(name)
        return SimpleNamespace(name=name, sha256="", state={"shift": torch.zeros(100)})

    service = make_service(load=load)
    for name in ("a", "b", "a", "c", "a", "b"):
        service.analyse(picture(1), "dummy", weights=name)
    assert read == ["a", "b", "c", "b"]
    status = service.status()
    assert {m.weights for m in status.models} == {"a", "b"} and status.model_bytes == 800 <= status.model_bytes_limit


def test_a_model_larger_than_the_budget_is_still_used(make_service, picture, monkeypatch):
    monkeypatch.setattr("forensics_ui.service.device.model_budget", lambda device: 1)
    service = make_service()
    assert service.analyse(picture(1), "dummy").logit == service.analyse(picture(1), "dummy", weights="b").logit == 1.0
    assert [m.weights for m in service.status().models] == ["b"]


def test_nothing_of_a_picture_is_kept_when_its_work_is_done(service, script, picture):
    references = []
    for number in (7, 255):
        array = picture(number)
        references.append(weakref.ref(array))
        ticket = service.submit(array, "dummy")
        wait_until_settled(ticket)
        del array
    service.analyse(picture(1), "dummy")
    gc.collect()
    assert [reference() is None for reference in references] == [True, True]


def wait_until_settled(ticket):
    settled = threading.Event()
    ticket.add_done_callback(lambda _: settled.set())
    assert settled.wait(10)
