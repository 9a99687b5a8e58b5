"""An old Python must get as far as the sentence that says so."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

LAUNCH = Path(__file__).resolve().parent.parent.parent / "launch.py"
sys.path.insert(0, str(LAUNCH.parent))
import launch  # noqa: E402


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 12, 9), (3, 13, 2)])
def test_the_three_supported_pythons_are_fine(version):
    assert launch.python_problem(version, 64, "python3") == ""


@pytest.mark.parametrize(("version", "bits"), [((3, 10, 14), 64), ((3, 14, 0), 64), ((2, 7, 18), 64), ((3, 12, 1), 32)])
def test_any_other_is_named_in_one_sentence(version, bits):
    sentence = launch.python_problem(version, bits, "/somewhere/python")
    assert f"{bits}-bit Python {'.'.join(map(str, version))}" in sentence
    assert "/somewhere/python" in sentence and "\n" not in sentence


def test_the_file_keeps_to_the_syntax_of_python_3_6():
    tree = ast.parse(LAUNCH.read_text(encoding="utf-8"), feature_version=(3, 6))
    imported = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert not any(isinstance(node, ast.ImportFrom) for node in tree.body), "`from __future__ import annotations` needs Python 3.7"
    assert imported <= {"os", "shutil", "signal", "subprocess", "sys"}


def test_a_real_other_python_says_so_and_ends():
    names = (f"python3.{minor}" for minor in (6, 7, 8, 9, 10, 14, 15))
    found = [path for path in map(shutil.which, names) if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0]
    if not found:
        pytest.skip("no Python older or newer than the supported ones on this machine")
    for python in found:
        done = subprocess.run([python, str(LAUNCH), "doctor"], capture_output=True, text=True)
        assert done.returncode == 2
        assert done.stderr.startswith("forensics_ui needs a 64-bit Python 3.11, 3.12 or 3.13; this is a 64-bit Python 3.")
