"""Figures in sentences, labels counted, links told, and a batch's journal read instead of scored again."""

from __future__ import annotations

import dataclasses
import hashlib
import json

import pytest

from forensics_ui.batch.plan import make_plan
from forensics_ui.batch.run import BatchRun
from forensics_ui.batch.scan import Source
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings
from forensics_ui.evaluation.evaluate import Request, assess, evaluate
from forensics_ui.evaluation.files import file_names, write_files
from forensics_ui.evaluation.folders import LabelCount
from forensics_ui.evaluation.metrics import confusion, measure
from forensics_ui.evaluation.plain import alarm_words, plain_words
from forensics_ui.evaluation.scoring import read_scores
from forensics_ui.workbench import Workbench
from tests.evaluation.labelled_pictures import write_pictures, write_set, write_weights
from tests.refusals import refused


@pytest.fixture(scope="module")
def workbench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    file = write_weights(folder)
    card = {"name": file.stem, "detector": "lfm", "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
    file.with_suffix(".json").write_text(json.dumps(card))
    with Workbench(Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")) as made:
        yield made


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("words") / "set")


def detector(real, fake, kind="fixed", generators=()):
    """One detector of a record, from scores."""
    found = measure(real, fake, 0.0, resamples=200)
    figures = {name: None if value != value else value for name, value in found.values.items()}
    together = {"n_real": len(real), "n_fake": len(fake), "figures": figures, "intervals": found.intervals(), "confusion": confusion(real, fake, 0.0)}
    return {"detector": "lfm", "threshold": {"cheating": kind == "oracle"}, "together": together, "generators": list(generators)}


def test_counts_come_first_and_guessing_stands_beside_the_ranking():
    said = plain_words(detector([-1.0] * 38 + [1.0, 3.0], [-0.5] * 10 + [2.0] * 30), "LFM")
    assert said[0] == "LFM found 30 of 40 generated pictures (75 %) and wrongly flagged 2 of 40 real pictures (5 %)."
    assert "times in 100; guessing gives 50" in said[1] and said[2].startswith("If at most 1 in 100 of these reals may be flagged, 0 %")


def test_few_pictures_are_not_told_from_guessing_and_worse_than_guessing_is_said():
    assert "cannot be told from guessing" in plain_words(detector([0.0, 1.0, 2.0], [0.5, 1.5, 1.7]))[1]
    assert "worse than guessing" in plain_words(detector([1.0] * 40, [-1.0] * 40))[1]


def test_one_class_alone_is_half_a_sentence_and_an_oracle_is_called_cheating():
    assert plain_words(detector([], [1.0, -1.0])) == ["lfm found 1 of 2 generated pictures (50 %)."]
    assert plain_words(detector([-1.0], []))[0] == "lfm wrongly flagged 0 of 1 real picture (0 %)."
    assert plain_words(detector([], [])) == ["lfm scored none of these pictures."]
    assert "which is cheating" in plain_words(detector([0.0], [1.0], "oracle"))[0]


def test_of_several_generators_the_best_and_the_worst_are_named():
    rows = [{"name": name, "figures": {"auc": auc}} for name, auc in (("easy", 0.99), ("middle", 0.8), ("hard", 0.51), ("one class", None))]
    assert plain_words(detector([0.0], [1.0], generators=rows))[-1] == "Told apart best: easy (AUC 99); worst: hard (AUC 51)."
    assert "best" not in plain_words(detector([0.0], [1.0], generators=rows[:2]))[-1]


def test_what_files_give_away_is_said_without_letters():
    facts = {"format": {"auc": 0.93}, "all": {"auc": 1.0}}
    assert "the file format alone tells real from generated 93 times in 100" in alarm_words({"alarm": ["format"], "facts": facts})
    assert "all facts of the files together" in alarm_words({"alarm": ["all"], "facts": facts}) and alarm_words({"alarm": [], "facts": {}}) == ""


def test_labels_are_counted_by_the_folders_of_a_path():
    count = LabelCount()
    for path in ("a/0_real/1.png", "a/1_fake/1.png", "b/c/1_fake/1.png", "fake/2.png", "REAL/d/3.png", "fakes/4.png", "5.png"):
        count.add(path)
    assert count.as_dict() == {"real": 2, "fake": 3, "unlabelled": 2, "generators": ["a", "b/c"]}


def test_a_finished_batch_is_evaluated_without_scoring_and_to_the_same_record(workbench, pictures, tmp_path):
    request = Request(folder=pictures, rules={"lfm": "native"}, journals=tmp_path / "journals", resamples=20)
    whole = evaluate(workbench, request)
    plan = make_plan(workbench, Source.of(pictures), ["lfm"], "native")
    run = BatchRun(workbench, plan, tmp_path / "batch.sqlite")
    assert run.run().state == "finished"
    read = assess(dataclasses.replace(request, journals=tmp_path / "nowhere"), read_scores(workbench, run.journal_path, plan))
    assert read.record == whole.record and not (tmp_path / "nowhere").exists()
    names = file_names(read.record)
    assert write_files(read, tmp_path / "one", workbench.settings, names=["roc-lfm.png"]) == ["roc-lfm.png"]
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["roc-lfm.png"]
    assert write_files(whole, tmp_path / "all", workbench.settings) == names == sorted(names, key=names.index)
    assert {path.name for path in (tmp_path / "all").iterdir()} == set(names)


def test_links_are_told_before_and_after(workbench, tmp_path):
    write_pictures(tmp_path / "set" / "real", 0)
    write_pictures(tmp_path / "set" / "fake", 20)
    write_pictures(tmp_path / "elsewhere", 40)
    (tmp_path / "set" / "fake" / "more").symlink_to(tmp_path / "elsewhere")
    request = Request(folder=tmp_path / "set", rules={"lfm": "native"}, journals=tmp_path / "journals", resamples=0)
    assert any("what 1 of them leads to was neither scored nor counted" in warning for warning in evaluate(workbench, request).record["warnings"])
    (tmp_path / "only links").mkdir()
    (tmp_path / "only links" / "real").symlink_to(tmp_path / "set" / "real")
    with refused(ForensicsError, "Links are not followed, and there are 1 of them"):
        evaluate(workbench, dataclasses.replace(request, folder=tmp_path / "only links"))
