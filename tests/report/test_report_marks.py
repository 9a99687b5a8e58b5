from __future__ import annotations

import re
from typing import get_args, get_type_hints

from forensics_ui.core.settings import PACKAGE
from forensics_ui.imaging.colour import MARKS
from forensics_ui.ui.rendering import COLOURS
from forensics_ui.views.base import Mark


def test_rectangles_have_the_same_colours_on_the_screen_and_in_reports():
    style = (PACKAGE / "report" / "templates" / "report.css").read_text(encoding="utf-8")
    written = dict(re.findall(r"\.mark\.(\w+) \{ border-color: (#\w+)", style))
    written["neutral"] = re.search(r"\.mark \{[^}]*border: 2px solid (#\w+)", style)[1]
    assert written == COLOURS
    assert COLOURS["fake"] == "#" + bytes(MARKS["fake"]).hex()
    assert set(MARKS) == set(get_args(get_type_hints(Mark)["kind"]))


def test_red_is_towards_generated_and_blue_towards_real():
    red, blue = MARKS["fake"], MARKS["real"]
    assert red[0] > 2 * red[2] and blue[2] > 2 * blue[0]
