"""Comparing a batch with its labels through the addresses: what is asked is kept, what is made is made once, and nobody else may."""

from __future__ import annotations

import json
import shutil
import time

import pytest
from batch_pages import labelled_folder, picture_folder
from test_batch_addresses import ELSEWHERE, START, Asked, place  # noqa: F401

from forensics_ui.evaluation.folders import label_of


@pytest.fixture(scope="module")
def asked(place):  # noqa: F811
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_ROOTS", str(place / "labelled"))
        labelled_folder(place / "labelled" / "set")
        labelled_folder(place / "labelled" / "held out", start=600)
        picture_folder(place / "labelled" / "plain", 2)
        made = Asked(place)
        yield made
        made.close()


@pytest.fixture(scope="module")
def folder(place):  # noqa: F811
    return str(place / "labelled" / "set")


def compared(asked, batch):
    """Ask until it is there, as the page does; every state on the way, and the last answer."""
    states = []
    for _ in range(1200):
        told = asked.get(f"/of/{batch}/evaluation").json()
        states.append(told["state"])
        if told["state"] in ("done", "problem", "off", "unfinished"):
            return states, told
        time.sleep(0.05)
    raise AssertionError(f"the comparison did not end: {states[-1]}")


@pytest.fixture(scope="module")
def batch(asked, folder):
    batch = asked.post("/start", folder=folder, evaluate={"line": "card"}, **START).json()["id"]
    assert compared(asked, batch)[1]["state"] == "done"
    return batch


def test_a_preview_counts_labels_and_links(asked, folder, place):  # noqa: F811
    told = asked.post("/preview", folder=folder).json()
    paths = [path.relative_to(folder).as_posix() for path in (place / "labelled" / "set").rglob("*.*")]
    real = sum(label is not None and label.label == 0 for label in map(label_of, paths))
    assert told["labels"] == {"real": real, "fake": 14, "unlabelled": 1, "generators": ["one", "two"]} and told["links"] == 1
    assert asked.post("/preview", folder=str(place / "labelled" / "plain")).json()["labels"]["fake"] == 0


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"line": "by eye"}, 400),
        ({"line": "fixed"}, 400),
        ({"line": "fixed", "value": "0"}, 400),
        ({"line": "fixed", "value": True}, 400),
        ({"preset": "imagenet"}, 400),
        ({"line": "chosen", "folder": ""}, 400),
        ({"line": "chosen", "folder": "/etc"}, 403),
    ],
)
def test_a_line_that_makes_no_sense_starts_nothing(asked, folder, batch, wish, status):
    before = len(asked.get("/list").json()["batches"])
    for path, fields in (("/start", {"folder": folder, "evaluate": wish, **START}), (f"/of/{batch}/evaluation", wish)):
        answer = asked.post(path, **fields)
        assert answer.status_code == status and answer.json()["problem"].endswith(".")
    assert len(asked.get("/list").json()["batches"]) == before


def test_a_batch_without_labels_has_no_comparison(asked, place):  # noqa: F811
    plain = asked.post("/start", folder=str(place / "labelled" / "plain"), **START).json()["id"]
    asked.finished(plain)
    states, told = compared(asked, plain)
    assert states == ["off"] and told["labels"]["real"] == told["labels"]["fake"] == 0
    assert asked.post(f"/of/{plain}/evaluation/results.json").json()["problem"].startswith("There is no evaluation")
    asked.post(f"/of/{plain}/evaluation")
    assert compared(asked, plain)[1]["problem"] == "Nothing is labelled."


def test_pages_of_other_sites_and_who_is_not_logged_in_get_nothing(asked, batch, monkeypatch):
    for path in (f"/of/{batch}/evaluation", f"/of/{batch}/evaluation/results.json"):
        assert asked.post(path, headers=ELSEWHERE).status_code == 403
    for name, value in (("auth", object()), ("cookie_id", "a"), ("tokens", {})):
        monkeypatch.setattr(asked.client.app, name, value, raising=False)
    assert asked.get(f"/of/{batch}/evaluation").status_code == asked.get(f"/of/{batch}/evaluation/results.json").status_code == 401


def test_only_files_of_the_comparison_are_written_and_served(asked, batch):
    names = asked.get(f"/of/{batch}/evaluation").json()["judged"]["files"]
    assert {"results.json", "results.csv", "scores.csv", "roc-lfm.png", "pr-lfm.png", "report.html", "report.pdf"} <= set(names)
    assert asked.get(f"/of/{batch}/evaluation/scores.csv").status_code == 400
    written = asked.post(f"/of/{batch}/evaluation/scores.csv").json()
    served = asked.get(f"/of/{batch}/evaluation/scores.csv")
    assert written == {"name": "evaluation-scores.csv", "bytes": len(served.content)} and served.text.count("\r\n") == 1 + 28
    for name in ("made.json", "asked.json", "..%2Fmade.json", "nothing.txt"):
        assert asked.post(f"/of/{batch}/evaluation/{name}").status_code in (400, 404, 405)
        assert asked.get(f"/of/{batch}/evaluation/{name}").status_code in (400, 404)


def test_what_was_made_is_there_after_a_restart_and_made_again_where_it_is_lost(asked, batch, place, folder):  # noqa: F811
    first = asked.get(f"/of/{batch}/evaluation").json()
    others = Asked(place)
    try:
        assert others.get(f"/of/{batch}/evaluation").json() == first
        (others.desk.manager.folder / batch / "evaluation" / "made.json").unlink()
        states, again = compared(others, batch)
        assert states[0] == "measuring" and again == first
    finally:
        others.close()


def test_a_batch_that_grew_is_compared_anew(asked, place):  # noqa: F811
    growing = labelled_folder(place / "labelled" / "growing", start=900)
    batch = asked.post("/start", folder=str(growing), evaluate={"line": "oracle"}, **START).json()["id"]
    before = compared(asked, batch)[1]["judged"]["detectors"][0]["table"]["rows"]
    (growing / "two" / "1_fake" / "more.png").write_bytes((growing / "one" / "1_fake" / "900.png").read_bytes())
    assert asked.post("/start", folder=str(growing), **START).json()["id"] == batch
    told = compared(asked, batch)[1]
    rows = told["judged"]["detectors"][0]["table"]["rows"]
    assert told["asked"]["line"] == "oracle" and rows[1][2] == before[1][2] + 1 and rows[0] == before[0]


def test_forgetting_a_batch_forgets_its_comparison(asked, place):  # noqa: F811
    folder = place / "labelled" / "forgotten"
    shutil.copytree(place / "labelled" / "set", folder, symlinks=True)
    held_out = str(place / "labelled" / "held out")
    batch = asked.post("/start", folder=str(folder), evaluate={"line": "chosen", "folder": held_out}, **START).json()["id"]
    told = compared(asked, batch)[1]
    assert told["state"] == "done" and "on held out" in told["judged"]["detectors"][0]["line"]
    home = asked.desk.manager.folder / batch
    assert json.loads((home / "evaluation" / "asked.json").read_text())["folder"] == held_out
    assert asked.client.delete(f"/forensics/batch/of/{batch}").status_code == 204 and not home.exists()
