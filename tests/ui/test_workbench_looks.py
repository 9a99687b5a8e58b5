"""What the workbench looks like at two widths, light and dark. The pictures are kept in the test's folder to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_pages import opened
from app_samples import photograph
from bench_page import lay, look
from test_app_looks import CONTRAST

OWN_TEXT = CONTRAST.replace(
    "#header *, #intake *, #status-row *, #findings *",
    "#workbench > :not(.wb-panel) *, .wb-about *, .wb-controls *, .wb-state *, .wb-below *, .wb-links *, .wb-legend *",
)
SMALL = """[...document.querySelectorAll('#workbench :is(button, select, summary, input:not([type=checkbox], [type=range]))')]
  .filter((node) => !node.closest('.wb-stage') && node.checkVisibility({visibilityProperty: true}) && node.getBoundingClientRect().height < 36).map((node) => node.outerHTML.slice(0, 90))"""
# What is cut off at the right edge, but for what scrolls by itself.
BEYOND = """[...document.querySelectorAll('#workbench *')].filter((node) => !node.closest('.wb-tabs, .wb-gallery, .wb-scroll, .fv-stage, .chart, .fv-voice')
  && node.checkVisibility() && node.getBoundingClientRect().right > innerWidth).map((node) => node.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_part_fits_and_can_be_read(chromium, app, tmp_path: Path, width: int, theme: str):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, has_touch=width < 500)
    page = opened(context.new_page(), app)
    lay(page, "a photograph with a name that goes on for longer than anybody needs.jpg", photograph(600, 440))
    print(f"\nlook at {tmp_path}")
    for name in ("npr_channels", "difference", "topk", "stability", "file"):
        look(page, name)
        page.screenshot(path=tmp_path / f"{name}_{width}_{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.evaluate(BEYOND) == [], name
        assert page.evaluate(OWN_TEXT) == [], name
        assert page.evaluate(SMALL) == [], name
    context.close()


def test_tabs_that_do_not_fit_are_announced_by_a_fading_edge(chromium, app):
    context = chromium.new_context(viewport={"width": 390, "height": 800}, has_touch=True, reduced_motion="reduce")
    page = opened(context.new_page(), app)
    lay(page)
    page.wait_for_selector(".wb-tabs.more-right:not(.more-left)")
    look(page, page.evaluate("forensicsWorkbench().views.at(-1).name"))
    page.wait_for_selector(".wb-tabs.more-left:not(.more-right)")
    last = page.locator(".wb-tabs [aria-selected=true]").bounding_box()
    assert last["x"] >= 0 and last["x"] + last["width"] <= 391
    context.close()
