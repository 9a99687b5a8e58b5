"""A batch end to end, against its slowest stage alone and against the papers' own way of scoring a folder: one run, ratios.

    python -m tests.bench.batch_pipeline [FOLDER] [--count 48] [--rounds 3] [--rules paper,crop]

The papers' way (their test.py): one process, Pillow opens and squashes to 256 x 256, the plain network in fp32, one picture
at a time. Ours reads, hashes, decodes in limited processes, gathers facts, scores, judges and journals. All ways take turns,
so that other work on the machine hits all alike. Seeded random weights: speed does not depend on them.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from PIL import Image

from forensics_ui.batch import BatchRun, Source, make_plan
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import Picture
from forensics_ui.detectors.networks import IMAGENET_MEAN, IMAGENET_STD
from forensics_ui.imaging.open import Intake
from forensics_ui.service import DetectorService, Priority
from forensics_ui.workbench import Workbench
from tests.bench.machine import describe_machine
from tests.detectors.helpers_networks import photo_like, seeded

PAPERS = "papers' way"
SIZES = ((640, 480), (1024, 768), (512, 512), (400, 300))


def make_pictures(folder: Path, count: int) -> None:
    """Photograph-like JPEGs of ordinary web sizes."""
    folder.mkdir()
    for number in range(count):
        width, height = SIZES[number % len(SIZES)]
        Image.fromarray(photo_like(height, width, number)).save(folder / f"{number:04}.jpg", quality=90)


def take_pictures(source: Path, folder: Path, count: int) -> None:
    """The first pictures of a folder of the user's."""
    folder.mkdir()
    found = sorted(path for path in source.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png", ".webp"))
    for number, path in enumerate(found[:count]):
        shutil.copyfile(path, folder / f"{number:04}{path.suffix}")


@torch.inference_mode()
def papers_way(paths: list[Path], network: torch.nn.Module) -> None:
    """What the authors' loop does for each picture."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
    for path in paths:
        with Image.open(path) as image:
            squashed = image.convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
        block = torch.from_numpy(np.asarray(squashed).copy()).permute(2, 0, 1).float() / 255
        network(((block - mean) / std)[None]).sigmoid().item()


def stages(workbench: Workbench, paths: list[Path], opened: list[Picture], rule: str, place: Path) -> dict[str, Callable[[], object]]:
    """The ways that take turns."""
    plan = make_plan(workbench, Source.of(paths[0].parent), ["lfm"], rule)
    runs, plain = iter(range(10_000)), seeded("lfm")
    alone = str(workbench.service.device) == "cpu"

    def decode() -> None:
        with ThreadPoolExecutor(workbench.intake.workers) as pool:
            list(pool.map(workbench.open, paths))

    def network() -> None:
        tickets = [workbench.service.submit(picture.rgb, "lfm", rule=rule, priority=Priority.BATCH, wait=600.0, alone=alone) for picture in opened]
        for ticket in tickets:
            ticket.result()

    def whole() -> None:
        # What the workbench remembers would be a gift.
        workbench._analyses.clear()
        done = BatchRun(workbench, plan, place / f"run{next(runs)}" / "journal.sqlite").run()
        assert done.done == len(paths), done

    return {"decode alone": decode, "network alone": network, "batch end to end": whole, PAPERS: lambda: papers_way(paths, plain)}


def measure(ways: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each."""
    times = defaultdict(list)
    for turn in range(rounds + 1):
        for name, work in ways.items():
            began = time.perf_counter()
            work()
            if turn:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print machine, rates and the two ratios for each rule."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rules", default="paper,crop")
    parser.add_argument("--device", default="auto")
    asked = parser.parse_args()
    state = seeded("lfm").state_dict()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        take_pictures(asked.folder, place / "in", asked.count) if asked.folder else make_pictures(place / "in", asked.count)
        paths = sorted((place / "in").iterdir())
        settings = Settings(data_dir=place / "data", device=asked.device)
        service = DetectorService(settings, load=lambda *_: SimpleNamespace(name="random", sha256="0", state=state), default=lambda *_: "random")
        with Workbench(settings, intake=Intake(workers=max(2, os.cpu_count() or 2)), service=service) as workbench:
            print(describe_machine())
            opened = [workbench.open(path) for path in paths]
            megapixels = sum(picture.width * picture.height for picture in opened) / 1e6
            print(f"{len(paths)} pictures, {megapixels / len(paths):.2f} megapixels on average; median of {asked.rounds} rounds")
            for rule in asked.rules.split(","):
                seconds = measure(stages(workbench, paths, opened, rule, place / rule), asked.rounds)
                for way, spent in seconds.items():
                    print(f"  {rule:6} {way:18} {len(paths) / spent:8.1f} pictures/s")
                slowest, whole = max(seconds["decode alone"], seconds["network alone"]), seconds["batch end to end"]
                print(f"  {rule:6} of its slowest stage alone: {slowest / whole:.2f}   times the papers' way: {seconds[PAPERS] / whole:.2f}")


if __name__ == "__main__":
    main()
