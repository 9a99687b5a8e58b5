"""PRC, this project's own detector: patterns are what their definition says, and places add up to the score, however the picture is cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import NotApplicable, WeightsMismatch
from forensics_ui.detectors import DETECTORS, prc
from forensics_ui.detectors.patterns import CLASSES, PATTERNS, REACH, RELATIVE, SMALLEST, TOTAL, each_code, folding, frequencies, in_steps, places
from forensics_ui.detectors.prc import POWER
from tests.detectors.helpers_networks import photo_like
from tests.detectors.helpers_prc import counted_plainly, seeded_prc
from tests.refusals import refused

CPU = torch.device("cpu")
SMALL = photo_like(66, 70)


@pytest.fixture(scope="module", params=[None, 0.75], ids=["counts", "counts to a power"])
def detector(request):
    return DETECTORS.get("prc")(seeded_prc(request.param), CPU)


@pytest.fixture(scope="module")
def codes():
    return {index: [code[0] for code in arrays] for index, arrays in each_code(torch.from_numpy(SMALL)[None])}


# One of every shape, order, plane and scale; every place in plain Python takes its time.
CHOSEN = {(p.scale, p.plane, p.order, p.shape): i for i, p in enumerate(PATTERNS)}


@pytest.mark.parametrize("index", sorted(CHOSEN.values()), ids=lambda i: " ".join(map(str, vars(PATTERNS[i]).values())))
def test_codes_count_what_the_definition_counts(codes, index):
    pattern = PATTERNS[index]
    expected = np.zeros(5**pattern.length, np.int64)
    for digits, count in counted_plainly(SMALL, pattern).items():
        expected[int("".join(map(str, digits)), 5)] = count
    found = sum(torch.bincount(code.reshape(-1).long(), minlength=len(expected)) for code in codes[index]).numpy()
    assert np.array_equal(found, expected)
    assert found.sum() == places(pattern, *SMALL.shape[:2])


def test_every_step_is_the_rounded_quotient_halves_to_the_even_one():
    residuals = torch.arange(-2100, 2101, dtype=torch.int16)
    for step in {p.step * max(1, p.order) for p in PATTERNS if p.step != RELATIVE}:
        rounded = torch.clamp(torch.round(residuals.double() / step), -2, 2) + 2
        assert torch.equal(in_steps(residuals, step).double(), rounded), step


def test_a_pattern_its_negative_and_its_reverse_are_counted_together():
    fold = folding(4, "along").reshape((5,) * 4)
    for a, b, c, d in itertools.product(range(5), repeat=4):
        assert fold[a, b, c, d] == fold[d, c, b, a] == fold[4 - a, 4 - b, 4 - c, 4 - d]
    assert fold.max() + 1 == 169 and len(np.unique(fold)) == 169
    colours = folding(3, "colours").reshape((5,) * 3)
    assert colours[0, 1, 2] == colours[4, 3, 2] != colours[2, 1, 0]


def test_shares_of_every_pattern_sum_to_one():
    shares, start = frequencies(SMALL), 0
    for count in CLASSES:
        assert shares[start : start + count].sum() == pytest.approx(1, abs=1e-5)
        start += count
    assert start == TOTAL == len(shares)


@pytest.mark.parametrize("size", [(64, 64), (65, 91), (256, 256), (700, 93)], ids=lambda s: f"{s[1]}x{s[0]}")
def test_places_add_up_to_the_logit_and_counting_gives_the_same(detector, size):
    block = photo_like(*size, seed=3)
    finding = detector.findings([block])[0]
    assert finding.evidence.total() == finding.logit
    assert finding.logit == pytest.approx(detector.logit(block), abs=1e-4)


def test_tiling_changes_nothing_anywhere(detector, monkeypatch):
    block = photo_like(301, 150, seed=5)
    whole = detector.findings([block])[0]
    monkeypatch.setattr(prc, "CELLS_PER_TILE", 7)
    tiled = detector.findings([block])[0]
    assert np.allclose(tiled.evidence.contributions, whole.evidence.contributions, atol=1e-6)
    assert tiled.logit == pytest.approx(whole.logit, abs=1e-5)


def test_pictures_of_one_batch_do_not_see_each_other(detector):
    one, other = photo_like(96, 128, seed=1), photo_like(96, 128, seed=2)
    together = detector.findings([one, other])
    assert [f.logit for f in together] == pytest.approx([detector.findings([block])[0].logit for block in (one, other)], abs=1e-5)


@pytest.mark.parametrize("power", [1.0, 0.75])
def test_the_gate_alone_decides_which_weights_count(power):
    state = seeded_prc(power)
    logits = {}
    for name, bias in (("clean", -1000.0), ("saved", 1000.0)):
        gated = DETECTORS.get("prc")(state | {"gate.bias": torch.tensor([bias])}, CPU)
        logits[name] = gated.logit(SMALL)
        counted = frequencies(SMALL).astype(float) ** (power if name == "saved" else 1)
        assert logits[name] == pytest.approx(counted @ state[f"{name}.weight"].double().numpy() + float(state[f"{name}.bias"]), abs=1e-4)
    assert abs(logits["clean"] - logits["saved"]) > 0.1


def test_places_of_one_pattern_share_what_its_count_adds():
    """Under a power the first place of a pattern adds no more than the last; without one they add the weight itself, over all places."""
    only = PATTERNS.index(next(p for p in PATTERNS if p.shape == "cell" and p.scale == 1))
    start = sum(CLASSES[:only])
    state = seeded_prc(0.5) | {name: torch.zeros_like(tensor) for name, tensor in seeded_prc().items()} | {"gate.bias": torch.tensor([1000.0])}
    state["saved.weight"] = torch.zeros(TOTAL).index_fill(0, torch.arange(start, start + CLASSES[only]), 1.0)
    counted = frequencies(SMALL)[start : start + CLASSES[only]].astype(float)
    finding = DETECTORS.get("prc")(state, CPU).findings([SMALL])[0]
    assert finding.logit == pytest.approx(np.sqrt(counted).sum(), abs=1e-4) and (finding.evidence.contributions >= 0).all()
    rarest = 1 / np.sqrt(counted[counted > 0]).min()
    assert finding.evidence.contributions.max() <= 64 * rarest / places(PATTERNS[only], *SMALL.shape[:2]) + 1e-6


def test_what_changes_far_away_changes_no_place(detector):
    """The field that the evidence view draws is all that a cell is computed from."""
    state = seeded_prc() | {"gate.bias": torch.tensor([-1000.0])}
    lonely = DETECTORS.get("prc")(state, CPU)
    changed = SMALL.copy()
    changed[0, 0] = 255 - changed[0, 0]
    before, after = (lonely.findings([block])[0].evidence.contributions for block in (SMALL, changed))
    rows, columns = np.nonzero(np.abs(before - after) > 1e-7)
    assert len(rows) and max(rows.max(), columns.max()) * 8 <= REACH


def test_sums_are_taken_in_fp32_even_when_half_precision_is_asked_for():
    assert DETECTORS.get("prc")(seeded_prc(), CPU, "fp16").precision == "fp32"


def test_smaller_than_its_widest_pattern_is_not_applicable():
    kind = DETECTORS.get("prc")
    assert kind.prepare(photo_like(SMALLEST, SMALLEST), "native").block.shape == (SMALLEST, SMALLEST, 3)
    with refused(NotApplicable, "too small"):
        kind.prepare(photo_like(SMALLEST - 1, 200), "native")
    assert all(places(p, SMALLEST, SMALLEST) > 0 for p in PATTERNS)


@pytest.mark.parametrize(
    "odd", [{"clean.weight": torch.zeros(7)}, {POWER: torch.tensor([0.0])}, {POWER: torch.tensor([float("nan")])}, {POWER: torch.ones(2)}], ids=str
)
def test_other_weights_are_refused(odd):
    with refused(WeightsMismatch, "not those of PRC"):
        DETECTORS.get("prc")(seeded_prc() | odd, CPU)
