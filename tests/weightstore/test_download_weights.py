from __future__ import annotations

import hashlib
import random
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.weightstore import download, transfer
from forensics_ui.weightstore.download import fetch
from forensics_ui.weightstore.manifest import WeightsEntry
from forensics_ui.weightstore.transfer import DownloadFailed

DATA = random.Random(1).randbytes(300_000)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(download, "WAIT_SECONDS", 0.01)


@pytest.fixture
def entry(web) -> WeightsEntry:
    web.files["/good.pth"] = DATA
    return entry_for(web.url("/good.pth"))


def entry_for(source: str, **changes) -> WeightsEntry:
    fields = {"name": "good", "detector": "lfm", "file": "good.pth", "source": source, "licence": "MIT", "size": len(DATA)}
    return WeightsEntry(**{**fields, "sha256": hashlib.sha256(DATA).hexdigest(), **changes})


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_good_file_is_installed_and_nothing_else_is_left(web, entry, tmp_path):
    assert fetch(entry, tmp_path).read_bytes() == DATA
    assert left(tmp_path) == ["good.pth"]


def test_an_installed_file_is_not_asked_for_again(web, entry, tmp_path):
    fetch(entry, tmp_path)
    web.seen.clear()
    fetch(entry, tmp_path)
    assert web.seen == []


def test_a_connection_cut_half_way_is_taken_up_where_it_broke(web, entry, tmp_path):
    web.faults["/good.pth"] = {"cuts": 1}
    assert fetch(entry, tmp_path).read_bytes() == DATA
    (_, first), (_, second) = web.seen
    assert "Range" not in first
    assert second["Range"] == f"bytes={len(DATA) // 2}-"
    assert second["If-Range"].startswith('"')


def test_what_arrived_is_kept_for_the_next_run(web, entry, tmp_path):
    web.faults["/good.pth"] = {"cuts": download.TRIES}
    with pytest.raises(DownloadFailed, match=r"broke 4 times; [\d,]+ bytes of good are kept"):
        fetch(entry, tmp_path)
    kept = (tmp_path / "good.pth.part").stat().st_size
    assert 0 < kept < len(DATA)
    assert not (tmp_path / "good.pth").exists()
    assert fetch(entry, tmp_path).read_bytes() == DATA
    assert web.seen[-1][1]["Range"] == f"bytes={kept}-"
    assert left(tmp_path) == ["good.pth"]


def test_a_file_that_changed_meanwhile_is_started_again(web, entry, tmp_path):
    (tmp_path / "good.pth.part").write_bytes(b"x" * 1000)
    (tmp_path / "good.pth.part.etag").write_text('"of the older file"')
    assert fetch(entry, tmp_path).read_bytes() == DATA
    assert len(web.seen) == 1


def test_a_part_of_other_bytes_is_noticed_and_fetched_anew(web, entry, tmp_path):
    (tmp_path / "good.pth.part").write_bytes(b"x" * 1000)
    assert fetch(entry, tmp_path).read_bytes() == DATA


def test_a_part_longer_than_the_file_is_noticed_and_fetched_anew(web, entry, tmp_path):
    (tmp_path / "good.pth.part").write_bytes(b"x" * (len(DATA) + 10))
    assert fetch(entry, tmp_path).read_bytes() == DATA


def test_a_server_without_ranges_sends_the_whole_again(web, entry, tmp_path):
    web.faults["/good.pth"] = {"cuts": 1, "no_ranges": True}
    assert fetch(entry, tmp_path).read_bytes() == DATA


def test_a_tampered_file_is_deleted_and_not_installed(web, entry, tmp_path):
    web.files["/good.pth"] = DATA[:-1] + bytes([DATA[-1] ^ 1])
    with pytest.raises(WeightsMismatch, match="not the published file"):
        fetch(entry, tmp_path)
    assert left(tmp_path) == []


def test_a_file_that_is_there_stays_when_what_arrives_is_wrong(web, entry, tmp_path):
    (tmp_path / "good.pth").write_bytes(b"an older file")
    web.files["/good.pth"] = bytes(len(DATA))
    with pytest.raises(WeightsMismatch):
        fetch(entry, tmp_path)
    assert (tmp_path / "good.pth").read_bytes() == b"an older file"


@pytest.mark.parametrize("length", [len(DATA) - 1, len(DATA) + 1])
def test_a_wrong_length_is_refused_before_its_bytes_are_read(web, entry, tmp_path, length):
    web.files["/good.pth"] = (DATA + b"!")[:length]
    with pytest.raises(WeightsMismatch, match=f"offers {length:,} bytes"):
        fetch(entry, tmp_path)
    assert left(tmp_path) == []


def test_more_bytes_than_listed_are_refused_while_they_arrive(web, entry, tmp_path):
    web.files["/good.pth"] = DATA * 2
    web.faults["/good.pth"] = {"length": False}
    with pytest.raises(WeightsMismatch, match="sends more than"):
        fetch(entry, tmp_path)
    assert left(tmp_path) == []


def test_a_file_of_unlisted_size_and_length_is_checked_by_its_hash(web, entry, tmp_path):
    web.faults["/good.pth"] = {"length": False}
    assert fetch(entry_for(web.url("/good.pth"), size=None), tmp_path).read_bytes() == DATA


def test_a_git_blob_id_is_checked_as_git_computes_it(web, entry, tmp_path):
    web.files["/hello"] = b"hello\n"
    known = {"sha256": None, "size": None, "git_blob": "ce013625030ba8dba906f756967f9e9ca394464a"}  # `git hash-object` of hello
    assert fetch(entry_for(web.url("/hello"), **known), tmp_path).read_bytes() == b"hello\n"
    web.files["/hello"] = b"hullo\n"
    (tmp_path / "good.pth").unlink()
    with pytest.raises(WeightsMismatch):
        fetch(entry_for(web.url("/hello"), **known), tmp_path)


def test_a_file_without_any_listed_hash_is_never_installed(web, entry, tmp_path):
    with pytest.raises(WeightsMismatch):
        fetch(entry_for(web.url("/good.pth"), sha256=None), tmp_path)
    assert left(tmp_path) == []


def test_redirects_are_followed(web, entry, tmp_path):
    web.faults["/moved"] = {"redirect": "/good.pth"}
    assert fetch(entry_for(web.url("/moved")), tmp_path).read_bytes() == DATA


def test_a_redirect_off_https_is_refused(web, tmp_path):
    web.faults["/moved"] = {"redirect": "http://weights.example/good.pth"}
    with pytest.raises(DownloadFailed, match=r"weights\.example was not asked: weights are fetched over https only"):
        fetch(entry_for(web.url("/moved")), tmp_path)


@pytest.mark.parametrize("source", ["http://weights.example/a", "ftp://weights.example/a", "file:///a.pth"])
def test_only_https_is_asked(source, tmp_path):
    with pytest.raises(DownloadFailed, match="https only"):
        fetch(entry_for(source), tmp_path)


def test_a_slow_server_is_waited_for_and_progress_is_told(web, entry, tmp_path):
    web.faults["/good.pth"] = {"step": 50_000, "pause": 0.05}
    told: list[tuple[int, int | None]] = []
    fetch(entry, tmp_path, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert len(told) > 3
    assert told[-1] == (len(DATA), len(DATA))


def test_a_server_that_falls_silent_is_asked_again(web, entry, tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT_SECONDS", 0.3)
    web.faults["/good.pth"] = {"stalls": 1}
    assert fetch(entry, tmp_path).read_bytes() == DATA
    assert web.seen[-1][1]["Range"] == "bytes=100-"


def test_a_file_that_moved_is_taken_from_the_next_address(web, entry, tmp_path):
    moved = entry_for(web.url("/gone"), mirrors=(web.url("/good.pth"),))
    assert fetch(moved, tmp_path).read_bytes() == DATA


def test_a_file_that_is_nowhere_is_said_in_a_sentence(web, tmp_path):
    with pytest.raises(DownloadFailed, match=r"does not have good any more \(404\)"):
        fetch(entry_for(web.url("/gone")), tmp_path)


def test_a_server_in_trouble_is_said_in_a_sentence(web, entry, tmp_path):
    web.faults["/good.pth"] = {"status": 503}
    with pytest.raises(DownloadFailed, match="answered 503"):
        fetch(entry, tmp_path)


def test_offline_is_said_in_a_sentence(web, entry, tmp_path):
    web.shutdown()
    web.server_close()
    with pytest.raises(DownloadFailed, match="Is this machine offline"):
        fetch(entry, tmp_path)


def test_a_disk_without_room_is_said_before_anything_is_written(entry, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(transfer.shutil, "disk_usage", lambda path: usage(10, 9, 1))
    with pytest.raises(DownloadFailed, match="The disk is full"):
        fetch(entry, tmp_path)
    assert left(tmp_path) == []


@pytest.mark.skipif(not Path("/dev/full").exists() or sys.platform != "linux", reason="only Linux has a device that is always full")
def test_a_disk_that_fills_up_while_writing_is_said(entry, tmp_path):
    (tmp_path / "good.pth.part").symlink_to("/dev/full")
    with pytest.raises(DownloadFailed, match="The disk is full"):
        fetch(entry, tmp_path)
    assert not (tmp_path / "good.pth").exists()
