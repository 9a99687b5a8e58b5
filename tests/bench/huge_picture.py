"""100 megapixels at native resolution: how long, and how much memory beside the pixels.

python -m tests.bench.huge_picture [lfm|npr] [SIDE]
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np
import torch

from forensics_ui.detectors import DETECTORS
from tests.bench.machine import describe_machine
from tests.detectors.helpers_networks import photo_like, seeded


def main(name: str = "lfm", side: str = "10240") -> None:
    """Print one line."""
    print(describe_machine())
    detector = DETECTORS.get(name)(seeded(name).state_dict(), torch.device("cpu"))
    picture = np.tile(photo_like(1024, 1024), (int(side) // 1024, int(side) // 1024, 1))
    began = time.perf_counter()
    finding = detector.findings([detector.prepare(picture, "native").block])[0]
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    megapixels = picture.shape[0] * picture.shape[1] / 1e6
    print(
        f"{name}: {megapixels:.0f} MP in {seconds:.1f} s ({megapixels / seconds:.2f} MP/s), logit {finding.logit:.3f}, peak {peak:.0f} MB of which the pixels are {picture.nbytes / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
