"""A rendering as the page reads it: numbers, sentences, tables, curves, and a specification for the viewer."""

from __future__ import annotations

from typing import Any

from forensics_ui.core.types import Box, Picture
from forensics_ui.imaging.colour import MARKS, palette_spec
from forensics_ui.imaging.pyramid import TILE
from forensics_ui.ui.view_jobs import Showing
from forensics_ui.views.base import VIEWS, Curve, Mark, Option, Pane, Rendering, Table, View
from forensics_ui.views.common import plain_value

TILES_HERE = "/forensics/tiles"
PIXELS_HERE = "/forensics/pixels"
COLOURS = {kind: "#" + bytes(colour).hex() for kind, colour in MARKS.items()}
REDUCED = {"mean": "average", "max": "largest magnitude", "rms": "root mean square"}


def describe_views() -> list[dict[str, Any]]:
    """All views in the order of their tabs, with their controls."""
    kinds = sorted((kind for _, kind in VIEWS), key=lambda kind: (kind.order, kind.name))
    return [_described(kind) for kind in kinds]


def _described(kind: type[View]) -> dict[str, Any]:
    names = ("name", "title", "shows", "misleads", "slow", "needs_second")
    return {**{name: getattr(kind, name) for name in names}, "options": [_option(option) for option in kind.options]}


def _option(option: Option) -> dict[str, Any]:
    kind = "switch" if isinstance(option.default, bool) else "choice" if option.choices else "number" if option.low is not None else "text"
    names = ("name", "label", "default", "low", "high", "step", "help", "paints")
    return {**{name: getattr(option, name) for name in names}, "kind": kind, "choices": list(option.choices)}


def rendering_json(showing: Showing, made: Rendering, picture: Picture) -> dict[str, Any]:
    """Everything that the page shows of one view."""
    return plain_value(
        {
            "id": showing.id,
            "view": showing.view,
            "options": showing.options,
            "sentences": made.sentences,
            "reason_codes": [each.as_dict() for each in made.reasons],
            "numbers": made.numbers,
            "tables": [_table(table) for table in made.tables],
            "curves": [_curve(curve) for curve in made.curves],
            "crops": [{"caption": caption, **_box(box)} for caption, box in made.crops],
            "viewer": _viewer(showing, made, picture) if made.panes else None,
        }
    )


def _viewer(showing: Showing, made: Rendering, picture: Picture) -> dict[str, Any]:
    ids = [pane.id for pane in made.panes]
    base = next((pane.id for pane in made.panes if pane.scale is None), None)
    return {
        "width": picture.width,
        "height": picture.height,
        "picture": picture.sha256,
        "label": f"{picture.name}: {', '.join(pane.title for pane in made.panes)}",
        "panes": [_pane(_tiles(showing, index, pane, picture), pane, base if base in ids else None) for index, pane in enumerate(made.panes)],
        "boxes": [_mark(mark) for mark in made.marks],
    }


def _tiles(showing: Showing, index: int, pane: Pane, picture: Picture) -> str:
    """Where the tiles of a pane are. Those of the picture itself keep their address, and so their place on the screen, whatever is beside it."""
    own = pane.scale is None and pane.values is picture.rgb
    return f"{PIXELS_HERE}/{showing.token}" if own else f"{TILES_HERE}/{showing.source.id}/{index}"


def _pane(tiles: str, pane: Pane, base: str | None) -> dict[str, Any]:
    width, height = pane.size
    told: dict[str, Any] = {
        "id": pane.id,
        "title": pane.title,
        "note": pane.note,
        "kind": "map" if pane.scale else "picture",
        "format": "values" if pane.scale else "image",
        "levels": {"tile": TILE, "url": f"{tiles}/{{scale}}/{{column}}/{{row}}"},
        "size": [width, height],
        "place": {"x": pane.offset[0], "y": pane.offset[1], "width": width * pane.step, "height": height * pane.step},
        "reduce": REDUCED["mean" if pane.scale is None else pane.reduce],
    }
    if pane.scale is None:
        told["exact"] = True
        return told
    told["palette"] = palette_spec(pane.scale.colours, pane.scale.low, pane.scale.high, pane.scale.unit, clips=True)
    if pane.over_picture and base:
        told.update(base=base, opacity=0.65)
    return told


def _box(box: Box) -> dict[str, int]:
    return {"x": box.left, "y": box.top, "w": box.width, "h": box.height}


def _mark(mark: Mark) -> dict[str, Any]:
    return {**_box(mark.box), "label": mark.label, "kind": mark.kind, "colour": COLOURS[mark.kind]}


def _table(table: Table) -> dict[str, Any]:
    return {"title": table.title, "columns": table.columns, "rows": table.rows, "places": [_box(box) for box in table.marks]}


def _curve(curve: Curve) -> dict[str, Any]:
    names = ("title", "x_label", "y_label", "x", "lines", "thresholds", "logarithmic", "bars")
    return {name: getattr(curve, name) for name in names}
