"""Labelled folders on the Batch tab: real clicks on a real folder, and the figures of the `evaluate` command on the same one."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from app_samples import encoded, noise
from app_server import PROJECT
from batch_pages import batch_tab, choose, labelled_folder, reaches
from PIL import Image

from forensics_ui.evaluation.table import figure_cells
from forensics_ui.evaluation.verdict_words import verdict_sentences

CELLS = "(rows) => rows.map((row) => [...row.children].map((cell) => cell.firstChild?.textContent ?? ''))"


@pytest.fixture(scope="module")
def folder(app):
    return labelled_folder(app.log.parent / "labelled")


@pytest.fixture(scope="module")
def compared(chromium, app, folder):
    """A page on which a labelled folder was scored with the switch on."""
    context = chromium.new_context()
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    begin(page, app, folder)
    shown(page)
    yield page
    assert not page.errors
    context.close()


def begin(page, app, folder, line="card", **fields):
    """Choose a folder, turn the switch on, draw the line, start."""
    choose(batch_tab(page, app), folder)
    page.get_by_role("switch").click()
    draw(page.locator(".b-labels"), line, **fields)
    page.get_by_role("button", name="Start").click()


def draw(form, line, value=None, validation=None):
    form.get_by_role("combobox", name="Flagged from").select_option(line)
    if value is not None:
        form.get_by_role("spinbutton", name="Flagged from a logit of").fill(str(value))
    if validation:
        form.get_by_role("combobox", name="Validation folder").fill(str(validation))


def shown(page):
    page.wait_for_selector(".b-judged.done", timeout=90_000)


_PRINTED = {}


def evaluate(app, folder, *arguments):
    """What the command prints of the same folder, with scores of its own; asked once for the same."""
    key = (folder, *arguments)
    if key not in _PRINTED:
        _PRINTED[key] = printed(app, folder, *arguments)
    return _PRINTED[key]


def printed(app, folder, *arguments):
    command = [sys.executable, "-m", "forensics_ui", "evaluate", str(folder), "--json", "--device", "cpu"]
    done = subprocess.run(
        [*command, "--data-dir", str(app.log.parent / "other data"), *arguments], capture_output=True, cwd=PROJECT, env=app.environment(), timeout=120
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def table_of(page):
    return page.locator(".b-judged .b-one > .b-scroll tr").evaluate_all(CELLS)


def as_printed(record):
    """The rows that the page must show: of each figure the part before its interval."""
    (detector,) = record["detectors"]
    rows = [(row["name"], row["n_real"], row["n_fake"], row) for row in detector["generators"]]
    together = detector["together"]
    rows += [("Mean", "", "", detector["mean"]), ("All together", together["n_real"], together["n_fake"], together)]
    return [[name, str(real), str(fake), *(str(cell).split(" ")[0] for cell in figure_cells(row))] for name, real, fake, row in rows]


def test_the_preview_says_that_folders_are_labelled_and_that_links_are_not_followed(page, app, folder):
    choose(batch_tab(page, app), folder)
    page.wait_for_selector(".b-labels")
    said = page.locator(".b-found").inner_text()
    assert "14 real and 14 generated, by 2 generators (one, two); 1 without a label." in said
    assert "1 link is not followed" in said
    assert not page.get_by_role("switch").is_checked() and page.locator(".b-labels .b-lines").is_hidden()


def test_a_folder_without_labels_offers_nothing(page, app, folder):
    choose(batch_tab(page, app), folder / "one" / "0_real")
    page.wait_for_selector(".b-found b")
    assert page.get_by_role("switch").count() == 0


def test_figures_on_screen_are_those_of_the_command(compared, app, folder):
    assert table_of(compared)[1:] == as_printed(evaluate(app, folder))


def test_what_the_verdicts_say_stands_beside_the_raw_figures_and_says_why_it_differs(compared, app, folder):
    (detector,) = evaluate(app, folder)["detectors"]
    head, *rows = compared.locator(".b-verdicts tr").evaluate_all(CELLS)
    assert head[3:5] == ["evidence on reals", "evidence on fakes"] and [row[0] for row in rows] == ["one", "two", "Mean", "All together"]
    mean = detector["by_verdict"]["mean"]["figures"]
    assert rows[2][3:5] == [f"{100 * mean[f'{label}_evidence']:.1f}" for label in ("real", "fake")]
    said = compared.locator(".b-verdicts li").all_inner_texts()
    assert said == verdict_sentences(detector) and "one line, a logit of" in said[0]


def test_plain_words_come_first_and_count_what_the_table_counts(compared, app, folder):
    (detector,) = evaluate(app, folder)["detectors"]
    seen = detector["together"]["confusion"]
    first = compared.locator(".b-one > .b-first").inner_text()
    assert f"found {seen['fake_called_fake']} of {detector['together']['n_fake']} generated pictures" in first
    assert f"wrongly flagged {seen['real_called_fake']} of {detector['together']['n_real']} real pictures" in first
    assert compared.locator(".b-one > *").nth(1).get_attribute("class") == "b-first"


def test_files_that_give_the_label_away_ring_before_any_figure(compared, app, folder):
    alarm = compared.locator(".b-judged > .b-alarm")
    assert compared.locator(".b-judged > *").nth(1).get_attribute("class") == "b-alarm"
    facts = evaluate(app, folder)["confounds"]["facts"]
    assert facts["format"]["auc"] == 1.0 and "file format AUC 1.00" in alarm.inner_text() and "100 times in 100" in alarm.inner_text()


def test_curves_and_counts_of_each_generator_are_there(compared, app, folder):
    assert compared.locator(".b-one .chart").count() == 2
    assert compared.locator(".b-one .chart").first.locator("path.line").count() == 4  # all, two generators, guessing
    compared.get_by_text("What was called what").click()
    counts = compared.locator(".b-one details tbody tr").evaluate_all(CELLS)
    rows = evaluate(app, folder)["detectors"][0]["generators"]
    assert [row[2:6] for row in counts] == [[str(n) for n in row["confusion"].values()] for row in rows]


def test_every_file_of_the_evaluation_is_downloaded(compared, app, folder):
    compared.get_by_text("Reports", exact=True).click()
    begins = {"results.json": b"{", "results.csv": b"\xef\xbb\xbf", "roc-lfm.png": b"\x89PNG", "report.html": b"<!", "report.pdf": b"%PDF"}
    for name, magic in begins.items():
        with compared.expect_download(timeout=60_000) as download:
            compared.get_by_role("button", name=f"evaluation-{name}").click()
        written = download.value.path().read_bytes()
        assert download.value.suggested_filename == f"evaluation-{name}" and written.lower().startswith(magic.lower())
        if name == "results.json":
            assert json.loads(written) == evaluate(app, folder)
        compared.wait_for_selector(".b-reports [role=status]:has-text('was written')")


@pytest.mark.slow
def test_another_line_is_drawn_without_scoring_again(compared, app, folder):
    draw_elsewhere(compared, "oracle")
    compared.wait_for_selector(".b-cheating", timeout=60_000)
    assert "upper bounds, not results" in compared.locator(".b-alarm").inner_text()
    assert table_of(compared)[1:] == as_printed(evaluate(app, folder, "--threshold", "oracle"))
    draw_elsewhere(compared, "fixed", value=0.05)
    compared.wait_for_selector(".b-one:has-text('a logit of +0.0500 on: given by hand')", timeout=60_000)
    assert table_of(compared)[1:] == as_printed(evaluate(app, folder, "--threshold", "0.05"))
    compared.reload()
    shown(compared)
    assert "given by hand" in compared.locator(".b-one").inner_text()


def draw_elsewhere(page, line, **fields):
    page.get_by_text("Draw the line elsewhere").click()
    draw(page.locator(".b-judged details .b-lines"), line, **fields)
    page.get_by_role("button", name="Compare again").click()


def test_the_line_can_be_chosen_on_a_validation_folder_which_is_a_batch_of_its_own(page, app, folder):
    held_out = labelled_folder(app.log.parent / "held out", start=500)
    begin(page, app, folder, "chosen", validation=held_out)
    page.wait_for_selector(".b-one:has-text('on held out')", timeout=90_000)
    assert table_of(page)[1:] == as_printed(evaluate(app, folder, "--choose-on", str(held_out)))
    page.get_by_role("button", name="All batches").click()
    page.locator(".b-item", has_text="held out").get_by_text("Finished").wait_for()


def test_what_cannot_be_compared_says_why_and_can_be_mended(page, app):
    folder = app.log.parent / "mended"
    for label in ("real", "fake"):
        (folder / label).mkdir(parents=True)
        for seed in range(6):
            (folder / label / f"{seed}.png").write_bytes(
                encoded(Image.fromarray(noise(seed=700 + seed + 10 * len(label) * (label == "fake"))), "PNG")
            )
    choose(batch_tab(page, app), folder)
    page.wait_for_selector(".b-labels")
    page.get_by_role("button", name="Start").click()
    reaches(page, "Finished")
    page.get_by_role("button", name="Compare with the labels").click()
    shown(page)
    page.get_by_text("Draw the line elsewhere").click()
    page.get_by_role("combobox", name="Test set of the papers").select_option("gangen")
    page.get_by_role("button", name="Compare again").click()
    page.wait_for_selector(".b-judged .b-problem:has-text('None of the sub-folders')", timeout=60_000)
    page.get_by_role("combobox", name="Test set of the papers").select_option("")
    page.get_by_role("button", name="Compare again").click()
    shown(page)
