from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.types import Box
from forensics_ui.views.region import Region, aligned, tile_boxes
from forensics_ui.views.seen import WhatWasSeen
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like, picture_of


def red(rgb):
    return float(rgb[..., 0].mean())


def patched(height=600, width=800):
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[256:512, 512:768] = 200
    return rgb


def test_the_box_and_the_rest_are_scored_apart():
    subject = FakeSubject(patched(), ("lfm",), judge=red)
    found = look(Region(), subject, x=512, y=256, w=256, h=256).numbers["detectors"]["lfm"]
    assert found["box_logit"] == 200.0
    assert found["rest"]["mean"] < 30
    assert found["tiles"]["highest_at"] == [512, 256]


def test_tiles_have_one_size_and_cover_the_picture():
    picture = picture_of(np.zeros((600, 805, 3), np.uint8))
    boxes = [box for row in tile_boxes(picture) for box in row]
    covered = np.zeros((600, 805), bool)
    for box in boxes:
        assert (box.width, box.height) == (256, 256) and box.left % 8 == 0 and box.top % 8 == 0
        covered[box.top : box.top + 256, box.left : box.left + 256] = True
    assert covered[:600].all() or (~covered).sum() <= 600 * 7 + 805 * 7


def test_the_tile_map_shows_the_scores_of_the_tiles():
    subject = FakeSubject(photo_like(300, 520), ("lfm",))
    shown = look(Region(), subject)
    boxes = tile_boxes(subject.picture)
    expected = subject.logit_of(subject.picture.rgb[:256, 256:512], "lfm", "native")
    assert boxes[0][1] == Box(256, 0, 256, 256)
    assert shown.panes[1].values[0, 1] == pytest.approx(expected, abs=1e-4)


def test_a_crooked_box_is_aligned_and_said():
    shown = look(Region(), FakeSubject(patched(), ("lfm",), judge=red), x=517, y=259, w=101, h=50, tiles=False)
    assert shown.numbers["box"] == [512, 256, 106, 52]
    assert any("aligned" in line for line in shown.sentences)


def test_a_box_outside_the_picture_is_refused():
    with refused(NotApplicable, "holds no whole cell"):
        aligned(900, 10, 50, 50, picture_of(np.zeros((600, 800, 3), np.uint8)))


def test_a_box_too_small_for_the_detector_is_told():
    with refused(NotApplicable, "too small for LFM"):
        look(Region(), FakeSubject(photo_like(200, 200), ("lfm",)), x=0, y=0, w=20, h=20, tiles=False)


def test_nothing_to_score_is_a_sentence():
    with refused(NotApplicable, "draw a box"):
        look(Region(), FakeSubject(photo_like(64, 64), ("lfm",)), tiles="no")


def test_every_rule_of_every_detector_is_drawn():
    shown = look(WhatWasSeen(), FakeSubject(photo_like(501, 700), ("lfm", "univfd")))
    found = shown.numbers["detectors"]
    assert found["lfm"]["native"]["share"] == pytest.approx(500 / 501, abs=1e-6)
    assert found["lfm"]["crop"]["box"][2:] == [256, 256]
    assert found["lfm"]["paper"]["resampled"] is True
    assert found["univfd"]["paper"]["box"][2:] == [224, 224]
    assert len(shown.marks) == 6


def test_a_detector_that_sees_nothing_is_told_with_the_reason():
    shown = look(WhatWasSeen(), FakeSubject(photo_like(95, 95), ("lfm", "univfd")))
    assert "too small" in shown.numbers["detectors"]["univfd"]["native"]["not_applicable"]
    assert shown.numbers["detectors"]["univfd"]["paper"]["padded"] is True


def test_without_weights_it_still_says_what_would_be_seen():
    assert set(look(WhatWasSeen(), FakeSubject(photo_like(300, 300), ())).numbers["detectors"]) >= {"lfm", "npr", "univfd"}
