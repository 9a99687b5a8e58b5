"""How scores of whole pictures grow with their size, and what is taken off a larger picture's score before it is compared.

Top-K adds up the largest values of a picture, and more places hold larger ones, in photographs too. Cards say by how much
(`growth`), measured on the same photographs cut to centres of growing size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from forensics_ui.weightstore.card import Growth

# Grown by less than this over the last doubling of the side, scores are taken to have ended growing.
LEVEL = 0.1


def side_of(size: tuple[int, int]) -> float:
    """The side of the square with as many pixels."""
    return math.sqrt(size[0] * size[1])


def offset_at(rows: Sequence[Growth], side: float) -> float:
    """What a score of this side has grown by since the smallest side measured; between two sides by the logarithm."""
    for small, large in pairwise(rows):
        if side <= large.side:
            part = max(0.0, math.log(side / small.side) / math.log(large.side / small.side))
            return float(small.offset + part * (large.offset - small.offset))
    return float(rows[-1].offset) if rows else 0.0


def levelled(rows: Sequence[Growth]) -> bool:
    """Whether scores had ended growing well within the sizes measured."""
    if len(rows) < 2 or rows[-1].side < 2 * rows[0].side:
        return False
    return rows[-1].offset - offset_at(rows, rows[-1].side / 2) < LEVEL
