"""JPEG ghosts: the picture is saved at every quality, and compared. Where it was saved before, the difference dips."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.imaging import resave
from forensics_ui.views.base import VIEWS, Curve, Option, Pane, Rendering, Scale, Subject, View
from forensics_ui.views.common import original, rounded

QUALITIES = tuple(range(30, 101))
REACH = 3  # a dip is deeper than the mean of the two qualities this far away
SEARCHED = QUALITIES[REACH:-REACH]
BLOCK = 16
DEEP = 0.6  # of that mean; rounding alone makes shallow dips at the highest qualities
# A save whose steps are a whole part of an earlier save's steps changes little too, so it dips without having happened.
PARTS = (2, 3, 4)


def squared_differences(plane: np.ndarray, subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """Mean squared change by a save at each quality: of the whole plane, and of every block, (qualities, rows, columns)."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    whole = plane[: rows * BLOCK, : columns * BLOCK]
    blocks = np.empty((len(QUALITIES), rows, columns), np.float32)
    for at, quality in enumerate(QUALITIES):
        change = cv2.absdiff(whole, resave.jpeg(plane, quality)[: rows * BLOCK, : columns * BLOCK]).astype(np.float32)
        blocks[at] = cv2.resize(change * change, (columns, rows), interpolation=cv2.INTER_AREA)
        subject.progress(at + 1, len(QUALITIES))
    return blocks.mean(axis=(1, 2), dtype=np.float64), blocks


def depths(differences: np.ndarray) -> np.ndarray:
    """For the searched qualities: the difference over the mean of its neighbours at +-REACH; 1 is a smooth curve, 0 a save repeated."""
    around = (differences[: -2 * REACH] + differences[2 * REACH :]) / 2
    return np.divide(differences[REACH:-REACH], around, out=np.ones_like(around), where=around > 0)


def dips(curve: np.ndarray) -> list[tuple[int, float]]:
    """Qualities at which the curve dips, the deepest first, with the depth of the dip."""
    depth = depths(curve)
    found = []
    for at, (quality, value) in enumerate(zip(SEARCHED, depth, strict=True)):
        near = depth[max(0, at - REACH) : at + REACH + 1]
        if value < DEEP and value == near.min():
            found.append((quality, float(value)))
    return sorted(found, key=lambda dip: dip[1])


def step_scale(quality: int) -> float:
    """By how many percent the IJG library scales its standard table at a quality."""
    return 5000 / quality if quality < 50 else 200 - 2 * quality


def follows_from(dip: tuple[int, float], others: list[tuple[int, float]]) -> int | None:
    """The coarser quality whose half, third or quarter steps explain a dip that is not clearly deeper; None if it stands for itself."""
    for quality, depth in others:
        parts = [100 - step_scale(quality) / (2 * n) for n in PARTS]
        if quality < dip[0] and dip[1] > 0.9 * depth and any(abs(part - dip[0]) <= 1 for part in parts):
            return quality
    return None


@VIEWS.register("ghosts")
class Ghosts(View):
    """Difference to itself re-saved, over all qualities, and the best fitting quality from block to block."""

    name = "ghosts"
    title = "JPEG ghosts"
    shows = (
        "At which JPEG qualities the picture seems to have been saved before (dips of the curve), and which quality fits best from place to place."
    )
    misleads = (
        "Being saved twice is the normal life of a picture and no sign of a fake; in smooth or dark blocks any quality fits, so the map is noisy there; "
        "qualities are those of the common IJG library with its standard tables: other programs' settings show as the nearest one or not at all, and so does a picture that was resized or cropped since."
    )
    options = (
        Option(
            "shift_x", "Grid shift x", 0, low=0, high=7, step=1, help="for a picture whose left edge was cropped off: where its 8-pixel grid begins"
        ),
        Option("shift_y", "Grid shift y", 0, low=0, high=7, step=1),
    )
    slow = True
    order = 220

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        x, y = chosen["shift_x"], chosen["shift_y"]
        plane = np.ascontiguousarray(resave.luma(subject.picture.rgb)[y:, x:])
        if min(plane.shape) < BLOCK:
            raise NotApplicable(because("too_small_to_compare", width=subject.picture.width, height=subject.picture.height, smallest=BLOCK))
        curve, blocks = squared_differences(plane, subject)
        every = dips(curve)
        explained = {dip[0]: base for dip in every if (base := follows_from(dip, every)) is not None}
        found = [dip for dip in every if dip[0] not in explained]
        depth = depths(blocks)
        # Where no quality stands out there is none to name.
        best = np.where(depth.min(axis=0) < DEEP, np.array(SEARCHED, np.float32)[depth.argmin(axis=0)], np.nan).astype(np.float32)
        numbers = {
            "grid_shift": [x, y],
            "searched": [SEARCHED[0], SEARCHED[-1]],
            "saved_at": [{"quality": quality, "depth": rounded(value, 4)} for quality, value in found],
            "explained_by_coarser": {str(quality): base for quality, base in explained.items()},
            "mean_squared_difference": {str(quality): rounded(float(value), 4) for quality, value in zip(QUALITIES, curve, strict=True)},
            "blocks_without_a_best": rounded(float(np.isnan(best).mean())),
        }
        scale = Scale(float(SEARCHED[0]), float(SEARCHED[-1]), "JPEG quality", "viridis")
        pane = Pane(
            "best_quality",
            "Best fitting quality",
            lambda: best,
            scale,
            BLOCK,
            (x, y),
            note="within about one; grey: no quality stands out in this block",
            over_picture=True,
        )
        line = Curve(
            "Difference to itself, saved again",
            "JPEG quality",
            "mean squared difference",
            QUALITIES,
            {"difference": tuple(float(v) for v in curve)},
            logarithmic=bool((curve > 0).all()),
        )
        return Rendering((original(subject), pane), numbers, tuple(_sentences(found, explained)), curves=(line,))


def _sentences(found: list[tuple[int, float]], explained: dict[int, int]) -> list[Reason]:
    if not found:
        return [fact("no_ghost", low=SEARCHED[0], high=SEARCHED[-1])]
    lines = [fact("ghosts", qualities=[quality for quality, _ in found])]
    if len(found) > 1:
        lines.append(fact("several_saves"))
    return [*lines, *(fact("ghost_explained", quality=quality, base=base) for quality, base in explained.items())]
