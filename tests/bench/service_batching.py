"""What batching brings: the same crops through one service, one by one and all at once. Run: python -m tests.bench.service_batching

Prints ratios of one run; rounds are interleaved, so that other load on the machine hits both alike. The network is LFM
with random weights: speed does not depend on their values.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from forensics_ui.core.settings import Settings
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import LFMNet
from forensics_ui.service import DetectorService, Priority
from forensics_ui.service import device as devices


def load(name: str, detector: str, weights_dir: Path) -> SimpleNamespace:
    """LFM with seeded random weights."""
    torch.manual_seed(0)
    return SimpleNamespace(name=name, sha256="", state=LFMNet().state_dict())


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and seconds of processor time, which other programs disturb less."""
    clock, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processor


def paths(service: DetectorService, pictures: list[np.ndarray]) -> dict[str, Callable[[], object]]:
    """The ways to score all the pictures."""
    make = DETECTORS.get("lfm")
    bare = make(LFMNet().state_dict(), service.device)
    blocks = [make.prepare(picture, "crop").block for picture in pictures]

    def all_at_once() -> None:
        for ticket in [service.submit(p, "lfm", rule="crop", priority=Priority.BATCH, wait=60) for p in pictures]:
            ticket.result()

    def threads() -> None:
        with ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda p: service.analyse(p, "lfm", rule="crop", wait=60), pictures))

    return {
        "network alone, one by one": lambda: [bare.findings([block]) for block in blocks],
        "service, one by one": lambda: [service.analyse(p, "lfm", rule="crop") for p in pictures],
        "service, all at once": all_at_once,
        "service, 32 threads": threads,
    }


def latency_in_a_batch(service: DetectorService, picture: np.ndarray, large: np.ndarray) -> tuple[float, float, float]:
    """Median seconds of a person's crop on the idle service and in the middle of a batch's native run, and of that run."""

    def crop() -> None:
        service.analyse(picture, "lfm", rule="crop")

    idle = statistics.median(timed(crop)[0] for _ in range(5))
    started = time.perf_counter()
    run = service.submit(large, "lfm", priority=Priority.BATCH)
    within = []
    while not run.done() and len(within) < 5:
        within.append(timed(crop)[0])
    run.result()
    return idle, statistics.median(within), time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--batch", type=int, help="crops at once, instead of the service's own choice for the device")
    asked = parser.parse_args()
    if asked.batch:
        devices.batch_pixels = lambda device: asked.batch * 256 * 256
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (256, 256, 3), dtype=np.uint8) for _ in range(asked.pictures)]
    with (
        tempfile.TemporaryDirectory() as folder,
        DetectorService(Settings(data_dir=Path(folder), device=asked.device), load=load, default=lambda *_: "random") as service,
    ):
        first, _ = timed(lambda: service.analyse(pictures[0], "lfm", rule="crop"))
        ways = paths(service, pictures)
        rounds = [{name: timed(work) for name, work in ways.items()} for _ in range(asked.rounds)]
        seconds, processor = ({name: statistics.median(r[name][i] for r in rounds) for name in ways} for i in (0, 1))
        idle, within, whole = latency_in_a_batch(service, pictures[0], rng.integers(0, 256, (2400, 3000, 3), dtype=np.uint8))
        status = service.status()
    one = "service, one by one"
    load_average = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "device": status.why_device, "load": load_average}))
    print("ratios are to one by one, higher is faster:")
    for name in ways:
        clock, cpu = seconds[one] / seconds[name], processor[one] / processor[name]
        print(f"{name:28s} {asked.pictures / seconds[name]:7.1f} pictures/s   clock {clock:5.2f} x   processor time {cpu:5.2f} x")
    print(
        f"first answer, loading included {first:.3f} s; a crop on the idle service {idle:.3f} s, in the middle of a 7 MP native run {within:.3f} s (the run: {whole:.1f} s)"
    )


if __name__ == "__main__":
    main()
