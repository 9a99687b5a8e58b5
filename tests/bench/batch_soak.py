"""Memory over many files: python -m tests.bench.batch_soak [--count 10000] [--side 48]

Prints the resident memory of the app's process as the batch goes on, and how much it grew after the first 500 files. Exit
code 1 if that is more than 50 MB. Seeded random weights.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from PIL import Image

from forensics_ui.batch import BatchRun, Progress, Source, make_plan
from forensics_ui.batch.rows import Rows
from forensics_ui.core.settings import Settings
from forensics_ui.imaging.open import Intake
from forensics_ui.service import DetectorService
from forensics_ui.workbench import Workbench
from tests.bench.machine import describe_machine
from tests.detectors.helpers_networks import seeded

WARM_FILES, ALLOWED_MB = 500, 50.0


def resident_mb() -> float:
    """Memory of this process now; where the system does not tell, the most it ever was."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def make_pictures(folder: Path, count: int, side: int) -> None:
    """Noise, a thousand to a folder: all different, quick to make."""
    rng = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"{number // 1000:03}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)).save(place / f"{number:06}.png", compress_level=1)


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=48)
    asked = parser.parse_args()
    samples: list[tuple[int, float]] = []

    def watch(progress: Progress) -> None:
        if not samples or progress.settled - samples[-1][0] >= 100:
            samples.append((progress.settled, resident_mb()))

    state = seeded("lfm").state_dict()
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        make_pictures(place / "in", asked.count, asked.side)
        settings = Settings(data_dir=place / "data", device="cpu")
        service = DetectorService(settings, load=lambda *_: SimpleNamespace(name="random", sha256="0", state=state), default=lambda *_: "random")
        with Workbench(settings, intake=Intake(workers=2), service=service) as workbench:
            plan = make_plan(workbench, Source.of(place / "in"), ["lfm"])
            began = time.perf_counter()
            done = BatchRun(workbench, plan, place / "journal.sqlite", watch).run()
            seconds = time.perf_counter() - began
        journal = (place / "journal.sqlite").stat().st_size
        assert done.done == asked.count == len(Rows(place / "journal.sqlite").computed()), done
    print(describe_machine())
    print(
        f"{asked.count:,} files of {asked.side} px in {seconds:.0f} s, {asked.count / seconds:.1f} a second; journal {journal / asked.count:,.0f} bytes a file"
    )
    for settled, megabytes in samples[:: max(1, len(samples) // 20)]:
        print(f"{settled:8,} files {megabytes:8.1f} MB")
    warm = [megabytes for settled, megabytes in samples if settled >= WARM_FILES]
    grown = max(warm) - warm[0] if warm else 0.0
    print(f"grown after the first {WARM_FILES} files: {grown:.1f} MB")
    return int(grown > ALLOWED_MB)


if __name__ == "__main__":
    sys.exit(main())
