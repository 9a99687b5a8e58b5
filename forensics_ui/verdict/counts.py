"""What counts of pictures support: an interval for a share, and a limit that few of the same kind can pass. Exact, no normal approximation."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

ALARMS, CONFIDENCE = 0.05, 0.95
STEPS = 60  # of the bisection: 1e-18


def at_most(k: int, n: int, share: float) -> float:
    """The probability of at most k of n, each happening with this probability."""
    if share <= 0 or k >= n:
        return 1.0
    if share >= 1:
        return 0.0
    log = [
        math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(share) + (n - i) * math.log1p(-share) for i in range(k + 1)
    ]
    return min(1.0, math.fsum(map(math.exp, log)))


def interval(k: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Clopper and Pearson's interval of the share behind k of n: never narrower than it claims."""
    tail = (1 - confidence) / 2
    low = 0.0 if k == 0 else _where(lambda p: 1 - at_most(k - 1, n, p) < tail)
    high = 1.0 if k == n else _where(lambda p: at_most(k, n, p) > tail)
    return low, high


def _where(still: Callable[[float], bool]) -> float:
    """The share from which on a condition that holds for small ones no longer holds."""
    low, high = 0.0, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if still(middle) else (low, middle)
    return (low + high) / 2


def fewest(alarms: float = ALARMS, confidence: float = CONFIDENCE) -> int:
    """How many pictures a limit needs: with fewer, even their highest score may be one that more than `alarms` reach. 59 for 5 %."""
    return math.ceil(math.log(1 - confidence) / math.log1p(-alarms))


def tolerance_limit(logits: Sequence[float], alarms: float = ALARMS, confidence: float = CONFIDENCE) -> float | None:
    """The lowest of these scores above which, with this confidence, at most `alarms` of all such pictures lie; None if there are too few.

    A distribution-free upper tolerance bound: with r - 1 scores above the r-th highest, the share above it exceeds `alarms`
    with the probability that at most r - 1 of n pictures would fall there. The plain 95th percentile would be too low half of the time.
    """
    n = len(logits)
    if n < fewest(alarms, confidence):
        return None
    above = 0
    while at_most(above + 1, n, alarms) <= 1 - confidence:
        above += 1
    limit = sorted(logits, reverse=True)[above]
    # A score at the limit counts as evidence, so the limit lies just above that picture; four decimals are printed.
    return math.floor(limit * 1e4 + 1) / 1e4
