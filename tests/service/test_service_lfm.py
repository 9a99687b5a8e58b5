"""The service with a real network: who else is in the batch, or passes in between, does not change a score."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from forensics_ui.core.settings import Settings
from forensics_ui.service import DetectorService, Priority
from tests.detectors.helpers_networks import photo_like, plain_logit, seeded


@pytest.fixture(scope="module")
def networks():
    return {name: seeded(name) for name in ("lfm", "npr")}


@pytest.fixture
def service(networks, tmp_path):
    def load(name, detector, folder):
        return SimpleNamespace(name=name, sha256="", state=networks[detector].state_dict())

    with DetectorService(Settings(data_dir=tmp_path, weights_dir=tmp_path, device="cpu"), load=load, default=lambda *_: "seeded") as service:
        yield service


@pytest.mark.parametrize("detector", ["lfm", "npr"])
def test_a_picture_scores_the_same_alone_and_in_a_batch(service, detector, networks):
    pictures = [photo_like(120, 136, seed) for seed in range(9)]
    alone = [service.analyse(picture, detector).logit for picture in pictures]
    sizes, findings = [], service._models.get((detector, "seeded")).detector.findings
    service._models.get((detector, "seeded")).detector.findings = lambda blocks, checkpoint: (
        sizes.append(len(blocks)),
        findings(blocks, checkpoint),
    )[1]
    tickets = [service.submit(picture, detector) for picture in pictures]
    assert [ticket.result(60).logit for ticket in tickets] == pytest.approx(alone, abs=1e-4)
    assert max(sizes) > 1 and alone == pytest.approx([plain_logit(networks[detector], p) for p in pictures], abs=1e-3)


@pytest.mark.parametrize("detector", ["lfm", "npr"])
def test_a_persons_crop_in_the_middle_of_a_native_run_changes_neither(service, detector):
    large, small = photo_like(1100, 600, 1), photo_like(256, 256, 2)
    expected = [service.analyse(picture, detector).logit for picture in (large, small)]
    passed, done_at = [], []

    def at_the_first_tile(done, total):
        if not passed:
            passed.append(service.submit(small, detector, rule="crop"))
            passed[0].add_done_callback(lambda _: done_at.append(ticket.done()))

    ticket = service.submit(large, detector, priority=Priority.BATCH, on_progress=at_the_first_tile)
    logits = [ticket.result(60).logit, passed[0].result(0).logit]
    assert logits == pytest.approx(expected, abs=1e-4)
    assert done_at == [False]
