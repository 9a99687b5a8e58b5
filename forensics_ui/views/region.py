"""Region: the score of a part of the picture and of the rest, and a map of scores tile by tile, at native resolution."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, because, fact
from forensics_ui.core.types import Box, Picture
from forensics_ui.imaging.rules import ALIGNMENT
from forensics_ui.views.base import VIEWS, Mark, Option, Pane, Rendering, Scale, Subject, Table, View
from forensics_ui.views.common import DETECTOR, ask_each, original, rounded, threshold_of, title_of

TILE = 256  # as large as the crop rule's block, so the thresholds of that rule apply


def aligned(x: int, y: int, width: int, height: int, picture: Picture) -> Box:
    """The box moved up and left to a multiple of 8 and made even, within the picture; NotApplicable if nothing is left."""
    left, top = min(x, picture.width) // ALIGNMENT * ALIGNMENT, min(y, picture.height) // ALIGNMENT * ALIGNMENT
    # What the corner moved by is added, so that everything that was drawn is inside.
    right, bottom = min(x + width, picture.width), min(y + height, picture.height)
    box = Box(left, top, (right - left) // 2 * 2, (bottom - top) // 2 * 2)
    if box.width < 2 or box.height < 2:
        raise NotApplicable(because("no_whole_cell_in_box", x=x, y=y, box_width=width, box_height=height, width=picture.width, height=picture.height))
    return box


def tile_boxes(picture: Picture, tile: int = TILE) -> list[list[Box]]:
    """Tiles row by row, all of one size: the last ones are moved back into the picture, to a multiple of 8."""
    rows, columns = _starts(picture.height, tile), _starts(picture.width, tile)
    return [[Box(left, top, min(tile, picture.width), min(tile, picture.height)) for left in columns] for top in rows]


def _starts(length: int, tile: int) -> list[int]:
    """Where tiles begin: scores of tiles of different sizes could not be compared."""
    if length <= tile:
        return [0]
    return [min(start, (length - tile) // ALIGNMENT * ALIGNMENT) for start in range(0, length, tile)]


def cut(picture: Picture, box: Box) -> np.ndarray:
    """The pixels of a box."""
    return picture.rgb[box.top : box.top + box.height, box.left : box.left + box.width]


def apart(one: Box, other: Box) -> bool:
    """Whether two boxes share no pixel."""
    return (
        one.left + one.width <= other.left
        or other.left + other.width <= one.left
        or one.top + one.height <= other.top
        or other.top + other.height <= one.top
    )


@VIEWS.register("region")
class Region(View):
    """Score of a box, of the tiles outside it, and of every tile."""

    name = "region"
    title = "Region"
    shows = "The score of the box you draw, of the rest of the picture, and of every 256-pixel tile, all at native resolution: a generated part in a real photograph can show here."
    misleads = (
        "One tile above the threshold among many is normal: each tile is wrong as often as the detector is, smooth sky and dark areas score at random, "
        "and scores of boxes of different sizes cannot be compared with each other."
    )
    options = (
        DETECTOR,
        Option("x", "Left", 0, low=0, high=20_000, step=1, help="in pixels of the picture"),
        Option("y", "Top", 0, low=0, high=20_000, step=1),
        Option("w", "Width", 0, low=0, high=20_000, step=1, help="0: no box, only the tiles"),
        Option("h", "Height", 0, low=0, high=20_000, step=1),
        Option("tiles", "Tile map", True, help="score every tile of the picture; takes a while for a large one"),
    )
    slow = True
    order = 80

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture = subject.picture
        box = aligned(chosen["x"], chosen["y"], chosen["w"], chosen["h"], picture) if chosen["w"] and chosen["h"] else None
        if box is None and not chosen["tiles"]:
            raise NotApplicable(because("nothing_to_score"))
        tiles = tile_boxes(picture) if chosen["tiles"] else []
        found, lines = ask_each(subject, chosen["detector"], lambda name: _look(subject, name, box, tiles))
        panes, numbers, sentences, rows = [original(subject)], {}, _about(box, chosen, tiles), []
        for name, (of_box, scores) in found.items():
            numbers[name] = _numbers(of_box, scores, box, tiles)
            sentences += _sentences(subject, name, numbers[name])
            if tiles:
                panes.append(_pane(subject, name, scores))
                rows += [(title_of(name), tile.left, tile.top, rounded(scores[r, c])) for r, row in enumerate(tiles) for c, tile in enumerate(row)]
        at = [box.left, box.top, box.width, box.height] if box else None
        table = Table("Tiles", ("detector", "left", "top", "logit"), tuple(rows), tuple(tile for _ in found for row in tiles for tile in row))
        marks = (Mark(box, "the box", "neutral"),) if box else ()
        return Rendering(tuple(panes), {"box": at, "tile": TILE, "detectors": numbers}, (*sentences, *lines), marks, (table,) if tiles else ())


def _look(subject: Subject, detector: str, box: Box | None, tiles: list[list[Box]]) -> tuple[float | None, np.ndarray]:
    """Score the box and the tiles; NotApplicable if neither can be."""
    reason, of_box = None, None
    if box is not None:
        try:
            of_box = subject.logit_of(cut(subject.picture, box), detector, "native")
        except NotApplicable as error:
            reason = error
    count, done = sum(map(len, tiles)), 0
    scores = np.full((len(tiles), len(tiles[0]) if tiles else 0), np.nan)
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            # Every tile has the same size: if one is too small for the detector, all are, and the first says so.
            scores[row, column] = subject.logit_of(cut(subject.picture, tile), detector, "native")
            done += 1
            subject.progress(done, count)
    if reason is not None and not count:
        raise reason
    return of_box, scores


def _numbers(of_box: float | None, scores: np.ndarray, box: Box | None, tiles: list[list[Box]]) -> dict[str, Any]:
    outside = [scores[r, c] for r, row in enumerate(tiles) for c, tile in enumerate(row) if box is not None and apart(tile, box)]
    found: dict[str, Any] = {"box_logit": None if of_box is None else rounded(of_box)}
    found["rest"] = {"tiles": len(outside), "mean": rounded(float(np.mean(outside))), "highest": rounded(float(np.max(outside)))} if outside else None
    if scores.size:
        row, column = np.unravel_index(int(np.argmax(scores)), scores.shape)
        place = tiles[row][column]
        found["tiles"] = {
            "count": int(scores.size),
            "mean": rounded(float(scores.mean())),
            "highest": rounded(float(scores.max())),
            "highest_at": [place.left, place.top],
        }
        found["tile_logits"] = [[rounded(float(each)) for each in row] for row in scores]
    return found


def _pane(subject: Subject, name: str, scores: np.ndarray) -> Pane:
    limit, origin = threshold_of(subject, name, "crop")
    end = max(1.0, float(np.abs(scores - limit).max()))
    note = f"one square a tile of {TILE} pixels; neutral at the threshold {limit:+.2f} ({origin})"
    scale = Scale(limit - end, limit + end, "logit", "signed", signed=True)
    return Pane(f"tiles_{name}", f"{title_of(name)}, tile by tile", lambda: scores.astype(np.float32), scale, TILE, note=note, over_picture=True)


def _about(box: Box | None, chosen: Mapping[str, Any], tiles: list[list[Box]]) -> list[Reason]:
    lines = []
    drawn = (chosen["x"], chosen["y"], chosen["w"], chosen["h"])
    if box and (box.left, box.top, box.width, box.height) != drawn:
        lines.append(fact("box_aligned", left=box.left, top=box.top, width=box.width, height=box.height))
    if tiles and any(tile.left % TILE or tile.top % TILE for row in tiles for tile in row):
        lines.append(fact("tiles_overlap"))
    return lines


def _sentences(subject: Subject, name: str, found: dict[str, Any]) -> list[Reason]:
    title, lines = title_of(name), []
    if found["box_logit"] is not None:
        lines.append(fact("box_scores", title=title, logit=found["box_logit"]))
    if found["rest"]:
        rest = found["rest"]
        lines.append(fact("rest_scores", title=title, tiles=rest["tiles"], mean=rest["mean"], highest=rest["highest"]))
    if "tiles" in found:
        limit, origin = threshold_of(subject, name, "crop")
        above = sum(each >= limit for row in found["tile_logits"] for each in row)
        lines.append(fact("tiles_above", title=title, above=above, count=found["tiles"]["count"], limit=limit, origin=origin))
    return lines
