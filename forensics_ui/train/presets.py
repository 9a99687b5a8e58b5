"""Named settings. `paper` is what the authors print for their detector; `own` is the recipe of the weights that ship."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.train.history import NONE, History


@dataclass(frozen=True)
class Preset:
    """Everything that decides what is learnt, apart from the data, the seed and the time."""

    name: str
    batch: int = 32
    rate: float = 1e-4
    schedule: str = "constant"  # or "one-cycle": warm up for a twentieth, then half a cosine
    weight_decay: float = 0.0
    # From this progress (0..1) on, the sides of crops; a step takes one at random. Receptive fields are 23 pixels, so small
    # crops of many pictures teach the convolutions most per second; large ones at the end set the Top-K layer right.
    crops: tuple[tuple[float, tuple[int, ...]], ...] = ((0.0, (224,)),)
    squash: int = 0  # resize to this square first, as the papers do; 0: never
    balanced: bool = False  # halves of both classes, and sources by the root of their size
    history: History = field(default=NONE)
    average: float = 0.0  # decay of the averaged weights that are kept; 0: keep the last ones
    epochs: float = 50.0

    def as_dict(self) -> dict[str, Any]:
        """For the card: JSON-ready."""
        return asdict(self)


# With a teacher, the recipe of the second stage of the weights that ship (their card has the first). Small crops first, then
# sizes like those that are scored: among few places the sixteen largest are something else than among many. Saves are rarer
# than in the world: while half of the crops were saved, saved validation pictures were told apart no better than by chance.
OWN = Preset(
    "own",
    batch=32,
    rate=1e-3,
    schedule="one-cycle",
    weight_decay=0.01,
    crops=((0.0, (80, 96, 128)), (0.45, (96, 128, 160)), (0.85, (160, 224, 256))),
    balanced=True,
    history=History(shrink=(0.6, 0.35), first_jpeg=(0.1, 0.1), last_save=0.3, webp=0.15, quality=(70, 100), skew=1.6),
    average=0.998,
    epochs=200.0,
)
PAPER = {
    "lfm": Preset("paper", rate=1e-4, squash=256),
    "npr": Preset("paper", rate=2e-4, squash=256),
}
NAMES = ("own", "paper")


def preset_for(name: str, detector: str) -> Preset:
    """The settings of that name for that detector."""
    if name == "own":
        return OWN
    if name == "paper" and detector in PAPER:
        return PAPER[detector]
    raise ForensicsError(f"There is no preset {name!r} for {detector!r}; there are: {', '.join(NAMES)}.")
