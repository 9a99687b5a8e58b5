from __future__ import annotations

import sys

import pytest

from forensics_ui.launcher import machine


def test_a_python_without_ensurepip_names_the_debian_package():
    sentence = machine.machine_problem("linux", "x86_64", can_make_venv=False)
    assert f"sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in sentence


def test_an_intel_mac_is_told_that_there_is_no_torch():
    assert "Apple-silicon" in machine.machine_problem("darwin", "x86_64", can_make_venv=True)
    assert machine.machine_problem("darwin", "arm64", can_make_venv=True) == ""


@pytest.mark.parametrize(("free", "fresh", "enough"), [(5, True, True), (3, True, False), (3, False, True), (0.5, False, False)])
def test_the_disk_needs_less_for_a_change_than_for_the_first_time(free, fresh, enough):
    sentence = machine.disk_problem(int(free * machine.GIB), fresh)
    assert (sentence == "") == enough
    assert enough or f"{free:.1f} GB are free" in sentence


def test_windows_with_a_gpu_is_told_of_the_variable(monkeypatch):
    monkeypatch.delenv("TORCH_INDEX_URL", raising=False)
    assert "TORCH_INDEX_URL" in machine.hint("win32", True, 100 * machine.GIB)
    assert machine.hint("win32", False, 100 * machine.GIB) == ""
    monkeypatch.setenv("TORCH_INDEX_URL", "somewhere")
    assert machine.hint("win32", True, 100 * machine.GIB) == ""


def test_linux_with_little_disk_is_told_of_the_small_torch(monkeypatch):
    monkeypatch.delenv("TORCH_INDEX_URL", raising=False)
    monkeypatch.setattr(machine, "torch_index", lambda: "")
    assert "5.0 GB may be too little" in machine.hint("linux", False, 5 * machine.GIB)
    assert machine.hint("linux", False, 50 * machine.GIB) == ""
