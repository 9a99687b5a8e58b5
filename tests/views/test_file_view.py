from __future__ import annotations

import json

import numpy as np
import pytest

from forensics_ui.views.file import C2PA, File
from forensics_ui.words import say
from tests.views.helpers_views import FakeSubject, look

FACTS = {
    "declared_type": "PNG",
    "detected_type": "JPEG",
    "type_mismatch": True,
    "mode": "RGB",
    "bits": 8,
    "orientation": 6,
    "exif": {"Make": "<b>Maker</b>", "ExposureTime": "1/60"},
    "gps": {},
    "jpeg": {"quality": 82, "tables": "standard", "subsampling": "4:2:0", "quantisation": {"0": list(range(1, 65))}},
    "generators": [{"name": "ComfyUI", "where": "text 'prompt'", "text": '{"1": {"class_type": "KSampler"}}'}],
    "thumbnails": [{"where": "EXIF", "type": "JPEG", "bytes": 900, "sha256": "ab", "width": 160, "height": 120}],
    "c2pa": {"state": "absent"},
    "pixels_sha256": "ff" * 32,
    "remarks": ["13 bytes follow the end of the picture."],
    "something_new": {"deep": [1, None, True]},
}


def tables_of(**changes):
    shown = look(File(), FakeSubject(np.zeros((4, 4, 3), np.uint8), (), facts={**FACTS, **changes}))
    return {table.title: table for table in shown.tables}, shown


def test_every_fact_stands_in_some_table():
    tables, _ = tables_of()
    said = json.dumps([table.rows for table in tables.values()])
    for word in ("1/60", "82", "ComfyUI", "160", "ff" * 32, "13 bytes follow", "deep: 1, not known, yes"):
        assert word in said


def test_strings_of_a_file_stay_text_as_they_are():
    tables, _ = tables_of()
    assert ("Make", "<b>Maker</b>") in tables["EXIF"].rows


def test_quantisation_tables_are_eight_by_eight():
    tables, _ = tables_of()
    rows = tables["Quantisation table 0"].rows
    assert len(rows) == 8 and rows[1] == tuple(range(9, 17))


@pytest.mark.parametrize("state", sorted(C2PA))
def test_states_of_content_credentials_are_different_answers(state):
    tables, shown = tables_of(c2pa={"state": state, "signer": "Somebody"})
    assert ("state", say(C2PA[state])) in tables["Content credentials (C2PA)"].rows
    assert any(say(C2PA[state]) in line for line in shown.sentences)
    assert len({say(each) for each in C2PA.values()}) == len(C2PA)


def test_empty_parts_make_no_table():
    tables, _ = tables_of()
    assert "Place (GPS)" not in tables and "IPTC" not in tables


def test_a_generator_named_in_the_file_is_called_a_claim():
    _, shown = tables_of()
    assert any("ComfyUI" in line and "claim" in line for line in shown.sentences)
    _, shown = tables_of(generators=[])
    assert any("names no generator" in line for line in shown.sentences)


def test_a_picture_without_facts_is_shown_too():
    shown = look(File(), FakeSubject(np.zeros((4, 4, 3), np.uint8), ()))
    assert any("not checked" in line for line in shown.sentences)
