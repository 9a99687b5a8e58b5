"""Views as parts of a report: their words, numbers, tables and curves, and their panes as PNG with their printed scales."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.core.types import Picture
from forensics_ui.imaging.colour import colourise, png, table
from forensics_ui.imaging.pyramid import reduced
from forensics_ui.report.model import PaneEntry, Section
from forensics_ui.words import sentence_of
from forensics_ui.words.rendering import spoken

if TYPE_CHECKING:
    from forensics_ui.views.base import Pane, Rendering, Subject, View

Images = MutableMapping[str, bytes]
LONGEST = 1200  # pixels of the longer side of a picture or map in a report
SMALL = 300  # of the pane as it first stands in a column: reduced by its own rule, because a browser would drop single cells
SHORTEST = 300  # below this every cell is repeated, so that no viewer smooths a small map
MOST_ROWS, MOST_CROPS, MOST_POINTS = 60, 12, 600
LEVEL = 6  # of the PNG compression
REDUCED = {"mean": "average", "max": "largest magnitude", "rms": "root mean square"}
PREVIEW = "Preview, averaged down {block} x {block}; the measurements were made on all pixels"


def keep(images: Images, pixels: np.ndarray) -> str:
    """Put pixels among the images of a report; gives their name there."""
    data = png(pixels, LEVEL)
    name = hashlib.sha256(data).hexdigest()
    images[name] = data
    return name


def preview(picture: Picture, images: Images, longest: int = LONGEST) -> str:
    """The picture, averaged down where it is large; gives its name among the images."""
    return keep(images, reduced(picture.rgb, block_for(picture.rgb.shape, longest), "mean"))


def block_for(shape: Sequence[int], longest: int = LONGEST) -> int:
    """By which whole factor a plane must be reduced."""
    return max(1, -(-max(shape[:2]) // longest))


def look(name: str, given: Mapping[str, Any], subject: Subject, images: Images) -> Section:
    """One view of the subject; one that has nothing to say says why, and one that breaks does not take the report down."""
    from forensics_ui.views import VIEWS

    view = VIEWS.get(name)()
    options = view.parse(given)
    about = {"name": name, "title": view.title, "shows": view.shows, "misleads": view.misleads, "options": options}
    try:
        return _section(about, spoken(view.render(subject, **options)), subject.picture, images)
    except Cancelled:
        raise
    except ForensicsError as reason:
        return Section(**about, not_shown=sentence_of(reason))
    except Exception as error:
        return Section(**about, not_shown=f"something went wrong inside this view ({type(error).__name__})")


def _section(about: Mapping[str, Any], made: Rendering, picture: Picture, images: Images) -> Section:
    from forensics_ui.views.common import plain_value

    panes = [pane_entry(pane, picture, images) for pane in made.panes if pane.id != "original" or made.marks or len(made.panes) > 1]
    return Section(
        **about,
        sentences=tuple(map(str, made.sentences)),
        reason_codes=tuple(plain_value(each.as_dict()) for each in made.reasons),
        numbers=plain_value(made.numbers),
        panes=tuple(panes),
        marks=tuple({**asdict(mark.box), "label": mark.label, "kind": mark.kind} for mark in made.marks),
        tables=tuple(_table(each) for each in made.tables),
        curves=tuple(_curve(each) for each in made.curves),
        crops=tuple(_crop(caption, box, picture, images) for caption, box in made.crops[:MOST_CROPS] if box.area),
    )


def pane_entry(pane: Pane, picture: Picture, images: Images) -> PaneEntry:
    """A pane with its pixels: a picture averaged down, a map at its own size in its colours, reduced only where it is huge."""
    shape = pane.values.shape
    block, notes = block_for(shape), [pane.note] if pane.note else []
    if block > 1:
        notes.append(
            PREVIEW.format(block=block) if pane.scale is None else f"One pixel is the {REDUCED[pane.reduce]} of {block} x {block} of the map"
        )
    image = small = keep(images, drawn(pane, block))
    if pane.scale is not None and max(shape[:2]) > SMALL:
        small = keep(images, drawn(pane, block_for(shape, SMALL)))
    cell = pane.step
    place = (
        pane.offset[0] / picture.width,
        pane.offset[1] / picture.height,
        shape[1] * cell / picture.width,
        shape[0] * cell / picture.height,
    )
    return PaneEntry(pane.id, pane.title, image, small, place, _scale(pane), pane.over_picture, " ".join(f"{note.rstrip('.')}." for note in notes))


def drawn(pane: Pane, block: int) -> np.ndarray:
    """The pixels of a pane, reduced by a whole factor in the way of the pane, then coloured; small ones with every cell repeated."""
    pixels = reduced(pane.values, block, "mean" if pane.scale is None else pane.reduce)
    if pane.scale is None:
        return pixels
    colours = colourise(pixels, pane.scale.low, pane.scale.high, pane.scale.colours)
    repeat = max(1, SHORTEST // max(colours.shape[:2])) if block == 1 else 1
    return np.ascontiguousarray(np.repeat(np.repeat(colours, repeat, 0), repeat, 1))


def _scale(pane: Pane) -> dict[str, Any] | None:
    """The printed scale: its ends and enough of its colours to draw it."""
    if pane.scale is None:
        return None
    colours = ["#" + bytes(table(pane.scale.colours)[entry]).hex() for entry in np.linspace(1, 255, 33).round().astype(int)]
    return {"low": pane.scale.low, "high": pane.scale.high, "unit": pane.scale.unit, "colours": colours}


def _table(made: Any) -> dict[str, Any]:
    from forensics_ui.views.common import plain_value

    rows = [plain_value(row) for row in made.rows[:MOST_ROWS]]
    return {"title": made.title, "columns": list(made.columns), "rows": rows, "rows_in_all": len(made.rows)}


def _curve(made: Any) -> dict[str, Any]:
    """A curve as it is; one with very many points is thinned evenly, which is said."""
    from forensics_ui.views.common import plain_value

    step = -(-len(made.x) // MOST_POINTS)

    def thin(values: Any) -> list[Any]:
        return plain_value(values[::step])

    kept = ("title", "x_label", "y_label", "logarithmic", "bars")
    return {
        **{name: getattr(made, name) for name in kept},
        "x": thin(made.x),
        "lines": {name: thin(values) for name, values in made.lines.items()},
        "thresholds": dict(made.thresholds),
        "every": step,
    }


def _crop(caption: str, box: Any, picture: Picture, images: Images) -> dict[str, Any]:
    pixels = picture.rgb[box.top : box.top + box.height, box.left : box.left + box.width]
    larger = max(1, 96 // max(pixels.shape[:2]))
    shown = np.repeat(np.repeat(reduced(pixels, block_for(pixels.shape, 480), "mean"), larger, 0), larger, 1)
    return {"caption": caption, "box": asdict(box), "image": keep(images, np.ascontiguousarray(shown))}


def thumbnail(rgb: np.ndarray, images: Images, side: int = 96) -> str:
    """A small picture for a row of a table."""
    height, width = rgb.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return keep(images, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


def in_order() -> list[type[View]]:
    """All views in the order of their tabs."""
    from forensics_ui.views import VIEWS

    return sorted((view for _, view in VIEWS), key=lambda view: (view.order, view.name))
