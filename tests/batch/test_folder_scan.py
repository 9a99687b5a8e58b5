"""What is scored of a folder and what is skipped: nothing is followed out of it, nothing can hang it."""

from __future__ import annotations

import os
import socket
import sys

import pytest

from forensics_ui.batch import scan as scanning
from forensics_ui.batch.scan import Found, Skipped, Source, preview, scan
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Limits
from tests.refusals import refused

PNG = b"\x89PNG\r\n\x1a\n" + b"rest of a picture"
needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="made with POSIX calls")


def walk(folder, **how):
    found = list(scan(Source.of(folder), **how))
    return [each.path for each in found if isinstance(each, Found)], {each.path: each.reason for each in found if isinstance(each, Skipped)}


def test_pictures_are_found_by_content_at_any_depth_in_a_fixed_order(tmp_path):
    (tmp_path / "b" / "deep").mkdir(parents=True)
    for name in ("z.png", "b/no_extension", "b/deep/a.txt", "a.png"):
        (tmp_path / name).write_bytes(PNG)
    files, skipped = walk(tmp_path)
    assert files == ["a.png", "b/deep/a.txt", "b/no_extension", "z.png"] and not skipped
    one = next(scan(Source.of(tmp_path)))
    assert one.size == len(PNG) and one.mtime_ns == (tmp_path / "a.png").stat().st_mtime_ns


def test_what_is_named_like_a_picture_is_looked_at_and_other_files_are_skipped_with_what_they_are(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    (tmp_path / "page.html").write_text("<html>")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "empty.png").touch()
    (tmp_path / "large.png").write_bytes(PNG * 10)
    files, skipped = walk(tmp_path, limits=Limits(file_bytes=100))
    assert files == ["page.jpg"]
    assert "a web page" in skipped["page.html"] and "a PDF" in skipped["paper.pdf"]
    assert "empty" in skipped["empty.png"] and "100 bytes" in skipped["large.png"]


def test_hidden_and_system_entries_are_skipped_whole(tmp_path):
    for folder in (".git", "__MACOSX"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.png").write_bytes(PNG)
    for name in (".DS_Store", "Thumbs.db", "._a.png"):
        (tmp_path / name).write_bytes(PNG)
    files, skipped = walk(tmp_path)
    assert not files and set(skipped) == {".git", "__MACOSX", ".DS_Store", "Thumbs.db", "._a.png"}


@needs_posix
def test_links_pipes_sockets_and_devices_are_not_opened(tmp_path):
    (tmp_path / "real.png").write_bytes(PNG)
    (tmp_path / "link.png").symlink_to(tmp_path / "real.png")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "device.png").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.png")
    with socket.socket(socket.AF_UNIX) as listening:
        here = os.getcwd()
        os.chdir(tmp_path)  # the names of sockets must be short
        try:
            listening.bind("socket.png")
        finally:
            os.chdir(here)
        files, skipped = walk(tmp_path)
    assert files == ["real.png"]
    assert all("link" in skipped[name] for name in ("link.png", "loop", "device.png"))
    assert "pipe" in skipped["pipe.png"] and "socket" in skipped["socket.png"]


@needs_posix
def test_a_real_device_is_skipped(tmp_path):
    try:
        os.mknod(tmp_path / "null.png", 0o600 | 0o020000, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only the system's administrator can make a device")
    assert "device" in walk(tmp_path)[1]["null.png"]


def test_folders_too_deep_are_skipped(tmp_path, monkeypatch):
    monkeypatch.setattr(scanning, "MAX_DEPTH", 2)
    (tmp_path / "1" / "2" / "3").mkdir(parents=True)
    for place in ("1/2", "1/2/3"):
        (tmp_path / place / "a.png").write_bytes(PNG)
    files, skipped = walk(tmp_path)
    assert files == ["1/2/a.png"] and "deeper" in skipped["1/2/3"]


def test_too_many_files_are_cut_off_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(scanning, "MAX_FILES", 2)
    for name in "abcd":
        (tmp_path / f"{name}.png").write_bytes(PNG)
    files, skipped = walk(tmp_path)
    assert files == ["a.png", "b.png"] and list(skipped) == ["c.png"] and "more than" in skipped["c.png"]


@needs_posix
def test_a_folder_that_cannot_be_listed_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "open.png").write_bytes(PNG)
    real = os.scandir

    def refusing(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    # The suite may run as a user to whom no folder is closed.
    monkeypatch.setattr(scanning.os, "scandir", refusing)
    files, skipped = walk(tmp_path)
    assert files == ["open.png"] and "Permission denied" in skipped["closed"]


@needs_posix
def test_a_folder_on_another_disk_or_mounted_into_itself_is_not_entered(tmp_path, monkeypatch):
    for name in ("other", "again"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(PNG)
    root = os.stat(tmp_path)
    places = {"other": (root.st_dev + 1, 7), "again": (root.st_dev, root.st_ino)}
    real = scanning._Walk._why_not

    def elsewhere(self, entry, status, depth):
        values = list(status)
        values[2], values[1] = places[entry.name]
        return real(self, entry, os.stat_result(values), depth)

    monkeypatch.setattr(scanning._Walk, "_why_not", elsewhere)
    files, skipped = walk(tmp_path)
    assert not files and skipped == {"other": "on another disk", "again": "a folder that was already seen"}


def test_the_folder_of_results_is_left_out(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.png").write_bytes(PNG)
    files, skipped = walk(tmp_path, exclude=[tmp_path / "out"])
    assert not files and "results" in skipped["out"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems let no such name be")
def test_a_name_that_is_no_text_can_be_shown_and_opened(tmp_path):
    raw = os.fsencode(tmp_path) + b"/\xff\xe5\x90\x8d.png"
    with open(raw, "wb") as file:
        file.write(PNG)
    (found,) = scan(Source.of(tmp_path))
    assert found.path == "\\udcff名.png" and os.fsencode(found.location) == raw
    found.path.encode()


def test_picked_files_of_one_name_are_told_apart(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.png").write_bytes(PNG)
    source = Source.of([tmp_path / "a" / "x.png", tmp_path / "b" / "x.png", tmp_path / "gone.png"])
    found = list(scan(source))
    assert [each.path for each in found] == ["x.png", "x (2).png", "gone.png"] and isinstance(found[2], Skipped)


def test_a_number_never_takes_the_name_of_another_picked_file(tmp_path):
    files = [tmp_path / name for name in ("a/x.png", "b/x.png", "x (2).png")]
    for file in files:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(PNG)
    paths = [each.path for each in scan(Source.of(files))]
    assert len(set(paths)) == 3 and paths[:2] == ["x.png", "x (2).png"]


def test_a_preview_counts_bytes_formats_and_reasons(tmp_path):
    for name in ("a.png", "b.png", "c"):
        (tmp_path / name).write_bytes(PNG)
    for name in ("d.txt", "e.txt"):
        (tmp_path / name).write_text("words")
    seen = preview(Source.of(tmp_path))
    assert (seen.files, seen.bytes, seen.formats) == (3, 3 * len(PNG), {"PNG": 2, "other names": 1})
    assert seen.skipped == 2 and list(seen.reasons.values()) == [2] and seen.examples[0].path == "d.txt"


@needs_posix
def test_a_preview_counts_links_and_shows_every_entry_to_who_watches(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.png").write_bytes(PNG)
    (tmp_path / "fake").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "b.png").symlink_to(tmp_path / "real" / "a.png")
    watched = []
    seen = preview(Source.of(tmp_path), watch=watched.append)
    assert (seen.files, seen.skipped, seen.links) == (1, 2, 2)
    assert [each.path for each in watched] == ["b.png", "fake", "real/a.png"]
    assert preview(Source.of(tmp_path / "real")).links == 0


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with refused(ForensicsError, "no folder called 'nowhere'"):
        Source.of(tmp_path / "nowhere")
