"""Where the line between real and fake is drawn, and who drew it. A line drawn on the test labels is called cheating."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from forensics_ui.core.errors import ForensicsError
from forensics_ui.evaluation.metrics import Levels
from forensics_ui.weightstore.card import Card

Kind = Literal["fixed", "chosen", "oracle"]
CHEATING = "oracle: the best line for each generator, drawn with the test labels in hand (UnivFD, section 6.2): a bound, cheating as a result"


@dataclass(frozen=True)
class Threshold:
    """A line in logits; None under `oracle`, where every generator gets its own."""

    kind: Kind
    value: float | None
    origin: str

    @property
    def cheating(self) -> bool:
        """Whether the test labels were used."""
        return self.kind == "oracle"

    def for_scores(self, real: Sequence[float], fake: Sequence[float]) -> float:
        """The line for one generator."""
        return best_threshold(real, fake) if self.value is None else self.value

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {**asdict(self), "cheating": self.cheating}


def given(value: float) -> Threshold:
    """A line that somebody named."""
    return Threshold("fixed", value, "given by hand")


def of_card(card: Card, rule: str, weights: str | None) -> Threshold:
    """The line at which the weights' card says that at most few of the reals lie (5 % where it does not say how many), or 0 as in the papers' test code."""
    if calibration := card.calibration.get(rule):
        origin = f"the card of {weights}, input rule {rule}: about {100 * calibration.some_alarms:g} % false alarms"
        return Threshold("fixed", calibration.pooled.some, origin)
    return papers(f"the papers' test code ({weights} has no calibration for the input rule {rule})")


def papers(origin: str = "the papers' test code") -> Threshold:
    """A probability of one half."""
    return Threshold("fixed", 0.0, origin)


def chosen(real: Sequence[float], fake: Sequence[float], folder: str) -> Threshold:
    """The best line on pictures of another folder, as UnivFD, section 5.3."""
    if not len(real) or not len(fake):
        raise ForensicsError(
            f"A threshold can only be chosen on scored pictures of both classes; {folder!r} has {len(real)} real and {len(fake)} fake."
        )
    return Threshold("chosen", best_threshold(real, fake), f"highest mean of real and fake accuracy on {folder} ({len(real)} real, {len(fake)} fake)")


def oracle() -> Threshold:
    """The best line for each generator, by its own labels."""
    return Threshold("oracle", None, CHEATING)


def best_threshold(real: Sequence[float], fake: Sequence[float]) -> float:
    """The line with the highest mean of real and fake accuracy, half way between two scores; of several the one with fewest alarms."""
    levels = Levels.of(np.asarray(real, np.float64), np.asarray(fake, np.float64))
    values, size = levels.values, len(levels.values)
    if not size:
        return 0.0
    alarms, found = (np.concatenate([[0], np.cumsum(np.bincount(part, minlength=size))]) for part in (levels.real, levels.fake))
    gain = found / max(1, len(fake)) - alarms / max(1, len(real))
    flagged = int(np.argmax(np.round(gain, 12)))
    if flagged == 0:
        return float(np.nextafter(values[0], np.inf))
    if flagged == size:
        return float(values[-1])
    middle = (values[flagged - 1] + values[flagged]) / 2
    # Between neighbouring floating point numbers there is no middle.
    return float(middle if middle > values[flagged] else values[flagged - 1])
