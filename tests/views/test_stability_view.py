from __future__ import annotations

import numpy as np
import pytest

from forensics_ui.core.errors import Cancelled
from forensics_ui.imaging import resave
from forensics_ui.views.stability import SCALES, Stability, centre
from tests.views.helpers_views import FakeSubject, look, photo_like


def loss(original):
    """A detector that answers 1 minus the mean change in levels; other sizes score 1."""

    def judge(rgb):
        return 1.0 - float(np.abs(rgb.astype(float) - original).mean()) if rgb.shape == original.shape else 1.0

    return judge


def first_quality_below(original, judge, limit, save):
    return next(q for q in range(100, 49, -1) if judge(save(original, q)) < limit)


@pytest.mark.parametrize(("series", "save"), [("jpeg", resave.jpeg), ("webp", resave.webp)])
def test_the_flip_is_found_to_the_exact_quality(series, save):
    rgb = photo_like(96, 96)
    judge = loss(rgb)
    # Between two qualities, well away from both.
    limit = (judge(save(rgb, 83)) + judge(save(rgb, 84))) / 2
    shown = look(Stability(), FakeSubject(rgb, ("lfm",), judge=judge, limit=limit))
    flip = next(f for f in shown.numbers["flips"]["lfm"] if f["series"] == series)
    assert flip == {"series": series, "at": first_quality_below(rgb, judge, limit, save), "to": "below"}
    assert any(f"flips at {series.replace('jpeg', 'JPEG').replace('webp', 'WebP')} quality q = {flip['at']}" in line for line in shown.sentences)


def test_resizes_flip_outwards_from_the_picture():
    rgb = photo_like(100, 100)
    subject = FakeSubject(rgb, ("lfm",), judge=lambda p: float(p.shape[0]), limit=75.0)
    flips = [f for f in look(Stability(), subject).numbers["flips"]["lfm"] if f["series"] == "resize"]
    assert flips == [{"series": "resize", "at": 0.7, "to": "below"}]


def test_a_steady_score_flips_nowhere_and_says_so():
    shown = look(Stability(), FakeSubject(photo_like(64, 64), ("lfm",), judge=lambda p: 2.0))
    assert shown.numbers["flips"] == {"lfm": []}
    assert any("no change that was tried" in line for line in shown.sentences)
    assert any("0, because these weights are not calibrated" in line for line in shown.sentences)


def test_a_shift_by_one_pixel_is_tried():
    rgb = photo_like(64, 64)
    subject = FakeSubject(rgb, ("lfm",), judge=lambda p: -1.0 if np.array_equal(p, rgb[1:, 1:]) else 1.0)
    shown = look(Stability(), subject)
    assert shown.numbers["others"]["shifted by 1, 1 pixels"]["lfm"] == -1.0
    assert any("flips when the picture is shifted by 1, 1" in line for line in shown.sentences)


def test_real_detectors_give_curves_with_gaps_where_the_picture_gets_too_small():
    shown = look(Stability(), FakeSubject(photo_like(64, 64), ("lfm", "npr")), exact=False)
    resize = next(c for c in shown.curves if c.title.startswith("Resized"))
    assert resize.x == SCALES
    assert resize.lines["LFM"][0] is None and resize.lines["LFM"][-1] is not None
    assert set(resize.lines) == {"LFM", "NPR"}


def test_it_stops_when_nobody_wants_it_any_more():
    subject = FakeSubject(photo_like(64, 64), ("lfm",), judge=lambda p: 0.0, cancel_after=5)
    with pytest.raises(Cancelled):
        look(Stability(), subject)
    assert subject.scored <= 8


def test_progress_reaches_its_total():
    subject = FakeSubject(photo_like(64, 64), ("lfm",), judge=lambda p: 1.0)
    look(Stability(), subject)
    assert subject.steps[-1][0] == subject.steps[-1][1] == len(subject.steps)


def test_the_middle_of_a_large_picture_keeps_the_grid_of_jpeg_blocks():
    rgb = photo_like(1000, 1301)
    top, left = 112, 256  # (1000 - 768) / 2 = 116 and (1301 - 768) / 2 = 266, down to multiples of 16
    assert np.array_equal(centre(rgb), rgb[top : top + 768, left : left + 768])
