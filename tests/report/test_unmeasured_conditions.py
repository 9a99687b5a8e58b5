"""A picture in a format that nobody measured: its report says so where it states how often the detector is wrong."""

from __future__ import annotations

import numpy as np

from forensics_ui.batch.feeder import content_of
from forensics_ui.batch.output import report_rows
from forensics_ui.core.types import Picture
from forensics_ui.report.build import picture_entry
from forensics_ui.report.words import error_rate

WEBP = Picture("a.webp", "0" * 64, 1, "WEBP", np.zeros((8, 8, 3), np.uint8), {})
PNG = Picture("a.png", "0" * 64, 1, "PNG", np.zeros((8, 8, 3), np.uint8), {})
NOTE = "no limit was measured for WebP"


def test_the_error_rates_are_those_of_the_closest_condition_and_called_so():
    entry = {"figures": {"jpeg80": {"n_real": 90, "n_fake": 80, "fpr_at_some": 0.0, "tpr_at_some": 0.05}}}
    known, closest = error_rate(entry, "jpeg80"), error_rate(entry, "jpeg80", NOTE)
    assert known.startswith("On pictures saved as JPEG 80") and closest.endswith(known[1:])
    assert closest.startswith(f"Not known of this one ({NOTE}: the strictest limits are used). The closest condition that was measured: on")


def test_the_entry_of_a_picture_and_the_row_of_a_batch_carry_the_reason():
    entry = picture_entry(WEBP, "a.webp", [])
    assert (entry.condition, entry.condition_note) == ("jpeg80", NOTE) and picture_entry(PNG, "a.png", []).condition_note == ""
    plan = {"folder": None, "detectors": [{"detector": "lfm"}], "input_rule": "crop"}
    row = {"state": "done", "path": "a.webp", "sha256": "0" * 64, "bytes": 1, "declared_type": "WEBP", "scores": {"lfm": {}}, **content_of(WEBP)}
    (made,) = report_rows(iter([row]), plan)
    assert made["condition"] == "jpeg80" and made["condition_note"] == NOTE and not {"condition", "condition_note"} & set(made["facts"])
    assert "condition_note" not in content_of(PNG)["facts"]
