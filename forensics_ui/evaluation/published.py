"""Figures that the papers print, in percent, as (Acc, AP) by sub-folder; None where the copy of the table at hand cannot be read.

Only facts: table numbers stand beside them. `tests/evaluation` checks the transcription against the printed means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Pair = tuple[float | None, float | None]


@dataclass(frozen=True)
class Published:
    """One row of a table: a detector on the sub-folders of one test set, with the mean that is printed beside it."""

    detector: str
    source: str
    rows: Mapping[str, Pair]
    mean: Pair


def _row(folders: str, cells: str) -> dict[str, Pair]:
    """Pair the cells of a printed row, `-` for one that is left out, with the sub-folders."""
    numbers = [None if cell == "-" else float(cell) for cell in cells.split()]
    return dict(zip(folders.split(), zip(numbers[::2], numbers[1::2], strict=True), strict=True))


_FORENSYNTHS = "progan stylegan stylegan2 biggan cyclegan stargan gaugan deepfake"
_GANGEN = "AttGAN BEGAN CramerGAN InfoMaxGAN MMDGAN RelGAN S3GAN SNGAN STGAN"
_DIRE = "adm ddpm iddpm ldm pndm vqdiffusion sdv1 sdv2"
_OJHA = "dalle glide_100_10 glide_100_27 glide_50_27 guided ldm_100 ldm_200 ldm_200_cfg"
_STEPS = "ddpm improved-diffusion guided-diffusion midjourney DALLE"

PUBLISHED: dict[str, tuple[Published, ...]] = {
    "forensynths": (
        Published(
            "npr",
            "NPR, Table 1",
            _row(_FORENSYNTHS, "99.8 100.0 96.3 99.8 97.3 100.0 87.5 94.5 95.0 99.5 99.7 100.0 86.6 88.8 77.4 86.2"),
            (92.5, 96.1),
        ),
        Published(
            "lfm",
            "LFM, Table VIII",
            _row(_FORENSYNTHS, "99.8 100.0 99.9 100.0 99.9 100.0 91.2 97.6 94.3 99.6 100.0 100.0 88.3 93.0 90.8 95.8"),
            (95.5, 98.3),
        ),
        Published(
            "univfd",
            "NPR, Table 1 (UnivFD trained again by NPR's authors)",
            _row(_FORENSYNTHS, "99.7 100.0 89.0 98.7 83.9 98.4 90.5 99.1 87.9 99.8 91.4 100.0 89.9 100.0 80.2 90.2"),
            (89.1, 98.3),
        ),
        # UnivFD has no StyleGAN2. Of its Table 2 (AP) most cells of the linear probe are lost in the copy at hand; where all
        # five lines of a column are there, the cell is given. The printed mean is over other test sets too.
        Published(
            "univfd",
            "UnivFD, Tables 2 and 3 (linear probe)",
            _row(_FORENSYNTHS, "100.0 100.0 82.0 - - - 94.5 - 98.5 - 97.0 - 99.5 - 66.6 -"),
            (None, None),
        ),
    ),
    "gangen": (
        Published(
            "npr",
            "NPR, Table 2",
            _row(_GANGEN, "83.0 96.2 99.0 99.8 98.7 99.0 94.5 98.3 98.6 99.0 99.6 100.0 79.0 80.0 88.8 97.4 98.0 100.0"),
            (93.2, 96.6),
        ),
        # The copy of LFM's Table 1 breaks off after MMDGAN; the mean is from its Table 3.
        Published(
            "lfm",
            "LFM, Table 1, mean from Table 3",
            _row(_GANGEN, "100.0 100.0 99.9 100.0 98.8 99.9 98.5 99.9 99.4 100.0 - - - - - - - -"),
            (98.2, 99.5),
        ),
        Published(
            "univfd",
            "NPR, Table 2 (UnivFD trained again by NPR's authors)",
            _row(_GANGEN, "78.5 98.3 72.0 98.9 77.6 99.8 77.6 98.9 77.6 99.7 78.2 98.7 85.2 98.1 77.6 98.7 74.2 97.8"),
            (77.6, 98.8),
        ),
    ),
    "diffusionforensics": (
        Published(
            "npr",
            "NPR, Table 3",
            _row(_DIRE, "88.6 98.9 99.8 100.0 91.8 99.8 100.0 100.0 91.2 100.0 100.0 100.0 97.4 99.8 93.8 100.0"),
            (95.3, 99.8),
        ),
        # The copy of Table IX has one 100.0 too many among four equal ones before SD v1; without it both printed means come out.
        Published(
            "lfm",
            "LFM, Table IX",
            _row(_DIRE, "96.5 99.8 99.9 100.0 97.9 100.0 100.0 100.0 99.4 100.0 100.0 100.0 96.2 99.9 99.8 100.0"),
            (98.7, 100.0),
        ),
        Published(
            "univfd",
            "NPR, Table 3 (UnivFD trained again by NPR's authors)",
            _row(_DIRE, "78.4 92.1 72.9 78.8 75.0 92.8 82.2 97.1 75.3 92.5 83.5 97.7 56.4 90.4 71.5 92.4"),
            (74.4, 91.7),
        ),
    ),
    "ojha": (
        Published(
            "npr",
            "NPR, Table 4",
            _row(_OJHA, "94.5 99.5 98.2 99.8 97.8 99.7 98.2 99.8 75.8 81.0 99.3 99.9 99.1 99.9 99.0 99.8"),
            (95.2, 97.4),
        ),
        Published(
            "lfm",
            "LFM, Table X",
            _row(_OJHA, "78.6 94.7 99.8 100.0 99.5 100.0 99.7 100.0 86.9 92.4 99.7 100.0 99.7 100.0 99.5 99.9"),
            (95.4, 98.4),
        ),
        Published(
            "univfd",
            "NPR, Table 4 (UnivFD trained again by NPR's authors)",
            _row(_OJHA, "89.5 96.8 90.1 97.0 90.7 97.2 91.1 97.4 75.7 85.1 90.5 97.0 90.2 97.1 77.3 88.6"),
            (86.9, 94.5),
        ),
        # Accuracies from Table 3; of Table 2 the cells that can be read. The printed mean is over other test sets too.
        Published(
            "univfd",
            "UnivFD, Tables 2 and 3 (linear probe)",
            _row(_OJHA, "86.78 97.15 78.14 - 79.07 - 79.85 - 70.03 - 94.36 - 94.19 99.14 73.76 92.15"),
            (None, None),
        ),
    ),
    "diffusion1kstep": (
        Published("npr", "NPR, Table 5", _row(_STEPS, "88.5 95.1 77.9 84.8 75.8 79.3 77.4 81.9 80.7 83.0"), (80.1, 84.8)),
        # The copy of LFM's Table 2 breaks off after Midjourney; the mean is from its Table 3 and its text.
        Published("lfm", "LFM, Table 2, mean from Table 3", _row(_STEPS, "89.4 92.3 87.2 95.6 89.6 96.8 87.5 96.1 - -"), (88.9, 95.8)),
        Published(
            "univfd",
            "NPR, Table 5 (UnivFD trained again by NPR's authors)",
            _row(_STEPS, "69.5 80.0 64.9 74.2 81.3 90.8 50.0 49.8 66.3 74.6"),
            (66.4, 73.9),
        ),
    ),
}

# UnivFD, Table 3, linear probe, in the printed order with its mean: all test sets of that paper.
UNIVFD_TABLE_3 = (
    *(100.0, 98.50, 94.50, 82.00, 99.50, 97.00, 66.60, 63.00, 57.50, 59.5, 72.00, 70.03, 94.19, 73.76, 94.36, 79.07, 79.85, 78.14, 86.78),
    81.38,
)
# Over all 38 sub-folders: (Acc, AP), NPR's Table 6 (Acc only) and LFM's Table 3.
OVERALL = {"npr": (92.2, 95.8), "lfm": (95.9, 98.6), "univfd": (79.8, 91.4)}
