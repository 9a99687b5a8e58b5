"""How much faster the rewritten networks are than the papers' drawings, and how close: one run, interleaved, ratios.

    python -m tests.bench.networks [--rounds 7]

Both compute the same blocks in turn, so whatever else the machine does hits both. Seeded random weights: speed does not
depend on them.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
import torch

from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import normalise
from tests.bench.machine import describe_machine
from tests.detectors.helpers_networks import PLAIN, photo_like, seeded


def seconds(work) -> tuple[float, object]:
    """How long, and what came of it."""
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


@torch.inference_mode()
def compare(name: str, blocks: list[np.ndarray], rounds: int) -> str:
    """One row: median times, their ratio, largest difference of a logit."""
    plain = seeded(name)
    fast = DETECTORS.get(name)(plain.state_dict(), torch.device("cpu"))
    stacked = torch.from_numpy(np.stack(blocks))
    times: dict[str, list[float]] = {"plain": [], "fast": []}
    for _ in range(rounds + 1):
        spent, exact = seconds(lambda: plain(normalise(stacked)).numpy())
        times["plain"].append(spent)
        spent, found = seconds(lambda: [f.logit for f in fast.findings(blocks)])
        times["fast"].append(spent)
    slow, quick = (statistics.median(times[key][1:]) for key in ("plain", "fast"))
    worst = float(np.abs(np.array(found) - exact).max())
    height, width = blocks[0].shape[:2]
    return f"{name:5} {len(blocks):3} x {width}x{height}: plain {slow:7.3f} s, fast {quick:7.3f} s, ratio {slow / quick:5.2f}, {len(blocks) / quick:7.1f} pictures/s, largest logit difference {worst:.1e}"


def main() -> None:
    """Print machine and table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(describe_machine())
    for name in sorted(PLAIN):
        for count, size in ((1, 256), (8, 256), (1, 1024)):
            print(compare(name, [photo_like(size, size, seed) for seed in range(count)], rounds))


if __name__ == "__main__":
    main()
