"""What the file says of itself stands in the headline, and its values can be copied."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from app_pages import given, opened
from app_samples import noise, photograph
from PIL import Image, PngImagePlugin
from test_app_looks import CONTRAST

PROMPT = "a boat <script>alert(1)</script> ${window} at dusk"
PARAMETERS = f"{PROMPT}\nNegative prompt: people\nSteps: 20, Sampler: Euler a, Seed: 123, Size: 512x512, Model: sd_xl_base_1.0"


def named_png(parameters: str = PARAMETERS) -> bytes:
    info, exif, stream = PngImagePlugin.PngInfo(), Image.Exif(), io.BytesIO()
    info.add_text("parameters", parameters)
    exif[0x010F], exif[0x0110], exif[0x0131] = "Canon", "Canon EOS R5", "GIMP 2.10"
    Image.fromarray(noise(320, 288)).save(stream, "PNG", pnginfo=info, exif=exif)
    return stream.getvalue()


def test_the_line_stands_in_the_headline_apart_from_the_pixels(screen, give):
    give("named.png", named_png())
    lead = screen.locator(".answers .lead")
    assert lead.locator(".pixels-say").inner_text() == "The pixels say"
    said = lead.locator(".file-says .said").inner_text()
    assert said.startswith('The file says: made with Stable Diffusion web UI (A1111 format), model "sd_xl_base_1.0"')
    assert said.endswith("anyone can write this")
    top = lead.locator(".file-says").bounding_box()["y"]
    assert top < screen.locator(".answers .card").first.bounding_box()["y"]


def test_its_values_are_text_that_can_be_copied(screen, give, browser_context):
    browser_context.grant_permissions(["clipboard-read", "clipboard-write"])
    give("named.png", named_png())
    says = screen.locator(".file-says")
    says.locator("summary").click()
    assert says.locator(".claim").count() == 3 and "Canon EOS R5" in says.inner_text()
    prompt = says.locator("dt:text-is('prompt') + dd")
    assert prompt.locator("span").inner_text() == PROMPT
    prompt.locator("button").click()
    screen.wait_for_function("document.querySelector('.file-says .copy').textContent === 'Copied'")
    assert screen.evaluate("navigator.clipboard.readText()") == PROMPT


def test_a_file_that_says_nothing_has_no_line(screen, give):
    give("plain.jpg", photograph())
    assert screen.locator(".file-says").count() == 0 and screen.locator(".pixels-say").count() == 0


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_fits_and_can_be_read(chromium, app, tmp_path: Path, width: int, theme: str):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = opened(context.new_page(), app)
    given(page, "named.png", named_png("long " * 200 + PARAMETERS))
    page.screenshot(path=tmp_path / f"says_{width}_{theme}.png")
    page.locator(".file-says summary").click()
    page.screenshot(path=tmp_path / f"says_more_{width}_{theme}.png", full_page=True)
    print(f"\nlook at {tmp_path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRAST) == []
    context.close()
