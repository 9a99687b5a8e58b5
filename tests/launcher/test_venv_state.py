from __future__ import annotations

import sys
from pathlib import Path

import pytest

from forensics_ui.launcher import CannotRun, lock, state, venv

HERE = "{}.{}".format(*sys.version_info[:2])


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A .venv that looks sound, in a project of its own."""
    places = {"PROJECT": tmp_path, "VENV": tmp_path / ".venv"}
    places |= {"VENV_PYTHON": places["VENV"] / "bin" / "python", "STATE": places["VENV"] / "state.json"}
    places |= {"UNFINISHED": places["VENV"] / ".unfinished", "LOCK": places["VENV"] / ".lock"}
    for module in (state, venv, lock):
        for name, value in places.items():
            monkeypatch.setattr(module, name, value, raising=False)
    monkeypatch.setattr(venv, "pip_works", lambda: True)
    monkeypatch.delenv("TORCH_INDEX_URL", raising=False)
    places["VENV_PYTHON"].parent.mkdir(parents=True)
    places["VENV_PYTHON"].touch()
    (places["VENV"] / "pyvenv.cfg").write_text(f"home = {tmp_path}\nversion = {HERE}.7\n")
    (tmp_path / "requirements.txt").write_text("-c requirements-lock.txt\ntorch==2.0  # why\ntorchvision==0.15\nnumpy==2.0\n")
    (tmp_path / "requirements-lock.txt").write_text("six==1.0\n")
    (tmp_path / "requirements-dev.txt").write_text("-r requirements.txt\npytest==9.0\n")
    return places["VENV"]


def test_a_sound_venv_is_kept(folder):
    assert venv.rebuild_reason() == ""


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / ".unfinished").touch(), "the last set-up was cut off"),
        (lambda folder: (folder / "bin" / "python").unlink(), "the Python it was made with is gone"),
        (lambda folder: (folder / "pyvenv.cfg").unlink(), "the Python it was made with is gone"),
        (lambda folder: (folder / "pyvenv.cfg").write_text(f"home = {folder / 'gone'}\nversion = {HERE}.7\n"), "the Python it was made with is gone"),
        (lambda folder: (folder / "pyvenv.cfg").write_text(f"home = {folder}\nversion = 3.9.1\n"), "it was made with Python 3.9"),
    ],
)
def test_each_kind_of_damage_is_named(folder, damage, reason):
    damage(folder)
    assert venv.rebuild_reason() == reason


def test_another_build_of_torch_needs_a_new_venv_and_is_remembered(folder, monkeypatch):
    monkeypatch.setenv("TORCH_INDEX_URL", "https://example.org/cu130")
    assert venv.rebuild_reason() == "TORCH_INDEX_URL asks for another build of torch"
    state.note({"TORCH_INDEX_URL": "https://example.org/cu130"})
    assert venv.rebuild_reason() == ""
    monkeypatch.delenv("TORCH_INDEX_URL")
    assert venv.rebuild_reason() == ""
    assert state.torch_index() == "https://example.org/cu130"


@pytest.mark.parametrize("changed", ["requirements.txt", "requirements-lock.txt"])
def test_any_change_of_what_is_asked_for_makes_it_not_ready(folder, changed):
    state.note_met("requirements.txt")
    assert state.is_ready("requirements.txt")
    (folder.parent / changed).open("a").write("more==1.0\n")
    assert not state.is_ready("requirements.txt")


def test_what_the_tests_need_includes_what_the_app_needs(folder):
    state.note_met("requirements-dev.txt")
    assert state.is_ready("requirements.txt") and state.is_ready("requirements-dev.txt")
    (folder.parent / "requirements-dev.txt").open("a").write("more==1.0\n")
    assert state.is_ready("requirements.txt") and not state.is_ready("requirements-dev.txt")


def test_the_torch_packages_are_taken_with_their_pins(folder):
    assert state.torch_pins() == ["torch==2.0", "torchvision==0.15"]


def test_clearing_spares_the_lock_that_is_held(folder):
    with lock.only_one():
        venv.clear()
        assert [path.name for path in folder.iterdir()] == [".lock"]


def test_the_python_that_is_running_is_not_deleted(folder, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(folder))
    with pytest.raises(CannotRun, match="This Python lives in"):
        venv.clear()
    assert (folder / "bin" / "python").exists()
