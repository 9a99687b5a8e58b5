from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from forensics_ui import doctor
from forensics_ui.core.settings import Settings


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> dict:
    """What the command prints as JSON, over a weights folder with one file."""
    folder = tmp_path_factory.mktemp("doctor")
    (folder / "stray.safetensors").write_bytes(b"not weights")
    command = [sys.executable, "-m", "forensics_ui", "doctor", "--json", "--data-dir", str(folder / "data" / "deep")]
    environment = {**doctor.os.environ, "FORENSICS_WEIGHTS_DIR": str(folder), "FORENSICS_DEVICE": "cpu"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=Path(doctor.PROJECT))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_no_part_has_a_problem_on_a_working_machine(report):
    assert set(report) == {"app", "packages", "codecs", "device", "weights", "data", "limits", "decoder", "desktop"}
    assert not [name for name, part in report.items() if "problem" in part]


def test_versions_are_those_that_run(report):
    import numpy
    import torch

    assert report["packages"]["torch"] == torch.__version__
    assert report["packages"]["numpy"] == numpy.__version__
    assert report["app"]["python"].startswith("{}.{}.{} ".format(*sys.version_info[:3]))


def test_a_build_for_a_gpu_is_named_although_its_wheel_bears_a_plain_number(tmp_path, monkeypatch):
    for name in ("torch", "torchvision"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "version.py").write_text("from typing import Optional\n\n__version__ = '9.9.9+cu999'\ncuda: Optional[str] = '99.9'\n")
    origins = {name: importlib.util.spec_from_file_location(name, tmp_path / name / "__init__.py") for name in ("torch", "torchvision")}
    monkeypatch.setattr(doctor.importlib.util, "find_spec", origins.get)
    assert doctor.packages()["torch"] == doctor.packages()["torchvision"] == "9.9.9+cu999"


def test_codecs_that_the_intake_needs_are_there(report):
    assert all(report["codecs"][name] for name in ("jpg", "libjpeg_turbo", "zlib", "webp", "avif", "libtiff", "libheif"))


def test_weights_are_hashed_and_a_file_that_nobody_listed_is_told(report):
    import hashlib

    expected = {"file": "stray.safetensors", "status": "unlisted", "sha256": hashlib.sha256(b"not weights").hexdigest()}
    assert expected in report["weights"]


def test_a_data_folder_that_is_not_there_yet_has_room_and_is_not_made(report):
    assert report["data"]["free_gib"] > 0
    assert report["data"]["exists"] is False


def test_a_real_decoder_says_how_it_is_limited(report):
    limited = report["decoder"]["memory_limit_bytes"]
    assert limited == (report["limits"]["memory_bytes"] if sys.platform == "linux" else None)


def test_the_home_folder_is_not_told(monkeypatch, tmp_path):
    monkeypatch.setattr(Path, "home", classmethod(lambda cls: tmp_path / "jane"))
    inside, beside = str(tmp_path / "jane" / "data"), str(tmp_path / "janet")
    assert doctor.without_home({"a": [inside], "b": beside, "c": 3}) == {"a": [str(Path("~") / "data")], "b": beside, "c": 3}


def test_a_part_that_breaks_does_not_stop_the_rest(monkeypatch, tmp_path):
    def broken() -> None:
        raise OSError("libjpeg is gone")

    monkeypatch.setattr(doctor, "codecs", broken)
    monkeypatch.setattr(doctor, "decoder", lambda settings: {})
    found = doctor.examine(Settings(device="toaster", data_dir=tmp_path, weights_dir=tmp_path))
    assert found["codecs"] == {"problem": "OSError: libjpeg is gone"}
    assert "no device called 'toaster'" in found["device"]["problem"]
    assert "libjpeg is gone" in doctor.as_text(found)
    assert found["app"]["version"] == doctor.__version__


def test_a_commit_is_told_only_of_a_checkout_of_its_own(tmp_path):
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True, capture_output=True)

    (tmp_path / "inner").mkdir()
    assert doctor.commit(tmp_path) is None
    git("init")
    (tmp_path / "file").touch()
    git("add", "file")
    git("commit", "-m", "one")
    assert len(doctor.commit(tmp_path)) == 40
    assert doctor.commit(tmp_path / "inner") is None
    (tmp_path / "other").touch()
    assert doctor.commit(tmp_path).endswith("+changes")
