"""Dropped files on their way to the disk."""

from __future__ import annotations

import os
import time

import pytest

from forensics_ui.core.errors import ForensicsError
from forensics_ui.ui.batch_drops import Drops
from tests.refusals import refused


@pytest.fixture
def drops(tmp_path):
    return Drops(tmp_path / "data")


def put(drops, drop, name, data=b"x"):
    path = drops.place(drop, name)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", ["", "/", "..", "../a.jpg", "a/../../b.jpg", "a/./b.jpg", "a\0.jpg", "x" * 300, "/".join("abcdefghij" * 4)])
def test_names_that_lead_out_or_cannot_be_kept_are_refused(drops, name):
    drop = drops.new()
    with pytest.raises(ForensicsError):
        drops.place(drop, name)


def test_folders_and_names_are_kept(drops):
    drop = drops.new()
    assert put(drops, drop, "trip/ü/a b.jpg").relative_to(drops.inside(drop)).parts == ("trip", "ü", "a b.jpg")


def test_an_absolute_name_stays_inside(drops):
    drop = drops.new()
    assert drops.place(drop, "/etc/passwd").is_relative_to(drops.inside(drop))


def test_a_name_that_comes_again_gets_a_number(drops):
    drop = drops.new()
    assert [put(drops, drop, "a.jpg").name for _ in range(3)] == ["a.jpg", "a (2).jpg", "a (3).jpg"]


def test_a_file_where_a_folder_should_be_is_told(drops):
    drop = drops.new()
    put(drops, drop, "a")
    with refused(ForensicsError, "cannot be kept"):
        drops.place(drop, "a/b.jpg")


def test_one_folder_keeps_its_name_and_loose_files_are_called_by_their_number(drops):
    one, many = drops.new(), drops.new()
    put(drops, one, "Holiday/a.jpg")
    put(drops, many, "a.jpg")
    put(drops, many, "b/c.jpg")
    assert drops.begin(one).name == "Holiday"
    assert [drops.begin(many).name for _ in range(2)] == ["2 dropped files"] * 2
    assert sorted(path.name for path in drops.begin(many).rglob("*.jpg")) == ["a.jpg", "c.jpg"]
    assert drops.of(drops.begin(many)) == many and drops.of("elsewhere") is None


def test_an_empty_or_strange_one_is_told(drops):
    with refused(ForensicsError, "No files"):
        drops.looked_at(drops.new())
    for drop in ("drop-0", "..", "drop-../../a", "drop-0123456789abcdef"):
        with refused(ForensicsError, "no longer there"):
            drops.inside(drop)
    drops.delete("..")
    assert drops.home.is_dir()


def test_only_what_nobody_started_is_swept_away(drops):
    kept, swept, young = drops.new(), drops.new(), drops.new()
    put(drops, kept, "a.jpg")
    drops.begin(kept)
    old = time.time() - 2 * 24 * 3600
    for drop in (kept, swept):
        os.utime(drops.home / drop, (old, old))
    drops.sweep()
    assert (drops.home / kept).exists() and (drops.home / young).exists() and not (drops.home / swept).exists()
