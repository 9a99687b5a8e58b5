"""Every registered detector and every view over the same hard pictures: an answer, or a sentence that says why there is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.types import Finding
from forensics_ui.detectors import DETECTORS
from forensics_ui.views import VIEWS
from forensics_ui.views.base import Rendering
from forensics_ui.views.common import plain_value
from forensics_ui.views.draw import draw
from forensics_ui.words import sentence_of
from tests.views.helpers_views import FakeSubject, detector_of, look, photo_like

NOISE = np.random.default_rng(0)


def sixteen_bit_origin() -> np.ndarray:
    """What the intake makes of a 16-bit gradient: its upper eight bits, in bands."""
    return np.repeat((np.linspace(0, 65535, 64 * 64).astype(np.uint16) >> 8).astype(np.uint8).reshape(64, 64, 1), 3, 2)


HARD = {
    "1x1": photo_like(1, 1),
    "1x40": photo_like(40, 1),
    "40x1": photo_like(1, 40),
    "2x2": photo_like(2, 2),
    "odd": photo_like(97, 131),
    "tall": photo_like(700, 33),
    "48x48": photo_like(48, 48),
    "flat": np.full((64, 64, 3), 128, np.uint8),
    "black": np.zeros((240, 240, 3), np.uint8),
    "noise": NOISE.integers(0, 256, (72, 80, 3), np.uint8),
    "16-bit origin": sixteen_bit_origin(),
}
FACTS = {"type_mismatch": False, "c2pa": {"state": "absent"}, "remarks": ["Reduced from 16 bits."], "exif": {"Note": "<script>"}, "jpeg": None}


def is_a_sentence(reason: NotApplicable) -> bool:
    text = sentence_of(reason)
    return len(text) > 20 and " " in text and "Error" not in text and "None" not in text


@pytest.mark.parametrize("picture", HARD)
@pytest.mark.parametrize("name", DETECTORS.names())
def test_every_detector_answers_or_says_why_not(name, picture):
    kind = DETECTORS.get(name)
    for rule in kind.spec.rules:
        try:
            prepared = kind.prepare(HARD[picture], rule)
        except NotApplicable as reason:
            assert is_a_sentence(reason)
            continue
        finding = detector_of(name).findings([prepared.block])[0]
        assert isinstance(finding, Finding) and math.isfinite(finding.logit)
        assert finding.evidence is None or finding.evidence.total() == pytest.approx(finding.logit, abs=1e-4)
        assert prepared.seen.rule == rule and 0 <= prepared.seen.share_of(HARD[picture].shape[1], HARD[picture].shape[0]) <= 1


@pytest.mark.parametrize("picture", HARD)
@pytest.mark.parametrize("name", VIEWS.names())
def test_every_view_answers_or_says_why_not(name, picture):
    rgb = HARD[picture]
    subject = FakeSubject(rgb, tuple(DETECTORS.names()), second=255 - rgb, facts=dict(FACTS), limit=0.5)
    options = {"cam": {"check": False}, "stability": {"exact": False}}.get(name, {})
    try:
        shown = look(VIEWS.get(name)(), subject, **options)
    except NotApplicable as reason:
        assert is_a_sentence(reason)
        return
    assert isinstance(shown, Rendering)
    assert json.loads(json.dumps(shown.numbers, allow_nan=False)) == plain_value(shown.numbers)  # JSON-ready and finite as it is
    json.dumps([[table.rows for table in shown.tables], [dict(curve.lines) for curve in shown.curves]], allow_nan=False)
    for pane in shown.panes:
        assert draw(pane, rgb.shape[1], rgb.shape[0]).shape in (rgb.shape, pane.values.shape, (*pane.values.shape[:2], 3))
        assert pane.scale is None or pane.scale.high > pane.scale.low
    for box in [mark.box for mark in shown.marks] + [box for table in shown.tables for box in table.marks] + [box for _, box in shown.crops]:
        assert 0 <= box.left <= box.left + box.width <= rgb.shape[1] and 0 <= box.top <= box.top + box.height <= rgb.shape[0]
    for table in shown.tables:
        assert all(len(row) == len(table.columns) for row in table.rows) and (not table.marks or len(table.marks) == len(table.rows))
    for curve in shown.curves:
        assert all(len(line) == len(curve.x) for line in curve.lines.values())
    assert shown.sentences and all(line.endswith((".", "!")) for line in shown.sentences)


def test_views_leave_the_pixels_alone():
    rgb = photo_like(96, 96)
    before = rgb.copy()
    for name in VIEWS.names():
        look(VIEWS.get(name)(), FakeSubject(rgb, ("lfm",), second=255 - rgb))
    assert np.array_equal(rgb, before)
