"""The deletion check: does taking away what a map marks lower the score more than taking away as much elsewhere?

How a place is taken away decides what the check means. Grey, blur or noise would put pixel relationships into the
picture that it never had, and a network that looks for traces of processing would react to those. So a place is
replaced by another place of the same picture, copied as it is in squares whose corners lie on even pixels: every 2 x 2
cell of the result is a whole cell of the picture, and the set of its pixel relationships is the picture's own. Only the
seams between squares are new, and the random regions, which are the marked one moved elsewhere, have as many of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.core.types import Cells, InputRule
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.base import no_checkpoint
from forensics_ui.views.base import Subject
from forensics_ui.views.common import rounded
from forensics_ui.views.places import contributions, drawn_first, evidence_of

SHARES = (0.05, 0.10, 0.20)
RANDOM_REGIONS = 8
SMALLEST_SQUARE = 8  # pixels; finer maps are summed up to squares of this size
FEWEST_SQUARES = 40
CHECK_PIXELS = 512 * 512  # larger pictures are checked on the aligned centre crop: the check scores 28 times
Score = Callable[[np.ndarray], float]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Check:
    """The result as numbers and what they say; no numbers where it could not be done, and why."""

    numbers: dict[str, Any] | None
    why: Reason


def check_of_analysis(subject: Subject, detector: str, progress: Progress = no_checkpoint) -> Check:
    """Check the exact map of a detector, on the picture if it is small, else on its aligned centre crop."""
    rule = block_rule(subject)
    try:
        analysis = subject.analysis(detector, rule)
        block = DETECTORS.get(detector).prepare(subject.picture.rgb, rule).block
    except NotApplicable as reason:
        return Check(None, fact("of_detector", title="no deletion check", why=reason.why))
    evidence = evidence_of(analysis)
    values, cells = contributions(evidence), evidence.cells
    return check(block, values, cells, lambda changed: subject.logit_of(changed, detector, "native"), progress)


def block_rule(subject: Subject) -> InputRule:
    """The input rule under which the picture is small enough to be scored many times."""
    small = subject.picture.width * subject.picture.height <= CHECK_PIXELS
    return subject.rule if small or subject.rule == "paper" else "crop"


def check(block: np.ndarray, values: np.ndarray, cells: Cells, score: Score, progress: Progress = no_checkpoint, minus: bool = False) -> Check:
    """Replace the highest 5, 10 and 20 % of the map's squares, then random regions of the same shape; compare the drops of the score."""
    lattice = Lattice.over(block, values, cells)
    if lattice is None:
        return Check(None, because("check_few_places", fewest=FEWEST_SQUARES))
    if np.ptp(lattice.values) == 0:
        return Check(None, because("check_of_flat_map"))
    rng = np.random.default_rng(0)  # the same picture gives the same numbers
    total = 1 + len(SHARES) * (1 + RANDOM_REGIONS)
    before, rows = score(block), []
    for at, share in enumerate(SHARES):
        marked = lattice.highest(share)
        drop = before - score(lattice.replaced(block, marked, rng))
        others = []
        for n in range(RANDOM_REGIONS):
            others.append(before - score(lattice.replaced(block, moved(marked, rng), rng)))
            progress(2 + at * (1 + RANDOM_REGIONS) + n + 1, total)
        row = {"share": share, "squares": int(marked.sum()), "drop": rounded(drop), "random_mean": rounded(float(np.mean(others)))}
        rows.append({**row, "random_sd": rounded(float(np.std(others, ddof=1))), "random_regions": RANDOM_REGIONS})
    return Check({"logit": rounded(before), "square": lattice.side, "regions": rows}, said_of(rows[1], minus))


def said_of(row: dict[str, Any], minus: bool) -> Reason:
    """The middle row as a reason; `minus` where not the score was explained but minus the score."""
    return fact(
        "check_result",
        minus=minus,
        share=row["share"],
        drop=row["drop"],
        random_mean=row["random_mean"],
        random_sd=row["random_sd"],
    )


def moved(mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The same shape somewhere else, going round at the borders."""
    shift = int(rng.integers(1, mask.size))
    return np.roll(mask, divmod(shift, mask.shape[1]), (0, 1))


@dataclass(frozen=True)
class Lattice:
    """The squares of a map that lie wholly inside the block: `side` pixels wide, from `left`, `top`."""

    values: np.ndarray
    left: int
    top: int
    side: int

    @classmethod
    def over(cls, block: np.ndarray, values: np.ndarray, cells: Cells) -> Lattice | None:
        """Lay squares over the block; None if there are too few for a share of them to mean something."""
        group = max(1, -(-SMALLEST_SQUARE // cells.stride))
        side, first = group * cells.stride, drawn_first(cells)
        skip = -(-max(0, -first) // cells.stride)
        start = first + skip * cells.stride
        rows, columns = ((length - start) // side for length in block.shape[:2])
        rows, columns = min(rows, (values.shape[0] - skip) // group), min(columns, (values.shape[1] - skip) // group)
        if rows < 1 or columns < 1 or rows * columns < FEWEST_SQUARES:
            return None
        inner = values[skip : skip + rows * group, skip : skip + columns * group]
        return cls(inner.reshape(rows, group, columns, group).sum(axis=(1, 3)), start, start, side)

    def highest(self, share: float) -> np.ndarray:
        """The squares with the highest values, as a mask."""
        count = max(1, round(share * self.values.size))
        mask = np.zeros(self.values.size, bool)
        mask[np.argsort(self.values, axis=None, kind="stable")[-count:]] = True
        return mask.reshape(self.values.shape)

    def replaced(self, block: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """The block with the masked squares copied from elsewhere: moved together where possible, so that few seams arise."""
        changed = block.copy()
        rows, columns = mask.shape
        area = changed[self.top : self.top + rows * self.side, self.left : self.left + columns * self.side]
        squares = area.reshape(rows, self.side, columns, self.side, 3).swapaxes(1, 2)
        row, column = self._sources(mask, rng)
        squares[mask] = squares[row, column]
        area[:] = squares.swapaxes(1, 2).reshape(area.shape)
        return changed

    def _sources(self, mask: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        shifts = [divmod(int(rng.integers(1, mask.size)), mask.shape[1]) for _ in range(16)]
        best = min(shifts, key=lambda shift: int((mask & np.roll(mask, (-shift[0], -shift[1]), (0, 1))).sum()))
        row, column = ((at + by) % size for at, by, size in zip(np.nonzero(mask), best, mask.shape, strict=True))
        taken = mask[row, column]  # these would copy a marked place: they take any unmarked one
        free = np.argwhere(~mask)
        row[taken], column[taken] = free[rng.integers(0, len(free), int(taken.sum()))].T
        return row, column
