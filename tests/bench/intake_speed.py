"""What the intake costs over plain Pillow, on a photograph-like 12 MP JPEG: python tests/bench/intake_speed.py [--runs 9]

Best of the runs, taken in turn, so that other work on the machine spoils both alike.
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent / "imaging")]

from intake_samples import encode, photograph  # noqa: E402

from forensics_ui.core.settings import Limits  # noqa: E402
from forensics_ui.imaging import facts  # noqa: E402
from forensics_ui.imaging.facts import provenance, structure  # noqa: E402
from forensics_ui.imaging.open import Intake  # noqa: E402


def main() -> None:
    """Print the best time of each step in milliseconds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    data = encode(photograph(1000, 750).resize((4000, 3000)), "JPEG", quality=90)
    request = {"kind": "JPEG", "declared": "JPEG", "name": "a.jpg", "limits": asdict(Limits())}
    image = Image.open(io.BytesIO(data))
    image.load()
    shape = structure.walk(data, "JPEG")
    with Intake() as intake:
        steps: dict[str, Callable[[], object]] = {
            "Pillow: decode": lambda: Image.open(io.BytesIO(data)).load(),
            "Pillow: decode, then an array": lambda: np.asarray(Image.open(io.BytesIO(data))),
            "intake: everything": lambda: intake.open(data),
            "of it: structure": lambda: structure.walk(data, "JPEG"),
            "of it: facts": lambda: facts.gather(image, data, request, shape),
            "of it: C2PA": lambda: provenance.read(data, "JPEG", 4096),
        }
        times = defaultdict(list)
        for _ in range(runs):
            for name, step in steps.items():
                start = time.perf_counter()
                step()
                times[name].append(time.perf_counter() - start)
    print(f"4000 x 3000, {len(data):,} bytes, best of {runs}")
    for name, each in times.items():
        print(f"{min(each) * 1e3:8.1f} ms  {name}")


if __name__ == "__main__":
    main()
