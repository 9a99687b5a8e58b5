"""Where the cells of a feature map lie on the picture, and maps drawn there."""

from __future__ import annotations

import numpy as np

from forensics_ui.core.types import Analysis, Box, Cells, ExactMap, Picture, Seen, TopKTerms
from forensics_ui.views.base import Pane, Scale


def drawn_first(cells: Cells) -> int:
    """The block pixel where the square of the first cell is drawn: stride pixels wide, in the middle of what the cell looks at.

    Rounded to an even pixel, so that squares never cut a 2 x 2 cell of pixel relationships in two.
    """
    return 2 * round(((cells.field - cells.stride) / 2 - cells.inset) / 2)


def block_origin(seen: Seen) -> tuple[int, int]:
    """The picture pixel (left, top) of the block's first pixel; negative where the block has borders added."""
    if not seen.padded:
        return seen.box.left, seen.box.top
    (width, height), box = seen.input_size, seen.box
    return box.left - (width - box.width) // 2, box.top - (height - box.height) // 2


def to_picture(seen: Seen, picture: Picture, left: int, top: int, width: int, height: int) -> Box:
    """A rectangle of block pixels in picture pixels, cut to the picture."""
    x, y = block_origin(seen)
    across = seen.box.width / seen.input_size[0] if seen.resampled else 1.0
    down = seen.box.height / seen.input_size[1] if seen.resampled else 1.0
    edges = (x + left * across, y + top * down, x + (left + width) * across, y + (top + height) * down)
    first_x, first_y = max(0, int(np.floor(edges[0]))), max(0, int(np.floor(edges[1])))
    last_x, last_y = min(picture.width, int(np.ceil(edges[2]))), min(picture.height, int(np.ceil(edges[3])))
    return Box(min(first_x, picture.width), min(first_y, picture.height), max(0, last_x - first_x), max(0, last_y - first_y))


def field_box(seen: Seen, cells: Cells, picture: Picture, row: int, column: int) -> Box:
    """The pixels of the picture that one cell is computed from."""
    return to_picture(seen, picture, column * cells.stride - cells.inset, row * cells.stride - cells.inset, cells.field, cells.field)


def contributions(evidence: ExactMap | TopKTerms, ranks: int | None = None) -> np.ndarray:
    """What every place adds to the logit, (rows, columns) float64; of Top-K terms the first `ranks` of each channel."""
    if isinstance(evidence, ExactMap):
        return evidence.contributions.astype(np.float64)
    total = np.zeros(evidence.grid)
    kept = np.s_[:, :ranks]
    np.add.at(total, (evidence.row[kept], evidence.column[kept]), evidence.value[kept].astype(np.float64) * evidence.weight[kept])
    return total


def evidence_of(analysis: Analysis) -> ExactMap | TopKTerms:
    """The evidence of an analysis that has some."""
    assert analysis.evidence is not None, "asked only where there is some"
    return analysis.evidence


def map_pane(name: tuple[str, str], values: np.ndarray, cells: Cells, where: tuple[Seen, Picture], scale: Scale, note: str = "") -> Pane:
    """A feature map as a pane over the picture; `name` is its id and title. A squashed map is stretched back, nearest, one pixel a pixel."""
    seen, picture = where
    values = values.astype(np.float32)
    if seen.resampled:
        return Pane(
            *name, lambda: stretched(values, cells, seen, picture), scale, note=f"{note} Computed on the squashed picture.".strip(), over_picture=True
        )
    first = drawn_first(cells)
    x, y = block_origin(seen)
    return Pane(*name, lambda: values, scale, cells.stride, (x + first, y + first), note=note, over_picture=True)


def stretched(values: np.ndarray, cells: Cells, seen: Seen, picture: Picture) -> np.ndarray:
    """The map of a squashed block at the size of the picture; 0 where no cell is drawn."""
    rows = (np.arange(picture.height) + 0.5) * seen.input_size[1] / picture.height
    columns = (np.arange(picture.width) + 0.5) * seen.input_size[0] / picture.width
    r = np.floor((rows - drawn_first(cells)) / cells.stride).astype(int)
    c = np.floor((columns - drawn_first(cells)) / cells.stride).astype(int)
    padded = np.zeros((values.shape[0] + 2, values.shape[1] + 2), np.float32)
    padded[1:-1, 1:-1] = values
    return padded[np.clip(r + 1, 0, values.shape[0] + 1)][:, np.clip(c + 1, 0, values.shape[1] + 1)]
