"""What a control is for can be read without a mouse."""

from __future__ import annotations

from app_pages import opened
from bench_page import lay


def test_a_finger_opens_the_words_beside_a_control_and_they_fit(chromium, app):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = opened(context.new_page(), app)
    lay(page)
    button = page.get_by_role("button", name="What is Gain?")
    button.scroll_into_view_if_needed()
    button.tap()
    words = page.locator(".hint-text:popover-open")
    assert words.inner_text().startswith("the scale ends at 255 / gain")
    area = words.bounding_box()
    assert area["x"] >= 0 and area["x"] + area["width"] <= 390 and area["y"] + area["height"] <= 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#wb-tab-npr_channels").tap()
    assert page.locator(".hint-text:popover-open").count() == 0
    context.close()
