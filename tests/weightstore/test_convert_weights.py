from __future__ import annotations

import json

import pytest
import torch
from fabricated_weights import head, lfm_as_published
from safetensors import safe_open
from safetensors.torch import save_file

from forensics_ui.core.errors import WeightsError
from forensics_ui.weightstore.convert import convert
from forensics_ui.weightstore.hashes import digest_file
from forensics_ui.weightstore.load import load_weights
from forensics_ui.weightstore.manifest import default_for, find, inspect
from tests.refusals import refused


@pytest.fixture
def folder(tmp_path):
    save_file(lfm_as_published(), tmp_path / "lfm.safetensors")
    entry = {"name": "theirs", "detector": "lfm", "file": "lfm.safetensors", "source": "https://weights.example/x", "licence": "Apache-2.0"}
    (tmp_path / "manifest.json").write_text(json.dumps({"weights": [entry | {"sha256": digest_file(tmp_path / "lfm.safetensors").sha256}]}))
    return tmp_path


def test_converted_weights_hold_the_same_numbers_and_say_where_they_come_from(folder):
    card = convert(folder / "lfm.safetensors", folder / "converted.safetensors", folder)
    before, after = load_weights("theirs", "lfm", folder), load_weights("converted", "lfm", folder)
    assert before.state.keys() == after.state.keys()
    assert all(torch.equal(after.state[name], tensor) for name, tensor in before.state.items())
    assert (card["converted_from"], card["licence"], card["source"]) == (before.sha256, "Apache-2.0", "https://weights.example/x")
    with safe_open(folder / "converted.safetensors", "pt") as file:
        assert json.loads(file.metadata()["provenance"])["converted_from"] == before.sha256


def test_the_card_makes_them_known_but_not_ours(folder):
    convert("theirs", folder / "a_converted.safetensors", folder)
    assert inspect(find("a_converted", folder), folder).status == "ok"
    assert default_for("lfm", folder).source is not None


def test_converting_twice_gives_the_same_bytes(folder):
    cards = [convert("theirs", folder / f"{i}.safetensors", folder) for i in (1, 2)]
    assert cards[0]["sha256"] == cards[1]["sha256"] == digest_file(folder / "1.safetensors").sha256


def test_an_existing_file_or_card_is_not_overwritten(folder):
    for name in ("there.safetensors", "there.json"):
        (folder / name).write_text("mine")
        with refused(WeightsError, "not overwritten"):
            convert("theirs", folder / "there.safetensors", folder)
        assert (folder / name).read_text() == "mine"
        (folder / name).unlink()


def test_only_safetensors_are_written(folder):
    with refused(WeightsError, r"must end in \.safetensors"):
        convert("theirs", folder / "out.pth", folder)


def test_a_published_pickle_of_the_users_own_is_converted_without_a_licence(folder):
    torch.save(head(), folder / "mine.pth")
    card = convert(folder / "mine.pth", folder / "out" / "mine.safetensors", folder)
    assert (card["detector"], card["role"], card["licence"]) == ("univfd", "head", None)
