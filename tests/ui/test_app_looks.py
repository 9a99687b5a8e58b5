"""What the screen looks like at two widths, light and dark. The pictures are kept in the test's folder to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from app_pages import given, opened
from app_samples import photograph

CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => { for (; node; node = node.parentElement) { const c = rgb(getComputedStyle(node).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  return [...document.querySelectorAll('#header *, #intake *, #status-row *, #findings *')]
    .filter((node) => node.checkVisibility({visibilityProperty: true}) && [...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim()))
    .map((node) => { const [a, b] = [light(rgb(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x); return [(a + 0.05) / (b + 0.05), node.tagName, node.textContent.trim().slice(0, 40)]; })
    .filter(([ratio]) => ratio < 4.5);
}"""


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_everything_fits_and_can_be_read(chromium, app, tmp_path: Path, width: int, theme: str):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = opened(context.new_page(), app)
    page.screenshot(path=tmp_path / f"empty_{width}_{theme}.png", full_page=True)
    given(page, "photo.jpg", photograph(300, 280))
    page.wait_for_function("document.querySelector('.picture img').complete")
    page.screenshot(path=tmp_path / f"screen_{width}_{theme}.png", full_page=True)
    print(f"\nlook at {tmp_path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("document.body.classList.contains('dark')") is (theme == "dark")
    assert page.evaluate(CONTRAST) == []
    small = page.evaluate(
        "[...document.querySelectorAll('#picker, #theme, #stop, [role=tab]')].filter((b) => b.getBoundingClientRect().height < 40).length"
    )
    assert small == 0
    context.close()
