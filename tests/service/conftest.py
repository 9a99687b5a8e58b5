"""A detector without weights whose every step a test can hold, watch and break."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import Box, Finding, Prepared, Seen
from forensics_ui.detectors import DETECTORS, Detector, DetectorSpec
from forensics_ui.service import DetectorService

BAD = 255


@dataclass
class Script:
    """What the dummy does, and what it saw. The first pixel of a picture is its number; BAD breaks the network."""

    tiles: int = 1
    largest: int = 1000  # more pictures than this at once do not fit in its memory
    hold: bool = False
    before_tile: object = None  # called with (numbers of the batch, tile)
    logit_of: object = lambda block: float(block[..., 0].mean())
    batches: list[list[int]] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    entered: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)

    def wait(self):
        self.entered.set()
        if self.hold:
            assert self.go_on.wait(20)


def make_dummy(script: Script) -> type[Detector]:
    class Dummy(Detector):
        spec = DetectorSpec("dummy", "Dummy", "no paper", "the mean of the red pixels", "it knows nothing", 1)

        def __init__(self, state, device, precision="fp32"):
            super().__init__(state, device, precision)
            script.built.append(precision)
            self.shift = float(state["shift"][0])

        @classmethod
        def prepare(cls, rgb, rule):
            if rgb.shape[0] < 4:
                raise NotApplicable("the picture is too small for the dummy")
            height, width = rgb.shape[:2]
            return Prepared(rgb, Seen(rule, Box(0, 0, width, height), (width, height)))

        def findings(self, blocks, checkpoint=lambda done, total: None):
            numbers = [int(block[0, 0, 0]) for block in blocks]
            script.batches.append(numbers)
            script.threads.add(threading.current_thread().name)
            script.wait()
            if len(blocks) > script.largest:
                raise MemoryError
            if BAD in numbers:
                raise ValueError("a path like /data/somebody must not reach people")
            for tile in range(script.tiles):
                if script.before_tile:
                    script.before_tile(numbers, tile)
                checkpoint(tile + 1, script.tiles)
            script.finished += numbers
            return [Finding(script.logit_of(block) + self.shift) for block in blocks]

    return Dummy


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def dummy(script):
    """The dummy, registered for one test."""
    DETECTORS.register("dummy")(make_dummy(script))
    yield DETECTORS.get("dummy")
    DETECTORS.remove("dummy")


def read_weights(name, detector, weights_dir):
    return SimpleNamespace(name=name, sha256=f"sha of {name}", state={"shift": torch.zeros(1)})


@pytest.fixture
def weights():
    """What loading gives: weights of that name."""
    return lambda name: read_weights(name, "dummy", None)


@pytest.fixture
def make_service(dummy, script, tmp_path):
    """Services that end with the test, whatever they were doing."""
    made = []

    def make(load=read_weights, default=lambda detector, folder: "plain", **settings):
        settings = Settings(data_dir=tmp_path, weights_dir=tmp_path, device="cpu", **settings)
        made.append(DetectorService(settings, load=load, default=default))
        return made[-1]

    yield make
    script.go_on.set()
    for service in made:
        service.close()


@pytest.fixture
def service(make_service):
    return make_service()


@pytest.fixture
def picture():
    """Pictures by number: the first pixel is the number, the others too."""
    return lambda number, height=8, width=8: np.full((height, width, 3), number, np.uint8)


@pytest.fixture
def occupied(service, script, picture):
    """The service, busy with picture 0 until `script.go_on` is set."""
    service.analyse(picture(1), "dummy")
    script.batches.clear()
    script.finished.clear()
    script.entered.clear()
    script.hold = True
    first = service.submit(picture(0), "dummy")
    assert script.entered.wait(10)
    return SimpleNamespace(service=service, first=first)
