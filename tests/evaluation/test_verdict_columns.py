"""The columns that follow the verdict beside those of the raw scores: counted, with intervals, and told in every form."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from forensics_ui.core.types import INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG
from forensics_ui.evaluation import files
from forensics_ui.evaluation.confounds import file_facts
from forensics_ui.evaluation.evaluate import Request, assess
from forensics_ui.evaluation.plain import plain_words
from forensics_ui.evaluation.report import verdict_table
from forensics_ui.evaluation.scoring import ScoredFile, ScoredFolder
from forensics_ui.evaluation.table import as_text
from forensics_ui.evaluation.verdict_words import verdict_sentences
from forensics_ui.ui.batch_judged import judged
from forensics_ui.weightstore.card import Card

GROWTH = [{"side": 256, "offset": 0.0}, {"side": 1024, "offset": 2.0}]
CARD = {"calibration": {"native": {"threshold_some": 1.0, "threshold_strong": 2.0, "threshold_low": 0.0, "alarms": {"some": 0.02}}}}
# Two generators: (logit, verdict) of their real and of their fake pictures.
ONE = ([(0.0, NO_TRACE), (1.5, INCONCLUSIVE), (2.0, SOME), (-1.0, NO_TRACE)], [(3.0, STRONG), (2.0, SOME), (0.5, SOME), (-1.0, NO_TRACE)])
TWO = ([(0.0, NO_TRACE), (None, NOT_APPLICABLE)], [(1.2, INCONCLUSIVE), (None, NOT_APPLICABLE)])


def scored_of(sides=((200, 200),) * 2, card=CARD, own=(), **generators) -> ScoredFolder:
    """What the batch engine would have left, without a network; `sides` are those of real and of fake pictures."""
    found = ScoredFolder(cards={"lfm": Card.from_json(card)})
    found.made_by["lfm"] = {"weights": "w", "weights_sha256": "1" * 64, "device": "cpu", "precision": "fp32", "input_rule": "native"}
    found.own_reals = {"lfm": set(own)} if own else {}
    for name, classes in generators.items():
        for folder, side, pictures in zip(("0_real", "1_fake"), sides, classes, strict=True):
            for number, (logit, band) in enumerate(pictures):
                path = f"{name}/{folder}/{number}.png"
                logits, reasons = ({"lfm": logit}, {}) if logit is not None else ({}, {"lfm": "too small"})
                facts = file_facts("PNG", *side, 1000, {})
                found.pictures[path] = ScoredFile(path, f"sha of {path}", facts, logits, {"lfm": band}, reasons)
    return found


def record_of(scored: ScoredFolder, rule="native", **more) -> dict:
    return assess(Request(Path("set"), {"lfm": rule}, Path("journals"), **{"resamples": 200, **more}), scored).record


def detector_of(scored: ScoredFolder, **more) -> dict:
    return record_of(scored, **more)["detectors"][0]


def test_each_generator_its_mean_and_all_together_are_counted_by_verdict():
    found = detector_of(scored_of(one=ONE, two=TWO))["by_verdict"]
    one, two = found["generators"]
    assert (one["n_real"], one["n_fake"], two["n_real"], two["n_fake"]) == (4, 4, 2, 2)
    assert one["figures"]["real_evidence"] == 0.25 and one["figures"]["fake_evidence"] == 0.75 and one["figures"]["fake_strong"] == 0.25
    assert two["figures"]["fake_not_applicable"] == two["figures"]["fake_inconclusive"] == 0.5 and two["figures"]["fake_evidence"] == 0
    assert found["mean"]["figures"]["fake_evidence"] == 0.375 and found["together"]["figures"]["fake_evidence"] == 0.5
    assert one["real_counts"] == {"strong": 0, "some": 1, "inconclusive": 1, "no_trace": 2, "not_applicable": 0}


def test_the_raw_columns_hold_another_line_and_are_what_they_were():
    one = detector_of(scored_of(one=ONE))["generators"][0]
    assert one["figures"]["real_acc"] == 0.5 and one["figures"]["fake_acc"] == 0.5 and one["threshold"] == 1.0


def test_intervals_are_drawn_as_those_of_the_raw_columns():
    plain = [(float(i % 7), SOME if i % 7 >= 1 else NO_TRACE) for i in range(40)]
    found = detector_of(scored_of(one=(plain, plain)), resamples=500)
    for raw, said in ((found["generators"][0], found["by_verdict"]["generators"][0]), (found["together"], found["by_verdict"]["together"])):
        low, high = raw["intervals"]["real_acc"]
        assert said["intervals"]["real_evidence"] == pytest.approx([1 - high, 1 - low], abs=1e-6)
        assert said["intervals"]["fake_evidence"] == pytest.approx(raw["intervals"]["fake_acc"], abs=1e-6) and low < high
    assert detector_of(scored_of(one=ONE), resamples=0)["by_verdict"]["mean"]["intervals"]["real_evidence"] is None


@pytest.mark.parametrize("line", [{"threshold": 0.0}, {"threshold": 1.0}, {"threshold": "oracle"}])
def test_where_somebody_drew_another_line_nothing_is_added(line):
    record = record_of(scored_of(one=ONE), **line)
    assert "by_verdict" not in record["detectors"][0] and "verdict" not in as_text(record)
    assert judged(record)["detectors"][0]["by_verdict"] is None and not any("verdict" in name for name in next(iter(files._table(record))))


def test_ranking_stays_raw_and_the_growth_is_taken_off_beside_it_where_it_is_known():
    classes = ([(2.5, NO_TRACE), (2.6, NO_TRACE)], [(1.0, SOME), (1.1, SOME)])
    large = {"sides": ((1024, 1024), (256, 256)), "one": classes}
    grown = {"calibration": {"native": {**CARD["calibration"]["native"], "growth": GROWTH}}}
    known, unknown = detector_of(scored_of(card=grown, **large)), detector_of(scored_of(**large))
    assert known["mean"]["figures"]["auc"] == unknown["mean"]["figures"]["auc"] == 0.0
    assert known["by_verdict"]["mean"]["figures"]["auc"] == 1.0 and "auc" not in unknown["by_verdict"]["mean"]["figures"]
    assert "rank them without that growth" in verdict_sentences(known)[-1] and "not known here" in verdict_sentences(unknown)[-1]
    own = detector_of(scored_of(card=grown, own=("newsroom (abc)",), **large))
    assert not own["by_verdict"]["growth_taken_off"] and any("own photographs: newsroom (abc)" in line for line in verdict_sentences(own))


def test_weights_without_a_card_are_said_to_give_no_limit():
    said = " ".join(verdict_sentences(detector_of(scored_of(card={}, one=([(0.0, INCONCLUSIVE)] * 3,) * 2))))
    assert "logit of +0.0000 (the papers' test code" in said and "not calibrated under the input rule 'native'" in said


def test_every_form_tells_both_truths():
    record = record_of(scored_of(one=ONE, two=TWO))
    (detector,), text = record["detectors"], as_text(record)
    assert plain_words(detector)[:2] == [
        "By raw scores and one line for all, lfm found 3 of 5 generated pictures (60 %) and wrongly flagged 2 of 5 real pictures (40 %).",
        "By its verdict, which is what the app says, there is evidence of generation on 3 of 6 generated pictures (50 %) and on 1 of 6 real pictures (17 %).",
    ]
    assert "evidence on reals   evidence on fakes" in text and "2 pictures have no score and count in no figure of the raw scores" in text
    assert "one line, a logit of +1.0000 (the card of w, input rule native: about 2 % false alarms); the verdict" in text
    line = next(line for line in text.split("By the verdict: percent")[1].splitlines() if line.startswith("two"))
    assert line.split()[:4] == ["two", "2", "2", "0.0"] and line.split()[-12:] == "0.0 / 0.0 0.0 / 50.0 50.0 / 0.0 50.0 / 50.0".split()
    assert [row[0] for row in verdict_table(detector)["rows"]] == ["Mean", "All together", "one", "two"]
    shown = judged(record)["detectors"][0]["by_verdict"]
    assert (
        shown["columns"][3] == "evidence on reals" and shown["rows"][1][0] == "two" and [row[0] for row in shown["foot"]] == ["Mean", "All together"]
    )
    rows = list(csv.DictReader(io.StringIO(files._csv(files._table(record)).decode("utf-8-sig"))))
    assert float(rows[0]["verdict real_evidence"]) == 0.25 and rows[2]["generator"] == "(mean)" and float(rows[2]["verdict fake_evidence"]) == 0.375
    scores = list(csv.DictReader(io.StringIO(files._csv(files._scores(record, scored_of(one=ONE, two=TWO))).decode("utf-8-sig"))))
    assert scores[2]["verdict"] == SOME and len(scores) == 12


def test_the_same_scores_give_the_same_bytes_and_the_same_content_counts_once():
    scored = scored_of(one=ONE, two=TWO)
    assert json.dumps(record_of(scored)) == json.dumps(record_of(scored_of(one=ONE, two=TWO)))
    scored.pictures["two/1_fake/0.png"].sha256 = scored.pictures["one/1_fake/0.png"].sha256
    assert detector_of(scored)["by_verdict"]["together"]["n_fake"] == 5


def test_no_evidence_on_any_picture_is_not_made_surer_than_it_is():
    said = " ".join(verdict_sentences(detector_of(scored_of(one=([(0.0, NO_TRACE)] * 20, [(3.0, SOME)] * 19 + [(0.0, NO_TRACE)])))))
    assert "None of 20 real pictures got evidence" in said and "between 0.0 and 16.8 %" in said and "fake pictures got evidence" not in said
