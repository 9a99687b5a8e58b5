from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from forensics_ui.core.errors import WeightsError
from forensics_ui.weightstore import hashes
from forensics_ui.weightstore.hashes import digest_file
from forensics_ui.weightstore.manifest import WeightsEntry, default_for, entries, find, inspect, installed, read_card
from tests.refusals import refused

PUBLISHED = {  # name: the identities that the file must have
    "lfm_official": "903036979adb186c6baf48b6214092540161d7b0194d1b7bea5592a072b49317",
    "npr_official": "2430d34a6d6a1143d46d4276a05536770b1a2a97",
    "npr_official_3090": "f3efe21a3cb98da75b50451c3891ad0d2fa9fb2b",
    "univfd_official": "477100745713bcc957beb2b40859536859b6483fd6301b3b9293151b194c7847",
    "clip_vit_l14_openai": "b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836",
    "clip_vit_b16_openai": "5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f",
}


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "manifest.json").write_text('{"weights": []}')
    return tmp_path


def own(folder: Path, name: str, data: bytes = b"some bytes", **card) -> Path:
    file = folder / f"{name}.safetensors"
    file.write_bytes(data)
    file.with_suffix(".json").write_text(json.dumps({"detector": "lfm", "sha256": digest_file(file).sha256, **card}))
    return file


def publish(folder: Path, *listed: dict) -> None:
    (folder / "manifest.json").write_text(json.dumps({"weights": list(listed)}))


def test_every_published_file_is_listed_with_its_hash_and_an_https_source():
    listed = {entry.name: entry for entry in entries() if entry.source and not entry.converted_from}
    assert {name: entry.sha256 or entry.git_blob for name, entry in listed.items()} == PUBLISHED
    assert all(url.startswith("https://") for entry in listed.values() for url in (entry.source, *entry.mirrors))
    assert {name for name, entry in listed.items() if entry.licence is None} == {"npr_official", "npr_official_3090"}


def test_what_ships_is_intact():
    assert [each.sentence for each in installed() if each.status == "mismatch"] == []


def test_a_card_beside_a_file_is_its_entry(folder):
    own(folder, "ours", licence="MIT", preliminary=True, note="A first try.", epochs=3)
    entry = find("ours", folder)
    assert (entry.file, entry.detector, entry.preliminary, entry.source) == ("ours.safetensors", "lfm", True, None)
    assert inspect(entry, folder).status == "ok"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": "x"}', '{"detector": 3}', "\x00", "[" * 100_000])
def test_a_card_that_cannot_be_read_makes_a_stray_file_not_an_error(folder, text):
    (folder / "odd.safetensors").write_bytes(b"x")
    (folder / "odd.json").write_text(text)
    (only,) = installed(folder)
    assert (only.entry, only.status) == (None, "unlisted")
    assert "odd.safetensors is in no list" in only.sentence


def test_a_card_of_many_megabytes_is_not_read(folder):
    file = own(folder, "ours", note="x" * (2 << 20))
    assert not read_card(file)


def test_a_changed_file_is_told_from_the_listed_one(folder):
    own(folder, "ours").write_bytes(b"other bytes")
    (only,) = installed(folder)
    assert only.status == "mismatch"
    assert "not used" in only.sentence


def test_a_file_whose_card_has_no_hash_is_not_vouched_for(folder):
    own(folder, "ours", sha256=None)
    assert installed(folder)[0].status == "unlisted"
    assert default_for("lfm", folder) is None


def test_missing_weights_say_how_they_can_be_had(folder):
    publish(folder, {"name": "a", "detector": "lfm", "file": "a.pth", "source": "https://weights.example/a", "sha256": "0" * 64})
    (only,) = installed(folder)
    assert (only.status, only.sha256) == ("missing", None)
    assert "`weights get a`" in only.sentence


def test_the_hash_is_remembered_until_the_file_changes(folder, monkeypatch):
    file = own(folder, "ours")
    reads = []
    real = hashes.digest_file
    monkeypatch.setattr(hashes, "digest_file", lambda path: reads.append(path) or real(path))
    installed(folder)
    installed(folder)
    assert len(reads) == 1
    file.write_bytes(b"more bytes than before")
    assert installed(folder)[0].status == "mismatch"
    assert len(reads) == 2


def test_the_default_is_our_own_finished_then_preliminary_then_published(folder):
    published = folder / "published.pth"
    published.write_bytes(b"published")
    publish(
        folder,
        {"name": "p", "detector": "lfm", "file": "published.pth", "source": "https://weights.example/p", "sha256": digest_file(published).sha256},
    )
    assert default_for("lfm", folder).name == "p"
    own(folder, "converted", converted_from="0" * 64)
    own(folder, "b_preliminary", preliminary=True)
    assert default_for("lfm", folder).name == "b_preliminary"
    finished = own(folder, "z_finished")
    assert default_for("lfm", folder).name == "z_finished"
    finished.write_bytes(b"damaged")
    assert default_for("lfm", folder).name == "b_preliminary"
    assert default_for("npr", folder) is None


def test_a_backbone_is_a_default_only_where_it_is_asked_for(folder):
    own(folder, "tower", detector="univfd", role="backbone")
    assert default_for("univfd", folder) is None
    assert default_for("univfd", folder, role="backbone").name == "tower"


@pytest.mark.parametrize("file", ["../evil.pth", "/evil.pth", "a/b.pth", "a\\b.pth", ""])
def test_an_entry_cannot_name_a_file_outside_the_folder(file):
    with refused(WeightsError, "outside the weights folder"):
        WeightsEntry("x", "lfm", file)


def test_a_file_that_many_ask_for_at_once_is_hashed_once(folder, monkeypatch):
    file, read = own(folder, "asked"), []

    def slow(path: Path) -> hashes.Digests:
        read.append(path)
        time.sleep(0.1)
        return digest_file(path)

    monkeypatch.setattr(hashes, "digest_file", slow)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(hashes.remembered_digests, [file] * 4))
    assert read == [file] and len(set(found)) == 1
