from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.errors import NotApplicable
from forensics_ui.views.evidence import Evidence
from forensics_ui.views.places import contributions
from forensics_ui.views.plain import network_input
from forensics_ui.views.topk import TopK
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like, plain_of


def plain_logit(name, block):
    return float(plain_of(name)(network_input(name, block)).detach())


@pytest.mark.parametrize(("name", "size"), [("lfm", (130, 97)), ("npr", (130, 97)), ("univfd", (230, 460))])
def test_the_evidence_map_adds_up_to_the_logit(name, size):
    subject = FakeSubject(photo_like(*size), (name,))
    shown = look(Evidence(), subject)
    analysis = subject.analysis(name)
    pane = next(p for p in shown.panes if p.id == f"evidence_{name}")
    assert pane.values.sum(dtype=float) + analysis.evidence.bias == pytest.approx(analysis.logit, abs=1e-3)
    assert abs(shown.numbers["detectors"][name]["difference"]) < 1e-4


@pytest.mark.parametrize("name", ["lfm", "npr"])
def test_the_logit_is_that_of_the_plain_network(name):
    rgb = photo_like(96, 128)
    found = look(Evidence(), FakeSubject(rgb, (name,))).numbers["detectors"][name]
    assert found["bias"] + found["sum_of_places"] == pytest.approx(plain_logit(name, rgb), abs=2e-3)


def test_pushes_to_both_sides_are_parted_before_they_cancel():
    subject = FakeSubject(photo_like(96, 96), ("lfm",))
    panes = {p.id: p for p in look(Evidence(), subject, parts="split").panes}
    generated, real = panes["generated_lfm"].values, panes["real_lfm"].values
    assert generated.min() >= 0 >= real.max()
    assert np.allclose(generated + real, panes["evidence_lfm"].values, atol=1e-5)
    terms = subject.analysis("lfm").evidence.contributions
    assert generated.sum() == pytest.approx(terms[terms > 0].sum(), abs=1e-3)


def test_detectors_stand_side_by_side_and_those_that_cannot_are_told():
    shown = look(Evidence(), FakeSubject(photo_like(64, 64), ("lfm", "npr", "univfd")))
    assert [p.id for p in shown.panes] == ["original", "evidence_lfm", "evidence_npr"]
    assert any("too small for UnivFD" in line for line in shown.sentences)


def test_a_squashed_picture_gets_its_map_stretched_back():
    shown = look(Evidence(), FakeSubject(photo_like(300, 500), ("npr",), rule="paper"))
    pane = shown.panes[1]
    assert pane.values.shape == (300, 500) and pane.step == 1
    assert any("squashed" in line for line in shown.sentences)


def test_the_deletion_check_is_made_when_asked_for():
    subject = FakeSubject(photo_like(96, 96), ("npr",))
    shown = look(Evidence(), subject, check="yes")
    assert subject.scored == 28
    assert [row["share"] for row in shown.numbers["detectors"]["npr"]["deletion"]["regions"]] == [0.05, 0.1, 0.2]


def test_no_detector_is_a_sentence():
    with refused(NotApplicable, "no weights are installed"):
        look(Evidence(), FakeSubject(photo_like(64, 64), ()))


def test_the_terms_add_up_to_the_logit_shown():
    subject = FakeSubject(photo_like(96, 128), ("npr", "lfm"))
    shown = look(TopK(), subject, terms=1024)
    logit = subject.analysis("lfm").logit
    assert shown.numbers["sum_with_all"] == pytest.approx(logit, abs=1e-5)
    assert shown.numbers["bias"] + sum(row[4] for row in shown.tables[0].rows) == pytest.approx(logit, abs=2e-3)
    sizes = [abs(row[4]) for row in shown.tables[0].rows]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == 1024


def test_fewer_ranks_give_the_partial_sum_and_say_what_it_is():
    subject = FakeSubject(photo_like(96, 96), ("lfm",))
    shown = look(TopK(), subject, k=3)
    terms = subject.analysis("lfm").evidence
    expected = terms.bias + float((terms.value[:, :3].astype(float) * terms.weight[:, :3]).sum())
    assert shown.numbers["sum_with_k"] == pytest.approx(expected, abs=1e-5)
    assert shown.panes[1].values.sum(dtype=float) + terms.bias == pytest.approx(expected, abs=1e-3)
    assert any("not the score it would give with K = 3" in line for line in shown.sentences)
    assert max(row[1] for row in shown.tables[0].rows) <= 3


def test_each_term_is_computed_from_the_23_pixels_that_are_drawn():
    rgb = photo_like(96, 96)
    subject = FakeSubject(rgb, ("lfm",))
    channel, rank, value, *_ = look(TopK(), subject).tables[0].rows[0]
    box = look(TopK(), subject).tables[0].marks[0]
    assert (box.width, box.height) == (23, 23)
    # 24 pixels, because pixels come in cells of 2 x 2.
    patch = np.ascontiguousarray(rgb[box.top : box.top + 24, box.left : box.left + 24])
    maps = plain_of("lfm").maps(network_input("lfm", patch)).detach()
    assert float(maps[0, channel].max()) == pytest.approx(value, abs=1e-3)
    assert rank >= 1


def test_crops_show_each_place_once():
    crops = look(TopK(), FakeSubject(photo_like(96, 96), ("lfm",)), terms=300).crops
    assert len({box for _, box in crops}) == len(crops) <= 24


def test_without_top_k_terms_there_is_nothing_to_list():
    with refused(NotApplicable, "LFM does"):
        look(TopK(), FakeSubject(photo_like(96, 96), ("npr",)))


def test_contributions_of_the_first_ranks_are_a_part_of_all():
    terms = FakeSubject(photo_like(96, 96)).analysis("lfm").evidence
    first, rest = contributions(terms, 5), np.zeros(terms.grid)
    np.add.at(rest, (terms.row[:, 5:], terms.column[:, 5:]), terms.contributions[:, 5:].astype(float))
    assert np.allclose(first + rest, contributions(terms), atol=1e-6)
