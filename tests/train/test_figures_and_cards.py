from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import LFMNet
from forensics_ui.train.card import page, write_weights
from forensics_ui.train.figures import Scored, by_size, calibration, figures, platt, reliability, score_samples, threshold_at
from forensics_ui.train.folders import Sample, labelled_files
from forensics_ui.train.measure import CONDITIONS, area_under_curve, logits_of
from forensics_ui.train.pictures import decode


def scored(n: int = 200, shift: float = 2.0) -> list[Scored]:
    rng = np.random.default_rng(0)
    values = [(label, i, rng.normal(shift * label)) for label in (0, 1) for i in range(n)]
    return [Scored(label, f"s{i % 4}", 256, {c: {"native": v, "crop": v - k} for k, c in enumerate(CONDITIONS)}) for label, i, v in values]


def test_the_area_under_the_curve_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    real, fake = rng.integers(0, 6, 40), rng.integers(2, 9, 30)
    pairs = [(f > r) + 0.5 * (f == r) for r in real for f in fake]
    assert area_under_curve(real, fake) == pytest.approx(np.mean(pairs))
    assert area_under_curve([1.0], [2.0]) == 1 and area_under_curve([2.0], [1.0]) == 0


@pytest.mark.parametrize(("n", "alarms", "allowed"), [(200, 0.05, 10), (100, 0.01, 1), (99, 0.01, 0)])
def test_no_more_real_pictures_reach_a_threshold_than_it_promises(n: int, alarms: float, allowed: int):
    real = np.random.default_rng(1).normal(size=n)
    threshold = threshold_at(real, alarms)
    assert (real >= threshold).sum() == allowed
    assert np.sort(real)[::-1][allowed] == pytest.approx(threshold, abs=2e-4)


def test_thresholds_hold_under_the_worst_condition():
    pictures = scored()
    values = calibration(pictures, "crop", "group")
    rates = figures(pictures, {"native": values, "crop": values})
    assert max(rates[c]["crop"]["fpr_at_some"] for c in CONDITIONS) == values["alarms"]["some"] == 0.015
    assert max(rates[c]["crop"]["fpr_at_strong"] for c in CONDITIONS) == 0.01
    assert values["threshold_low"] < values["threshold_some"] <= values["threshold_strong"]


def test_every_condition_has_limits_and_a_probability_of_its_own():
    pictures = scored()  # under `crop` each condition lies one logit below the one before
    rows = calibration(pictures, "crop", "group")["conditions"]
    assert list(rows) == list(CONDITIONS)
    for number, row in enumerate(rows.values()):
        first = rows["as_they_come"]
        assert row["fpr_at_some"] == 0.015 and row["fpr_at_strong"] == 0.01 and row["n_real"] == row["n_fake"] == 200
        for limit in ("threshold_low", "threshold_some", "threshold_strong"):
            assert row[limit] == pytest.approx(first[limit] - number, abs=2e-4)
        assert row["auc"] == first["auc"] and row["tpr_at_some"] == pytest.approx(first["tpr_at_some"], abs=0.011)
        assert row["platt"]["b"] == pytest.approx(first["platt"]["b"] + number * first["platt"]["a"], abs=1e-3)


def test_pooled_limits_are_the_strictest_and_the_set_is_named():
    values = calibration(scored(), "crop", "group")
    assert values["threshold_some"] == max(row["threshold_some"] for row in values["conditions"].values())
    assert values["set"] == "group, 200 real and 200 generated pictures under 4 conditions"


def test_a_calibrated_probability_comes_true_on_other_pictures():
    fitted = calibration(scored(1000), "native", "group")
    rng = np.random.default_rng(9)
    drawn = [(label, rng.normal(2 * label)) for label in (0, 1) for _ in range(2000)]
    fresh = [Scored(label, "s", 256, {c: {"native": v} for c in CONDITIONS}) for label, v in drawn]
    rows = reliability(fresh, "native", fitted)["as_they_come"]
    assert sum(row["n_real"] for row in rows) == sum(row["n_fake"] for row in rows) == 2000
    assert max(abs(row["stated"] - row["came_true"]) for row in rows if row["n_real"] + row["n_fake"] > 100) < 0.08


def test_the_probability_rises_with_the_score_and_is_that_of_the_two_normal_distributions():
    rng = np.random.default_rng(0)
    a, b = platt(rng.normal(0, 1, 20_000), rng.normal(2, 1, 20_000))
    assert a == pytest.approx(2, abs=0.1) and b == pytest.approx(-2, abs=0.1)  # log ratio of N(2,1) to N(0,1): 2x - 2


def test_a_score_that_says_nothing_gives_no_probability_but_a_half():
    assert platt(np.array([1.0, 2, 3] * 20), np.array([0.5, 1, 2] * 20)) == (0, 0)


def test_the_range_of_probabilities_is_limited_by_the_number_of_pictures():
    assert calibration(scored(98), "native", "group")["range"] == [0.01, 0.99]


def test_sizes_are_counted_apart():
    pictures = scored()
    assert by_size(pictures, {"native": calibration(pictures, "native", "g")})["0-299 px"]["jpeg80"]["n_real"] == 200


def test_every_picture_is_scored_as_the_plain_network_scores_it(labelled: Path):
    torch.manual_seed(0)
    net = LFMNet().eval()
    samples = labelled_files(labelled)[:2] + labelled_files(labelled)[-1:]
    rows = score_samples(DETECTORS.get("lfm")(net.state_dict(), torch.device("cpu")), samples)
    assert [r.label for r in rows] == [0, 0, 1]
    for name, change in CONDITIONS.items():
        plain = logits_of(net, [change(decode(s.path)) for s in samples])
        assert [r.logits[name]["native"] for r in rows] == pytest.approx(plain.tolist(), abs=1e-3)
        assert all(r.logits[name]["native"] == r.logits[name]["crop"] for r in rows)


def test_a_picture_too_small_for_one_of_the_conditions_is_left_out(tmp_path: Path, labelled: Path):
    small = tmp_path / "small.png"
    Image.new("RGB", (94, 94)).save(small)  # halved: 47 pixels
    rows = score_samples(DETECTORS.get("lfm")(LFMNet().state_dict(), torch.device("cpu")), [Sample(small, 0, "s"), labelled_files(labelled)[0]])
    assert len(rows) == 1


def test_weights_go_round_strictly_and_their_hash_is_that_of_the_file(tmp_path: Path):
    net, file = LFMNet(), tmp_path / "w.safetensors"
    sha256 = write_weights(net.state_dict(), file, {"detector": "lfm", "k": "16"})
    assert sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    again = {write_weights(net.state_dict(), file, {"k": "16", "preliminary": "true", "detector": "lfm"}) for _ in range(8)}
    assert len(again) == 1  # the same weights are the same bytes
    write_weights(net.state_dict(), file, {"detector": "lfm", "k": "16"})
    LFMNet().load_state_dict(load_file(file), strict=True)
    assert all(torch.equal(v, net.state_dict()[k]) for k, v in load_file(file).items())
    with safe_open(file, "pt") as opened:
        assert opened.metadata() == {"detector": "lfm", "k": "16"}


def test_the_page_holds_every_figure_of_the_card():
    pictures = scored()
    values = {rule: calibration(pictures, rule, "group") for rule in ("native", "crop")}
    card = {
        "name": "n", "detector": "lfm", "sha256": "0" * 64, "seed": 1, "preset": {"name": "own"}, "training": {"steps": 10, "seconds": 60},
        "data": {"train": {"real": {"a": 1}, "fake": {"b": 2}}}, "figures_set": "test", "figures": figures(pictures, values),
        "calibration": {**values, "paper": None}, "known_failures": ["it fails"],
    }  # fmt: skip
    text = page(json.loads(json.dumps(card)))
    assert text.count("| native |") == text.count("| crop |") == 4
    assert "it fails" in text and "`paper`: not calibrated" in text and f"{card['figures']['jpeg80']['crop']['auc']:.3f}" in text
