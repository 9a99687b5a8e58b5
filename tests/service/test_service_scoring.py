"""One picture in, one account out; and what is said when that cannot be."""

from __future__ import annotations

import math

import pytest

from forensics_ui.core.errors import ForensicsError, NotApplicable, WeightsMismatch, WeightsMissing
from forensics_ui.core.reasons import said
from forensics_ui.words import sentence_of
from tests.refusals import refused


def test_an_analysis_says_what_made_it(service, picture):
    analysis = service.analyse(picture(7, 8, 12), "dummy", rule="crop")
    assert (analysis.logit, analysis.detector, analysis.weights, analysis.weights_sha256) == (7.0, "dummy", "plain", "sha of plain")
    assert (analysis.device, analysis.precision, analysis.seen.rule, analysis.seen.input_size) == ("cpu", "fp32", "crop", (12, 8))
    assert analysis.seconds > 0


def test_weights_are_taken_by_name(service, picture):
    assert service.analyse(picture(7), "dummy", weights="other").weights_sha256 == "sha of other"


def test_networks_run_in_one_thread_only(service, script, picture):
    for number in range(5):
        service.analyse(picture(number), "dummy", weights=f"w{number % 2}")
    assert script.threads == {"detector-service"}


def test_not_applicable_is_said_to_the_caller_at_once(service, picture, script):
    with refused(NotApplicable, "too small"):
        service.submit(picture(7, 2, 8), "dummy")
    assert not script.batches


def test_an_unknown_detector_is_answered_with_the_known_ones(service, picture):
    with refused(ForensicsError, r"no detector called 'nosuch'.*dummy"):
        service.submit(picture(7), "nosuch")


def test_missing_weights_are_said_to_the_caller_at_once(make_service, picture):
    def none_installed(detector, folder):
        raise WeightsMissing("run `weights get plain`")

    with refused(WeightsMissing, "weights get"):
        make_service(default=none_installed).submit(picture(7), "dummy")


def test_weights_that_do_not_load_fail_their_requests_and_are_tried_again(make_service, weights, picture):
    broken = [True]

    def load(name, detector, folder):
        if broken[0]:
            raise WeightsMismatch("these are not the bytes")
        return weights(name)

    service = make_service(load=load)
    with refused(WeightsMismatch, "not the bytes"):
        service.analyse(picture(7), "dummy")
    assert service.status().failures == {"dummy (plain)": said("these are not the bytes", "cause")}
    broken[0] = False
    assert service.analyse(picture(7), "dummy").logit == 7.0
    assert service.status().failures == {}


def test_a_loader_that_dies_is_told_in_a_sentence(make_service, picture):
    def load(name, detector, folder):
        raise OSError("/data/somebody/weights.pth")

    with refused(ForensicsError, r"Loading the weights of dummy failed \(OSError\)") as caught:
        make_service(load=load).analyse(picture(7), "dummy")
    assert "/home" not in sentence_of(caught.value)


def test_a_network_that_breaks_takes_nobody_else_down(occupied, script, picture):
    tickets = [occupied.service.submit(picture(number), "dummy") for number in (3, 255, 4)]
    script.go_on.set()
    assert [tickets[i].result(10).logit for i in (0, 2)] == [3.0, 4.0]
    with refused(ForensicsError, r"failed on this picture \(ValueError\)") as caught:
        tickets[1].result(10)
    assert "/home" not in sentence_of(caught.value)
    assert script.batches == [[0], [3, 255, 4], [3], [255], [4]]
    assert occupied.service.analyse(picture(9), "dummy").logit == 9.0


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, RecursionError, GeneratorExit])
def test_the_service_survives_whatever_a_detector_raises(service, script, picture, error):
    def explode(numbers, tile):
        raise error

    script.before_tile = explode
    with refused(ForensicsError, error.__name__):
        service.analyse(picture(7), "dummy")
    script.before_tile = None
    assert service.analyse(picture(7), "dummy").logit == 7.0


def test_a_number_that_is_not_one_is_never_a_score(service, script, picture):
    script.logit_of = lambda block: math.nan
    with refused(ForensicsError, "no finite number"):
        service.analyse(picture(7), "dummy")


def test_too_few_findings_are_an_error_not_a_mix_up(service, dummy, picture, monkeypatch):
    monkeypatch.setattr(dummy, "findings", lambda self, blocks, checkpoint: [])
    with refused(ForensicsError, "failed on this picture"):
        service.analyse(picture(7), "dummy")


def test_a_score_alone_asks_the_detector_for_less(service, dummy, script, picture, monkeypatch):
    asked = []
    monkeypatch.setattr(dummy, "logits", lambda self, blocks, checkpoint: (asked.append(len(blocks)), [0.25] * len(blocks))[1])
    analysis = service.analyse(picture(7), "dummy", evidence=False)
    assert (analysis.logit, analysis.evidence, analysis.weights) == (0.25, None, "plain") and asked == [1]
    assert service.analyse(picture(7), "dummy").logit == 7.0 and asked == [1] and script.batches == [[7]]
