"""From a labelled folder to the record: real files, the real batch engine, seeded networks."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3

import pytest
from PIL import Image

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.evaluate import Request, evaluate
from forensics_ui.evaluation.files import write_files
from forensics_ui.evaluation.presets import PRESETS
from forensics_ui.evaluation.table import as_text
from forensics_ui.workbench import Workbench
from tests.evaluation.labelled_pictures import EACH, true_logits, write_pictures, write_set, write_weights
from tests.refusals import refused


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    """Both small networks installed; NPR's card has a calibration for `native`."""
    folder = tmp_path_factory.mktemp("weights")
    for name in ("lfm", "npr"):
        file = write_weights(folder, name)
        card = {"name": file.stem, "detector": name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
        if name == "npr":
            card["calibration"] = {"native": {"n_real": 9, "threshold_some": 0.75, "threshold_strong": 2.0, "threshold_low": -1.0}}
        file.with_suffix(".json").write_text(json.dumps(card))
    with Workbench(Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")) as made:
        yield made


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("evaluate") / "set")


@pytest.fixture
def ask(workbench, tmp_path):
    """Evaluate a folder with few resamples."""

    def ask(folder, tell=None, **more):
        request = {"rules": {"lfm": "native"}, "journals": tmp_path / "journals", "resamples": 20, **more}
        return evaluate(workbench, Request(folder=folder, **request), tell)

    return ask


def query(journal, sql):
    with contextlib.closing(sqlite3.connect(journal)) as database:
        return database.execute(sql).fetchone()


def test_detectors_keep_their_own_rule_threshold_and_journal(ask, workbench, pictures, tmp_path):
    evaluation = ask(pictures, rules={"lfm": "crop", "npr": "native"})
    lfm, npr = evaluation.record["detectors"]
    assert (lfm["input_rule"], npr["input_rule"]) == ("crop", "native")
    assert (lfm["threshold"]["value"], npr["threshold"]["value"]) == (0.0, 0.75) and "card of npr_seeded" in npr["threshold"]["origin"]
    assert len(list((tmp_path / "journals").glob("*.journal"))) == 2
    logits = sorted(file.logits["npr"] for file in evaluation.scored.pictures.values() if "BEGAN/1_fake" in file.path)
    assert logits == pytest.approx(sorted(true_logits(pictures / "BEGAN" / "1_fake", "npr")), abs=1e-3)
    path, said = "BEGAN/1_fake/110.png", evaluation.scored.pictures
    assert said[path].bands["npr"] == workbench.score(workbench.open(pictures / path), "npr").record.verdict
    assert said[path].bands["lfm"] == "inconclusive" and lfm["by_verdict"]["calibrated"] is False and npr["by_verdict"]["calibrated"] is True
    wrong = sum(logit < 0.75 for logit in logits)
    assert npr["generators"][1]["confusion"]["fake_called_real"] == wrong


def test_an_interrupted_evaluation_goes_on_and_scores_nothing_twice(ask, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr("forensics_ui.batch.journal.COMMIT_SECONDS", 0.0)
    at = []

    def stop_in_the_middle(progress):
        if progress.done >= 5 and not at:
            at.append(progress.done)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ask(pictures, tell=stop_in_the_middle)
    (journal,) = (tmp_path / "journals").glob("*.journal")
    scores = "SELECT count(*), max(computed) FROM scores"
    assert 5 <= at[0] <= query(journal, scores)[0] < 4 * EACH
    again = ask(pictures)
    assert query(journal, scores) == (4 * EACH, 1)
    assert again.record == ask(pictures, journals=tmp_path / "fresh").record


def test_an_oracle_draws_a_line_for_every_generator_and_is_called_cheating(ask, pictures):
    evaluation = ask(pictures, threshold="oracle")
    fixed = ask(pictures, threshold=0.0)
    for best, plain in zip(evaluation.record["detectors"][0]["generators"], fixed.record["detectors"][0]["generators"], strict=True):
        assert best["figures"]["balanced_acc"] >= plain["figures"]["balanced_acc"]
    assert evaluation.record["detectors"][0]["threshold"]["cheating"] is True
    text = as_text(evaluation.record)
    assert "cheating" in text and "upper bounds, not results" in text and "cheating" not in as_text(fixed.record)


def test_a_line_chosen_elsewhere_is_named_and_test_pictures_among_them_are_told(ask, pictures, tmp_path):
    write_pictures(tmp_path / "held out" / "real", 300)
    write_pictures(tmp_path / "held out" / "fake", 320)
    chosen = ask(pictures, choose_on=tmp_path / "held out").record
    line = chosen["detectors"][0]["threshold"]
    real, fake = (true_logits(tmp_path / "held out" / name) for name in ("real", "fake"))
    assert line["kind"] == "chosen" and line["origin"].endswith("on held out (6 real, 6 fake)")
    assert min(real + fake) <= line["value"] <= max(real + fake) + 1e-3
    assert not [warning for warning in chosen["warnings"] if "also tested" in warning]
    assert [warning for warning in ask(pictures, choose_on=pictures).record["warnings"] if warning.startswith("WARNING: 24 pictures")]


def test_jpeg_reals_against_png_fakes_ring_before_anything_else_is_said(ask, tmp_path):
    write_pictures(tmp_path / "set" / "real", 0, ".jpg")
    write_pictures(tmp_path / "set" / "fake" / "sd", 20)
    write_pictures(tmp_path / "set" / "fake" / "dalle", 40)
    record = ask(tmp_path / "set").record
    assert record["confounds"]["facts"]["format"]["auc"] == 1.0 and "format" in record["confounds"]["alarm"]
    assert as_text(record).startswith("! WARNING: the files' format")
    assert any("2 generators are compared with the same reals" in warning for warning in record["warnings"])
    assert {row["n_real"] for row in record["detectors"][0]["generators"]} == {EACH}


def test_balanced_files_ring_nothing(ask, pictures):
    record = ask(pictures).record
    assert record["confounds"]["alarm"] == [] and not [warning for warning in record["warnings"] if "WARNING" in warning]
    assert as_text(record).endswith("No format, size or compression fact separates the labels.")


def test_the_same_picture_under_both_labels_is_told_and_counted_once_a_class(ask, tmp_path):
    write_pictures(tmp_path / "set" / "0_real", 0)
    write_pictures(tmp_path / "set" / "1_fake", 5)
    (tmp_path / "set" / "1_fake" / "copy.png").write_bytes((tmp_path / "set" / "1_fake" / "6.png").read_bytes())
    record = ask(tmp_path / "set").record
    assert any("1 pictures stand under both labels (0_real/5.png = 1_fake/5.png)" in warning for warning in record["warnings"])
    (detector,) = record["detectors"]
    assert detector["generators"][0]["n_fake"] == EACH + 1 and detector["together"]["n_fake"] == EACH
    assert record["files"]["contents"] == 2 * EACH - 1


def test_one_class_alone_has_accuracy_and_says_why_no_more(ask, tmp_path):
    write_pictures(tmp_path / "set" / "fake" / "sd", 20)
    record = ask(tmp_path / "set").record
    figures = record["detectors"][0]["generators"][0]["figures"]
    assert figures["fake_acc"] is not None and figures["ap"] is figures["auc"] is figures["real_acc"] is None
    assert any("only one class" in warning for warning in record["warnings"]) and "-" in as_text(record)
    json.dumps(record, allow_nan=False)


def test_a_preset_puts_the_printed_figures_beside_and_says_what_is_missing(ask, pictures):
    record = ask(pictures, preset=PRESETS["gangen"], rules={"npr": "native"}).record
    assert record["preset"]["missing"][:2] == ["CramerGAN", "InfoMaxGAN"] and record["detectors"][0]["threshold"]["value"] == 0.0
    text = as_text(record)
    line = next(line.split() for line in text.split("beside NPR, Table 2")[1].splitlines() if line.startswith("AttGAN"))
    acc = record["detectors"][0]["generators"][0]["figures"]["acc"]
    assert line == ["AttGAN", f"{100 * acc:.1f}", "83.0", line[3], "96.2"]
    assert not [warning for warning in record["warnings"] if "another input rule" in warning]
    other = ask(pictures, preset=PRESETS["gangen"], rules={"npr": "crop"}).record
    assert any("another input rule than 'crop'" in warning for warning in other["warnings"])
    with refused(ForensicsError, "None of the sub-folders"):
        ask(pictures, preset=PRESETS["ojha"])


def test_names_cannot_start_a_formula_in_a_sheet_or_in_a_plot(ask, workbench, tmp_path):
    write_pictures(tmp_path / "set" / "=cmd $x_1$" / "0_real", 0)
    write_pictures(tmp_path / "set" / "=cmd $x_1$" / "1_fake", 20)
    names = write_files(ask(tmp_path / "set"), tmp_path / "out", workbench.settings)
    assert {"results.json", "results.csv", "scores.csv", "roc-lfm.png", "pr-lfm.png", "report.html", "report.json"} <= set(names)
    for sheet in ("results.csv", "scores.csv"):
        assert "'=cmd" in (tmp_path / "out" / sheet).read_text(encoding="utf-8-sig")
    with Image.open(tmp_path / "out" / "roc-lfm.png") as plot:
        assert len(plot.convert("RGB").getcolors(2**24)) > 20
