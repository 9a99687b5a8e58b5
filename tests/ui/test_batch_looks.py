"""What the Batch tab looks like at two widths, light and dark. The pictures are kept in the test's folder to be looked at."""

from __future__ import annotations

import pytest
from batch_pages import batch_tab, choose, labelled_folder, picture_folder, reaches, small_jpeg, start
from test_app_journey import WATCH_SHIFTS
from test_app_looks import CONTRAST

SMALL = """() => [...document.querySelectorAll('#batch button:not(.b-name), #batch select, #batch summary, #batch input:not([type=checkbox])')]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && node.getBoundingClientRect().height < 32).map((node) => node.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def folder(app):
    return picture_folder(app.log.parent / "looked at")


def looks_right(page, width, place):
    page.screenshot(path=place, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Words of what is switched off may be faint.
    assert (
        page.evaluate(CONTRAST.replace("'#header *, #intake *, #status-row *, #findings *'", "'#batch *:not(:disabled, label:has(:disabled) *)'"))
        == []
    )
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_screens_fit_and_can_be_read(chromium, app, folder, tmp_path, width, theme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    page = batch_tab(context.new_page(), app)
    choose(page, folder)
    page.wait_for_selector(".b-found b")
    looks_right(page, width, tmp_path / "home.png")
    start(page, folder)
    reaches(page, "Finished")
    page.wait_for_function("document.querySelectorAll('.b-table tbody tr').length === 13")
    page.get_by_text("Reports", exact=True).click()
    page.get_by_text("Skipped (1)").click()
    page.wait_for_selector(".b-skipped li")
    looks_right(page, width, tmp_path / "run.png")
    page.get_by_role("button", name="All batches").click()
    page.get_by_role("button", name="Forget looked at").click()
    looks_right(page, width, tmp_path / "forget.png")
    print(f"\nlook at {tmp_path}")
    context.close()


@pytest.fixture(scope="module")
def labelled(app):
    return labelled_folder(app.log.parent / "labelled and looked at", start=800)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_comparison_with_labels_fits_and_can_be_read(chromium, app, labelled, tmp_path, width, theme):
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, reduced_motion="reduce")
    page = batch_tab(context.new_page(), app)
    choose(page, labelled)
    page.get_by_role("switch").click()
    page.get_by_role("combobox", name="Flagged from").select_option("oracle")
    looks_right(page, width, tmp_path / "switch.png")
    page.get_by_role("button", name="Start").click()
    page.wait_for_selector(".b-judged.done", timeout=60_000)
    page.locator(".b-judged details").evaluate_all("(all) => all.forEach((each) => { each.open = true; })")
    looks_right(page, width, tmp_path / "comparison.png")
    print(f"\nlook at {tmp_path}")
    context.close()


def test_nothing_jumps_while_a_batch_runs(page, app):
    folder = app.log.parent / "steady"
    folder.mkdir()
    for seed in range(40):
        (folder / f"{seed:03}.jpg").write_bytes(small_jpeg(5000 + seed))
    start(batch_tab(page, app), folder)
    page.evaluate(WATCH_SHIFTS)
    page.wait_for_timeout(600)  # the change of screens follows the person's own act
    page.evaluate("shifts.length = 0")
    reaches(page, "Finished")
    page.wait_for_timeout(300)
    assert page.evaluate("shifts.reduce((a, b) => a + b, 0)") < 0.1


def test_everything_is_reached_by_keyboard(page, app, folder):
    start(batch_tab(page, app), folder)
    reaches(page, "Finished")
    page.wait_for_selector(".b-name")
    reached = set()
    page.get_by_role("button", name="All batches").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.className + ' ' + document.activeElement.type + ' ' + document.activeElement.textContent.trim().slice(0, 12)"
            )
        )
    for wanted in ("search", "checkbox", "select", "Name", "LFM", "broken.png", "Reports"):
        assert any(wanted in each for each in reached), wanted
