"""A page to write reports on: fonts for many scripts, headings, paragraphs, facts, and boxes that may not be torn."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import TableCellFillMode
from fpdf.fonts import FontFace

from forensics_ui.report.fonts import cjk_font, own_fonts
from forensics_ui.report.scripts import is_right_to_left, joined, turned, visible

MARGIN, BODY, SMALL = 16.0, 9.0, 7.5
INK, SOFT, LINE, PANEL = (27, 31, 36), (87, 96, 106), (216, 222, 228), (246, 248, 250)


class Page(FPDF):
    """A4, with the case on top of every page and the hash of the record at its foot."""

    def __init__(self, heading: str, foot: str, created: str) -> None:
        super().__init__(format="A4")
        logging.getLogger("fontTools").setLevel(logging.ERROR)
        self._heading, self._foot = heading, foot
        self.set_margins(MARGIN, MARGIN)
        self.c_margin = 0  # texts begin where pictures and tables do
        self.set_auto_page_break(True, MARGIN + 4)
        self.set_creation_date(datetime.strptime(created, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
        for style, file in own_fonts().items():
            self.add_font("mono" if style == "mono" else "sans", "" if style == "mono" else style, file)
        self.cjk = cjk_font()
        if self.cjk:
            self.add_font("cjk", "", self.cjk[0], collection_font_number=self.cjk[1])
            self.set_fallback_fonts(["cjk"], exact_match=False)
        faces = ("sans", "cjk") if self.cjk else ("sans",)
        self._drawable = frozenset().union(*(self.fonts[face].cmap for face in faces))
        self._base = frozenset(map(chr, self.fonts["sans"].cmap))
        self.ink()
        self.add_page()

    def header(self) -> None:
        """The same line on every page."""
        self.ink(SMALL, SOFT)
        self.cell(0, 4, self.text_of(self._heading), new_x="LMARGIN", new_y="NEXT")
        self.ln(2)
        self.ink()

    def footer(self) -> None:
        """The number of the page and the record that it shows."""
        self.set_y(-MARGIN)
        self.ink(SMALL, SOFT)
        self.cell(0, 4, self._foot)
        self.set_x(self.l_margin)
        self.cell(0, 4, f"{self.page_no()} / {{nb}}", align="R")
        self.ink()

    def ink(self, size: float = BODY, colour: Sequence[int] = INK, style: str = "", family: str = "sans") -> None:
        """Choose the pen."""
        self.set_font(family, style, size)
        self.set_text_color(*colour)

    def text_of(self, text: Any) -> str:
        """One line as it can be drawn: letters joined, runs turned, code points for what no font has."""
        line = joined(str(text), self._base) if is_right_to_left(str(text)) else str(text)
        return turned(visible(line, lambda character: ord(character) in self._drawable))

    def paragraph(self, text: Any, size: float = BODY, colour: Sequence[int] = INK, style: str = "", indent: float = 0.0, width: float = 0.0) -> None:
        """Text that is broken into lines; each line of a right-to-left text is turned by itself."""
        self.ink(size, colour, style)
        for line in str(text).split("\n"):
            for piece in self._broken(line, (width or self.epw) - indent):
                self.set_x(self.l_margin + indent)
                self.multi_cell((width or self.epw) - indent, size * 0.48, piece, align="L", new_x="LMARGIN", new_y="NEXT")
        self.ink()

    def _broken(self, line: str, width: float) -> list[str]:
        """The lines that a right-to-left text needs; other text is broken by the page itself."""
        if not is_right_to_left(line):
            return [self.text_of(line)]
        pieces = [""]
        for word in line.split(" "):
            longer = f"{pieces[-1]} {word}".strip(" ")
            if pieces[-1] and self.get_string_width(self.text_of(longer)) > width - 2:
                pieces.append(word)
            else:
                pieces[-1] = longer
        return [self.text_of(piece) for piece in pieces]

    def heading(self, text: str, size: float = 13.0) -> None:
        """A heading that stays with what follows."""
        if self.will_page_break(size + 22):
            self.add_page()
        self.ln(3)
        self.paragraph(text, size, style="B")
        self.ln(1)

    def bullets(self, lines: Iterable[str], size: float = BODY, indent: float = 0.0, width: float = 0.0) -> None:
        """A list of sentences."""
        for line in lines:
            self.ink(size)
            top = self.get_y()
            if self.will_page_break(size):
                self.add_page()
                top = self.get_y()
            self.set_xy(self.l_margin + indent, top)
            self.cell(4, size * 0.48, "•")
            self.set_xy(self.l_margin, top)
            self.paragraph(line, size, indent=indent + 4, width=width)
            self.ln(0.5)

    def facts(self, pairs: Mapping[str, Any], size: float = BODY, label: float = 34.0) -> None:
        """Names with their values, in two columns."""
        for name, value in pairs.items():
            if value in (None, ""):
                continue
            if self.will_page_break(size):
                self.add_page()
            top = self.get_y()
            self.ink(size, SOFT)
            self.cell(label, size * 0.48, self.text_of(name))
            self.set_xy(self.l_margin, top)
            self.paragraph(value, size, indent=label)
            self.ln(0.6)

    def hash_line(self, words: str, digest: str | None) -> None:
        """A hash in letters of equal width."""
        self.ink(SMALL, SOFT, family="mono")
        self.cell(0, 4, f"{words} {digest or 'not known'}", new_x="LMARGIN", new_y="NEXT")
        self.ink()

    def grid(self, columns: Sequence[str], rows: Iterable[Sequence[Any]], widths: Sequence[float] | None = None, size: float = SMALL) -> None:
        """A table whose head returns on every page."""
        self.ink(size)
        self.set_draw_color(*LINE)
        # Cells without a colour of their own would take that of the last thing drawn.
        self.set_fill_color(255)
        head = FontFace(emphasis="BOLD", fill_color=PANEL)
        with self.table(
            headings_style=head,
            col_widths=widths,
            line_height=size * 0.5,
            text_align="LEFT",
            borders_layout="HORIZONTAL_LINES",
            cell_fill_mode=TableCellFillMode.NONE,
            padding=0.8,
        ) as table:
            for line in (columns, *rows):
                row = table.row()
                for value in line:
                    row.cell(self.text_of("" if value is None else value))
        self.ln(2)
        self.ink()
