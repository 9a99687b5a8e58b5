"""How much sooner PRC counts on all cores than piece after piece, and scores alone than with evidence: one run, interleaved, ratios.

    python -m tests.bench.counting [--rounds 3] [--side 3464]

What is compared gives the same numbers, which is checked. Seeded random weights: speed does not depend on them.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import torch

from forensics_ui.detectors import DETECTORS, fast
from forensics_ui.detectors.patterns import frequencies
from tests.bench.machine import describe_machine
from tests.bench.networks import seconds
from tests.detectors.helpers_networks import photo_like
from tests.detectors.helpers_prc import seeded_prc


def compare(what: str, slow: Callable[[], Any], quick: Callable[[], Any], rounds: int) -> str:
    """One row: median times and their ratio."""
    times: dict[str, list[float]] = {"slow": [], "quick": []}
    for _ in range(rounds):
        spent, one = seconds(slow)
        times["slow"].append(spent)
        spent, other = seconds(quick)
        times["quick"].append(spent)
        assert np.allclose(one, other, rtol=1e-5, atol=1e-5), what
    before, after = (statistics.median(times[key]) for key in ("slow", "quick"))
    return f"{what}: {before:6.2f} s and {after:6.2f} s, ratio {before / after:4.2f}"


def main() -> None:
    """Print machine and rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--side", type=int, default=3464, help="of the large picture, 12 megapixels")
    arguments = parser.parse_args()
    print(describe_machine())
    cores = fast.single_cores()

    def in_turn(count: Callable[[Any], Any], pieces: Iterable[Any]) -> Iterator[Any]:
        return (cores.submit(count, piece).result() for piece in pieces)

    detector = DETECTORS.get("prc")(seeded_prc(), torch.device("cpu"))
    for side in (256, 1024, arguments.side):
        block = photo_like(side, side)
        size = f"{side}x{side}"
        rounds = arguments.rounds
        print(
            compare(
                f"{size}, counted piece after piece and on all cores",
                lambda b=block: frequencies(b, each=in_turn),
                lambda b=block: frequencies(b, each=cores.map),
                rounds,
            )
        )
        print(
            compare(
                f"{size}, with evidence and the score alone",
                lambda b=block: detector.findings([b])[0].logit,
                lambda b=block: detector.logits([b])[0],
                rounds,
            )
        )


if __name__ == "__main__":
    main()
