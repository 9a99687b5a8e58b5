"""What the service tells about itself."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import asdict
from types import SimpleNamespace

from forensics_ui.core.errors import WeightsMismatch, WeightsMissing
from forensics_ui.detectors import DETECTORS
from forensics_ui.service.status import Meter
from forensics_ui.words import say


def wait_for(true, seconds=10):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_status_tells_what_runs_and_what_waits(occupied, picture):
    occupied.service.submit(picture(1), "dummy")
    status = occupied.service.status()
    assert status.running == ("dummy (plain): 8 x 8 pixels, person, 0 of 1",)
    assert status.waiting == {"person": 1, "batch": 0}
    assert status.device == "cpu" and "as asked for" in status.why_device
    assert [(m.detector, m.weights, m.precision, m.bytes) for m in status.models] == [("dummy", "plain", "fp32", 4)]
    json.dumps(asdict(status))


def test_speed_counts_what_was_done(service, picture):
    assert service.status().pictures_per_second == 0
    for _ in range(3):
        service.analyse(picture(1, 100, 100), "dummy")
    wait_for(lambda: service.status().pictures_per_second > 0)
    status = service.status()
    assert abs(status.megapixels_per_second / status.pictures_per_second - 0.01) < 1e-3 and 0 < status.busy <= 1


def test_the_meter_forgets_after_a_minute(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("forensics_ui.service.status.time", SimpleNamespace(monotonic=lambda: now[0]))
    meter = Meter()
    now[0] += 30
    meter.add(60, 6_000_000, 15.0)
    assert meter.rates() == (2.0, 0.2, 0.5)
    now[0] += 59
    assert meter.rates() == (1.0, 0.1, 0.25)
    now[0] += 2
    assert meter.rates() == (0, 0, 0)


def test_warming_loads_in_the_background_and_never_blocks(make_service, weights, script):
    gate = threading.Event()

    def load(name, detector, folder):
        assert gate.wait(20)
        return weights(name)

    service = make_service(load=load)
    service.warm("dummy")
    service.warm("dummy")
    assert service.status().loading == ("dummy (plain)",) and not service.status().models
    gate.set()
    wait_for(lambda: service.status().models)
    assert script.built == ["fp32"]


def test_a_failed_warming_is_told_and_not_raised(make_service):
    def load(name, detector, folder):
        raise WeightsMismatch("these are not the bytes")

    service = make_service(load=load)
    service.warm("dummy")
    service.warm("nosuch")
    wait_for(lambda: len(service.status().failures) == 2)
    assert say(service.status().failures["dummy (plain)"]) == "these are not the bytes"
    assert "nosuch" in say(service.status().failures["nosuch"])
    found = {a.detector: a for a in service.availability()}["dummy"]
    assert not found.usable and say(found.why) == "these are not the bytes"


def test_warming_a_closed_service_is_harmless(service):
    service.close()
    service.warm("dummy")


def test_availability_says_of_every_detector_what_to_do(make_service):
    def default(detector, folder):
        if detector != "dummy":
            raise WeightsMissing(f"run `weights get` for {detector}")
        return "plain"

    found = {a.detector: a for a in make_service(default=default).availability()}
    assert set(found) == set(DETECTORS.names())
    assert found["dummy"].usable and found["dummy"].weights == "plain" and "'plain'" in say(found["dummy"].why)
    others = [a for name, a in found.items() if name != "dummy"]
    assert others and all(not a.usable and "weights get" in say(a.why) for a in others)
