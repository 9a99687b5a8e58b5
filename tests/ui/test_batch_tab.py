"""The Batch tab as a person meets it: a real server, real files, a real browser."""

from __future__ import annotations

import hashlib
import re

import pytest
from app_samples import photograph
from batch_pages import HOSTILE, batch_tab, choose, names, picture_folder, reaches, small_jpeg, start

from forensics_ui.core.types import BANDS


@pytest.fixture(scope="module")
def folder(app):
    return picture_folder(app.log.parent / "the pictures")


@pytest.fixture(scope="module")
def done(chromium, app, folder):
    """A page with a batch that is finished."""
    context = chromium.new_context()
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.batch = start(batch_tab(page, app), folder)
    reaches(page, "Finished")
    yield page
    assert not page.errors
    context.close()


def test_the_empty_tab_explains_itself_and_nothing_can_be_started(page, app):
    batch_tab(page, app)
    words = page.locator(".b-head").inner_text()
    assert "Every picture of a folder" in words and "where it was" in words
    assert page.get_by_role("button", name="Start").is_disabled()


def test_the_preview_says_what_is_skipped_and_why(page, app, folder):
    choose(batch_tab(page, app), folder)
    page.wait_for_selector(".b-found b")
    said = page.locator(".b-found").inner_text()
    assert "13 pictures will be scored" in said
    assert "1 entry will be skipped" in said and "not a picture that can be opened" in said


def test_folders_are_offered_and_entered_by_keyboard(page, app, folder):
    field = batch_tab(page, app).get_by_role("combobox", name="Folder on this machine")
    field.fill(str(folder.parent / "the pi"))
    page.wait_for_selector(".b-combo li")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert field.input_value() == f"{folder}/"
    page.wait_for_selector(".b-combo li:has-text('sub folder')")


def test_a_folder_outside_the_roots_is_refused_in_a_sentence(page, app):
    choose(batch_tab(page, app), "/etc")
    page.wait_for_selector(".b-found .b-problem")
    assert "opens only folders in" in page.locator(".b-found").inner_text()
    assert page.get_by_role("button", name="Start").is_disabled()


def test_every_file_is_a_row_with_its_answer_or_its_reason(done):
    assert done.locator(".b-progress").inner_text().startswith("Finished\n13 of 13 pictures · 1 error · 1 skipped")
    rows = done.locator(".b-table tbody tr").all_inner_texts()
    assert len(rows) == 13
    assert sum(any(band in row for band in BANDS) for row in rows) == 12
    assert "The file ends before its picture does" in next(row for row in rows if "broken.png" in row)
    told = next(row for row in rows if "picture 001" in row)
    assert re.search(r"logit [+−]\d", told) and "JPEG 85" in told and "96 × 64" in told


def test_hostile_names_are_text(done):
    assert HOSTILE in names(done)
    assert done.evaluate("window.hacked") is None
    assert done.locator(".b-table img[src=x]").count() == 0


def test_thumbnails_arrive(done):
    done.wait_for_function("[...document.querySelectorAll('.b-look img')].filter((i) => i.naturalWidth).length === 12")


def test_the_histogram_counts_every_scored_file(done):
    titles = done.locator(".b-histogram .bar title").all_text_contents()
    assert sum(int(title.split()[0]) for title in titles) == 12


def logits(page):
    return [float(text.split()[1].rstrip(",").replace("−", "-")) for text in page.locator(".b-table .b-number").all_inner_texts()]


def test_rows_are_sorted_by_a_click_on_a_column(done):
    header = done.locator("th[data-sort='logit:lfm']")
    header.get_by_role("button").click()
    done.wait_for_selector("th[data-sort='logit:lfm'][aria-sort=descending]")
    done.wait_for_function("document.querySelector('.b-table tbody tr:last-child .b-error') !== null")
    assert logits(done) == sorted(logits(done), reverse=True)
    done.locator("th[data-sort=path] button").click()
    done.wait_for_function("document.querySelector('.b-name').textContent.startsWith('<img')")
    assert done.locator("th[data-sort=path]").get_attribute("aria-sort") == "ascending"


def test_rows_are_filtered_by_name_answer_and_errors(done):
    done.get_by_label("Show only names that contain").fill("SUB F")
    done.wait_for_function("document.querySelectorAll('.b-table tbody tr').length === 3")
    done.get_by_label("Show only names that contain").fill("")
    done.get_by_label("errors only").check()
    done.wait_for_function("document.querySelectorAll('.b-table tbody tr').length === 1")
    assert names(done) == ["broken.png"]
    done.get_by_label("errors only").uncheck()
    done.get_by_label("Show only this answer").select_option("strong evidence of generation")
    done.wait_for_selector(".b-none:has-text('No row fits')")
    done.get_by_label("Show only this answer").select_option("")
    done.wait_for_function("document.querySelectorAll('.b-table tbody tr').length === 13")


def test_reports_are_written_and_downloaded(done):
    done.get_by_text("Reports", exact=True).click()
    done.get_by_label("Case").fill("a <b>case</b>")
    for name, begins in (("results.csv", b'"path"'), ("results.json", b"{"), ("report.html", b"<!"), ("report.pdf", b"%PDF")):
        with done.expect_download(timeout=60_000) as download:
            done.get_by_role("button", name=name).click()
        assert download.value.suggested_filename == name
        written = download.value.path().read_bytes()
        assert written.lstrip(b"\xef\xbb\xbf").lower().startswith(begins.lower())
    assert "was written" in done.locator(".b-reports [role=status]").inner_text()


def test_a_row_opens_in_inspect_with_the_same_bytes(done, app):
    done.get_by_role("button", name="picture 004.jpg").click()
    done.wait_for_selector(".status:has-text('picture 004.jpg'):has-text('done')", timeout=60_000)
    assert done.locator("#rooms [role=tab][aria-selected=true]").first.inner_text() == "Inspect"
    assert hashlib.sha256(small_jpeg(4)).hexdigest() in done.locator(".facts").inner_text()
    done.get_by_role("tab", name="Batch").click()
    assert len(names(done)) == 13


def test_a_file_that_changed_is_not_passed_off_as_the_one_that_was_scored(page, app):
    place = picture_folder(app.log.parent / "changing", 2)
    start(batch_tab(page, app), place)
    reaches(page, "Finished")
    (place / "picture 001.jpg").write_bytes(photograph(300, 200))
    page.get_by_role("button", name="picture 001.jpg").click()
    page.wait_for_selector("#batch > .b-problem:has-text('has changed since it was scored')")


CHOOSE_FOLDER = """(files) => { const input = document.querySelector("#batch input[webkitdirectory]");
  Object.defineProperty(input, "files", { value: Object.entries(files).map(([name, bytes]) => {
    const file = new File([new Uint8Array(bytes)], name.split("/").at(-1));
    return Object.defineProperty(file, "webkitRelativePath", { value: name }); }) });
  input.dispatchEvent(new Event("change")); }"""
DROP = """(bytes) => { const dataTransfer = new DataTransfer();
  for (const name of ["one.jpg", "two.jpg"]) dataTransfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragenter", "drop"]) document.querySelector("#batch").dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true })); }"""


def test_a_chosen_folder_keeps_its_bytes_and_folders(page, app):
    batch_tab(page, app)
    data = {"holiday/a b.jpg": small_jpeg(50), "holiday/in/ü.jpg": small_jpeg(51)}
    page.evaluate(CHOOSE_FOLDER, {name: list(content) for name, content in data.items()})
    page.wait_for_selector(".b-found b:has-text('2 pictures')")
    page.get_by_role("button", name="Start").click()
    reaches(page, "Finished")
    assert page.locator(".b-head h2").inner_text() == "holiday"
    kept = next((app.data_dir / "batches").glob("drop-*/files/holiday"))
    assert {path.relative_to(kept.parent).as_posix(): path.read_bytes() for path in kept.rglob("*.jpg")} == data


def test_dropped_files_begin_a_batch_and_do_not_open_in_inspect(page, app):
    batch_tab(page, app)
    page.evaluate(DROP, list(small_jpeg(60)))
    page.wait_for_selector(".b-found b:has-text('2 pictures')")
    assert page.locator("#rooms [role=tab][aria-selected=true]").first.inner_text() == "Batch"
    assert "one.jpg" not in page.locator(".status").text_content()
    page.get_by_role("button", name="Start").click()
    reaches(page, "Finished")
    assert page.locator(".b-head h2").inner_text() == "2 dropped files"


def test_the_tab_works_even_where_it_is_opened_before_its_script_came(page, app):
    held = []
    page.route("**/assets/batch.js", lambda route: held.append(route))
    page.goto(app.url, wait_until="commit")
    page.get_by_role("tab", name="Batch").click()
    page.wait_for_selector("#batch")
    held[0].continue_()
    page.wait_for_selector("#batch .b-head h2", timeout=60_000)
