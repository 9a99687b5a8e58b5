"""Batches outlive the page: reload, pause, resume, cancel, forget, restart."""

from __future__ import annotations

import pytest
from app_server import running_app
from batch_pages import batch_tab, picture_folder, reaches, small_jpeg, start


def many(folder, count):
    folder.mkdir()
    for seed in range(count):
        (folder / f"{seed:04}.jpg").write_bytes(small_jpeg(1000 + seed))
    return folder


def test_a_running_batch_is_found_again_after_a_reload(page, app):
    batch = start(batch_tab(page, app), many(app.log.parent / "long", 210))
    page.wait_for_selector(".b-progress button[name=pause]:enabled")
    page.click(".b-progress button[name=pause]")
    reaches(page, "Paused")
    page.reload()
    reaches(page, "Paused")
    assert page.evaluate("location.hash") == f"#batch/{batch}"
    page.wait_for_function("document.querySelectorAll('.b-table tbody tr').length === 100")
    page.get_by_role("button", name="All batches").click()
    page.locator(".b-item", has_text="long").get_by_text("Paused").wait_for()
    page.locator(".b-item", has_text="long").get_by_role("button", name="long", exact=True).click()
    page.click(".b-progress button[name=resume]:enabled")
    reaches(page, "Scoring")
    page.reload()
    page.wait_for_selector(".b-progress .b-state:not(:text-is(''))")
    page.get_by_role("button", name="Further").click()
    page.wait_for_function("document.querySelector('.b-name').textContent === '0100.jpg'")
    assert page.locator(".b-table tbody tr").count() == 100
    reaches(page, "Finished")
    assert "210 of 210 pictures" in page.locator(".b-progress").inner_text()


def test_a_cancelled_batch_goes_on_where_it_was(page, app):
    start(batch_tab(page, app), many(app.log.parent / "cancelled", 140))
    page.click(".b-progress button[name=cancel]")
    reaches(page, "Stopped")
    assert page.locator("button[name=pause]").is_disabled()
    page.click(".b-progress button[name=resume]:enabled")
    reaches(page, "Finished")
    assert "140 of 140 pictures" in page.locator(".b-progress").inner_text()


def test_forgetting_asks_first_and_deletes_no_picture(page, app):
    folder = picture_folder(app.log.parent / "forgotten", 3)
    batch = start(batch_tab(page, app), folder)
    reaches(page, "Finished")
    before = sorted(folder.rglob("*"))
    page.get_by_role("button", name="All batches").click()
    page.get_by_role("button", name="Forget forgotten").click()
    page.get_by_role("button", name="Keep it").click()
    assert page.locator(".b-item", has_text="forgotten").count() == 1
    page.get_by_role("button", name="Forget forgotten").click()
    page.get_by_role("button", name="Forget it").click()
    page.wait_for_function("![...document.querySelectorAll('.b-item')].some((item) => item.textContent.includes('forgotten'))")
    assert sorted(folder.rglob("*")) == before
    assert not (app.data_dir / "batches" / batch / "journal.sqlite").exists()


@pytest.mark.slow
def test_a_killed_app_leaves_a_batch_that_the_next_one_goes_on_with(page, tmp_path):
    many(tmp_path / "pictures", 140)
    with running_app(tmp_path) as first:
        start(batch_tab(page, first), tmp_path / "pictures")
        page.wait_for_selector(".b-progress button[name=pause]:enabled")
        page.click(".b-progress button[name=pause]")
        first.process.kill()
        page.wait_for_selector("#batch > .b-problem:has-text('does not answer')")
    with running_app(tmp_path) as second:
        batch_tab(page, second)
        page.locator(".b-item", has_text="Interrupted").get_by_role("button", name="pictures", exact=True).click()
        page.click(".b-progress button[name=resume]:enabled")
        reaches(page, "Finished")
        assert "140 of 140 pictures" in page.locator(".b-progress").inner_text()
