"""Views on paper: panes side by side with their printed scales, curves drawn with the pen, the first rows of tables."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from forensics_ui.imaging.colour import MARKS, NO_VALUE
from forensics_ui.report.pdf_page import BODY, LINE, SMALL, SOFT, Page
from forensics_ui.report.phrases import sentence, short
from forensics_ui.report.plots import plot_of

COLUMNS, GAP = 3, 5.0
MOST_TABLE_ROWS = 12
PLOT = 640  # units across; the page scales them
PLOT_WIDTH = 130.0


def draw_section(page: Page, section: Mapping[str, Any], file: Mapping[str, Any] | None, images: Mapping[str, bytes]) -> None:
    """One view, or any other section: words, panes, crops, curves, tables."""
    page.heading(section["title"])
    if section["shows"]:
        page.paragraph(section["shows"])
        page.paragraph(f"How it misleads: {section['misleads']}", BODY, SOFT)
    if section["not_shown"]:
        page.paragraph(f"Nothing to show here: {sentence(section['not_shown'])}")
    page.bullets([sentence(line) for line in section["sentences"]])
    if file:
        _panes(page, section, file, images)
        _crops(page, section["crops"], images)
    for curve in section["curves"]:
        draw_plot(page, curve)
    for table in section["tables"]:
        _table(page, table)


def _panes(page: Page, section: Mapping[str, Any], file: Mapping[str, Any], images: Mapping[str, bytes]) -> None:
    panes = section["panes"]
    base = next((pane["image"] for pane in panes if not pane["scale"]), file["preview"])
    across = 2 if len(panes) in (1, 2, 4) else COLUMNS
    wide = min((page.epw - GAP * (across - 1)) / across, 180 * file["width"] / file["height"])
    high = wide * file["height"] / file["width"]
    for row in _batched(panes, across):
        if page.will_page_break(high + 18):
            page.add_page()
        top = page.get_y() + 2
        bottoms = [
            _captioned(page, pane, section["marks"], (file, base, images), (page.l_margin + at * (wide + GAP), top, wide))
            for at, pane in enumerate(row)
        ]
        page.set_xy(page.l_margin, max(bottoms) + 2)


def _batched(panes: Sequence[Any], size: int) -> list[Sequence[Any]]:
    return [panes[at : at + size] for at in range(0, len(panes), size)]


def _captioned(page: Page, pane: Mapping[str, Any], marks: Sequence[Any], of: tuple[Any, ...], where: tuple[float, float, float]) -> float:
    """A pane with its title, scale and note; gives where it ends."""
    file, base, images = of
    left, top, wide = where
    page.ink(SMALL, style="B")
    page.set_xy(left, top)
    page.multi_cell(wide, SMALL * 0.45, page.text_of(pane["title"]), align="L", new_x="LEFT", new_y="NEXT")
    start = page.get_y() + 0.5
    high = draw_pane(page, pane, file, images, (left, start, wide), base)
    _marks(page, marks, file, (left, start, wide, high))
    y = start + high + 1
    page.ink(SMALL - 1, SOFT)
    if pane["scale"]:
        _scale(page, pane["scale"], (left, y, wide))
        y += 6.5
    page.set_xy(left, y)
    if pane["note"]:
        page.multi_cell(wide, SMALL * 0.42, page.text_of(pane["note"]), align="L", new_x="LEFT", new_y="NEXT")
    page.ink()
    return page.get_y()


def draw_pane(
    page: Page,
    pane: Mapping[str, Any],
    file: Mapping[str, Any],
    images: Mapping[str, bytes],
    where: tuple[float, float, float],
    base: str | None = None,
) -> float:
    """The pixels of a pane where they lie on the picture, grey elsewhere; gives the height drawn."""
    left, top, wide = where
    high = wide * file["height"] / file["width"]
    page.set_fill_color(*NO_VALUE)
    page.rect(left, top, wide, high, style="F")
    x, y, width, height = pane["place"]
    with page.rect_clip(left, top, wide, high):
        if pane["over_picture"] and base in images:
            page.image(io.BytesIO(images[base]), left, top, wide, high)
        # Single cells of a sparse map are lost where a viewer averages it down.
        image = pane["small"] if pane["over_picture"] else pane["image"]
        if image in images:
            with page.local_context(fill_opacity=0.68 if pane["over_picture"] else 1.0):
                page.image(io.BytesIO(images[image]), left + x * wide, top + y * high, width * wide, height * high)
    return high


def _marks(page: Page, marks: Sequence[Mapping[str, Any]], file: Mapping[str, Any], where: tuple[float, float, float, float]) -> None:
    left, top, wide, high = where
    across, down = wide / file["width"], high / file["height"]
    page.set_line_width(0.4)
    for mark in marks:
        page.set_draw_color(*MARKS.get(mark["kind"], MARKS["neutral"]))
        page.rect(left + mark["left"] * across, top + mark["top"] * down, mark["width"] * across, mark["height"] * down)
    page.set_line_width(0.2)


def _scale(page: Page, scale: Mapping[str, Any], where: tuple[float, float, float]) -> None:
    left, top, wide = where
    step = wide / len(scale["colours"])
    for at, colour in enumerate(scale["colours"]):
        page.set_fill_color(colour)
        # A hair wider than its place, or viewers show seams.
        page.rect(left + at * step, top, step + (0.1 if at + 1 < len(scale["colours"]) else 0), 2.2, style="F")
    page.set_xy(left, top + 2.6)
    page.cell(wide / 2, 3, short(scale["low"]))
    page.cell(wide / 2, 3, f"{short(scale['high'])} {scale['unit']}", align="R")


def _crops(page: Page, crops: Sequence[Mapping[str, Any]], images: Mapping[str, bytes]) -> None:
    wide = (page.epw - 5 * GAP) / 6
    for row in _batched(crops, 6):
        if page.will_page_break(wide + 14):
            page.add_page()
        top, bottom = page.get_y() + 2, page.get_y()
        for at, crop in enumerate(row):
            left = page.l_margin + at * (wide + GAP)
            page.image(io.BytesIO(images[crop["image"]]), left, top, wide, wide, keep_aspect_ratio=True)
            page.ink(SMALL - 1, SOFT)
            page.set_xy(left, top + wide + 0.5)
            page.multi_cell(wide, 2.8, page.text_of(crop["caption"]), align="L", new_x="LEFT", new_y="NEXT")
            bottom = max(bottom, page.get_y())
        page.set_xy(page.l_margin, bottom + 1)
    page.ink()


def draw_plot(page: Page, curve: Mapping[str, Any]) -> None:
    """A curve or histogram, scaled to the page."""
    plot = plot_of(curve, PLOT, 240)
    unit = PLOT_WIDTH / PLOT
    if page.will_page_break(plot.height * unit + 18):
        page.add_page()
    page.ln(1)
    page.paragraph(curve["title"], BODY, style="B")
    left, top = page.l_margin, page.get_y()
    first, _, last, _ = plot.frame

    def line(points: Sequence[tuple[float, float]]) -> None:
        page.polyline([(left + x * unit, top + y * unit) for x, y in points])

    page.set_draw_color(*LINE)
    for y, _ in plot.y_ticks:
        line([(first, y), (last, y)])
    for colour, x, y, wide, high in plot.bars:
        page.set_fill_color(colour)
        page.rect(left + x * unit, top + y * unit, wide * unit, high * unit, style="F")
    page.set_line_width(0.4)
    for colour, points in plot.lines:
        page.set_draw_color(colour)
        if len(points) > 1:
            line(points)
    page.set_line_width(0.2)
    for colour, y in plot.levels:
        page.set_draw_color(colour)
        with page.local_context(dash_pattern={"dash": 1.5, "gap": 1}):
            line([(first, y), (last, y)])
    _plot_words(page, plot, curve, (left, top, unit))


def _plot_words(page: Page, plot: Any, curve: Mapping[str, Any], where: tuple[float, float, float]) -> None:
    left, top, unit = where
    first, _, last, lower = plot.frame
    page.ink(SMALL - 1, SOFT)
    for y, label in plot.y_ticks:
        page.set_xy(left, top + y * unit - 1.5)
        page.cell(first * unit - 1, 3, page.text_of(label), align="R")
    for x, label in plot.x_ticks:
        page.set_xy(left + x * unit - 12, top + lower * unit + 0.6)
        page.cell(24, 3, page.text_of(label), align="C")
    page.set_xy(left + first * unit, top + lower * unit + 4)
    page.cell((last - first) * unit, 3, page.text_of(f"across: {curve['x_label']}; up: {curve['y_label']}"), align="C", new_x="LMARGIN", new_y="NEXT")
    for colour, words in plot.legend:
        page.set_fill_color(colour)
        page.rect(left, page.get_y() + 1.2, 5, 0.9, style="F")
        page.set_x(left + 7)
        page.cell(0, 3.2, page.text_of(words), new_x="LMARGIN", new_y="NEXT")
    page.ln(2)
    page.ink()


def _table(page: Page, table: Mapping[str, Any]) -> None:
    if page.will_page_break(24):
        page.add_page()
    shown = table["rows"][:MOST_TABLE_ROWS]
    more = f" (the first {len(shown)} of {table['rows_in_all']:,} rows)" if table["rows_in_all"] > len(shown) else ""
    page.paragraph(f"{table['title']}{more}", BODY, style="B")
    rows = [[short(value) if isinstance(value, int | float) and not isinstance(value, bool) else value for value in row] for row in shown]
    page.grid(table["columns"], rows, _widths(table["columns"], rows))


def _widths(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[float]:
    """Columns as wide as their texts ask, none so narrow that words break."""
    longest = [max(len(str(row[at])) if row[at] is not None else 0 for row in (columns, *rows)) for at in range(len(columns))]
    words = [max(map(len, str(column).split()), default=0) for column in columns]
    return [min(60.0, max(8.0, 1.5 * word, float(length))) for length, word in zip(longest, words, strict=True)]
