"""`launch.py` for real: a project of its own in an empty folder, a real virtual environment, a real pip without network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
VENV_PYTHON = ".venv/Scripts/python.exe" if os.name == "nt" else ".venv/bin/python"
APP = """
import json, os, sys
import tinything
print(json.dumps({"arguments": sys.argv[1:], "cwd": os.getcwd(), "prefix": sys.prefix, "quiet": os.environ["HF_HUB_OFFLINE"], "user_site": os.environ["PYTHONNOUSERSITE"]}))
if sys.argv[1:] == ["wait"]:
    import time
    time.sleep(60)
sys.exit(int(sys.argv[2]) if sys.argv[1:2] == ["exit"] else 0)
"""


def make_wheel(folder: Path, version: str) -> None:
    """The smallest package that pip installs."""
    info = f"tinything-{version}.dist-info"
    with zipfile.ZipFile(folder / f"tinything-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tinything.py", f"version = '{version}'\n")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tinything\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def start(project: Path, *arguments: str, **environment: str) -> subprocess.Popen:
    """Start `launch.py` as a person would, from another folder, with wheels instead of an index."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "PYTHON", "FORENSICS_", "TORCH_INDEX"))}
    outside = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project / "wheels"), "PIP_CONFIG_FILE": os.devnull, **environment}
    (project / "elsewhere").mkdir(exist_ok=True)
    command = [sys.executable, str(project / "launch.py"), *arguments]
    return subprocess.Popen(command, cwd=project / "elsewhere", env={**kept, **outside}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def launch(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """Run `launch.py` to its end."""
    child = start(project, *arguments, **environment)
    output, errors = child.communicate(timeout=120)
    return subprocess.CompletedProcess(child.args, child.returncode, output, errors)


def make_project(folder: Path) -> Path:
    """The launcher around an app of one file."""
    shutil.copytree(PROJECT / "forensics_ui" / "launcher", folder / "forensics_ui" / "launcher", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PROJECT / "launch.py", folder)
    (folder / "forensics_ui" / "__init__.py").touch()
    (folder / "forensics_ui" / "__main__.py").write_text(APP)
    (folder / "requirements.txt").write_text("tinything==1.0\n")
    (folder / "wheels").mkdir()
    make_wheel(folder / "wheels", "1.0")
    make_wheel(folder / "wheels", "2.0")
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> tuple[Path, subprocess.CompletedProcess]:
    """A project after its first start."""
    project = make_project(tmp_path_factory.mktemp("launch") / "project")
    return project, launch(project, "score", "picture.png")


@pytest.fixture
def project(first, tmp_path) -> Path:
    """A copy of the set-up project for one test to break."""
    return Path(shutil.copytree(first[0], tmp_path / "project", symlinks=True))


def test_the_first_start_sets_up_and_passes_the_command_on(first):
    project, done = first
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["arguments"] == ["score", "picture.png"]
    assert Path(seen["prefix"]) == project / ".venv"
    assert Path(seen["cwd"]) == project / "elsewhere"
    assert (seen["quiet"], seen["user_site"]) == ("1", "1")
    assert "installing 1 packages" in done.stderr and "Set-up done" in done.stderr


def test_the_second_start_does_not_set_up_again(project):
    before = time.monotonic()
    done = launch(project)
    assert time.monotonic() - before < 3
    assert json.loads(done.stdout)["arguments"] == ["ui", "--open"]
    assert done.stderr == ""


@pytest.mark.parametrize("code", [1, 2, 77])
def test_exit_codes_are_kept(project, code):
    assert launch(project, "exit", str(code)).returncode == code


def test_a_changed_requirement_is_installed(project):
    (project / "requirements.txt").write_text("tinything==2.0\n")
    assert launch(project, "score").returncode == 0
    version = subprocess.run([project / VENV_PYTHON, "-c", "import tinything; print(tinything.version)"], capture_output=True, text=True)
    assert version.stdout.strip() == "2.0"


def test_an_unreadable_stamp_is_made_again(project):
    (project / ".venv" / ".forensics_ui.json").write_text("{ torn")
    done = launch(project, "score")
    assert done.returncode == 0 and "Set-up done" in done.stderr
    assert launch(project, "score").stderr == ""


def test_a_package_that_cannot_be_had_keeps_pips_message_and_adds_a_sentence(project):
    (project / "requirements.txt").write_text("no-such-thing-anywhere==9\n")
    done = launch(project, "score")
    assert (done.returncode, done.stdout) == (2, "")
    assert "No matching distribution found for no-such-thing-anywhere==9" in done.stderr
    assert done.stderr.strip().endswith("(README, section Offline).")
    (project / "requirements.txt").write_text("tinything==1.0\n")
    healed = launch(project, "score")
    assert healed.returncode == 0 and "anew" not in healed.stderr


def test_an_unreachable_index_is_named_as_the_cause(project):
    (project / "requirements.txt").write_text("tinything==3.0\n")
    closed = {"PIP_NO_INDEX": "0", "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1", "PIP_TIMEOUT": "3"}
    done = launch(project, "score", **closed)
    assert done.returncode == 2
    assert "The package index could not be reached." in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_a_set_up_that_was_killed_heals_itself(project):
    (project / "requirements.txt").write_text("tinything==2.0\n")
    child = start(project, "score")
    unfinished = project / ".venv" / ".unfinished"
    while not unfinished.exists() and child.poll() is None:
        time.sleep(0.005)
    child.kill()
    child.communicate()
    assert unfinished.exists()
    done = launch(project, "score")
    assert done.returncode == 0, done.stderr
    assert "Making .venv anew: the last set-up was cut off." in done.stderr


@pytest.mark.slow
def test_two_first_starts_at_once_make_one_venv(tmp_path):
    project = make_project(tmp_path / "project")
    children = [start(project, "score") for _ in range(2)]
    spoken = [child.communicate(timeout=120)[1] for child in children]
    assert [child.returncode for child in children] == [0, 0], spoken
    assert sum("Making .venv" in text for text in spoken) == 1
    assert sum("waiting for it" in text for text in spoken) == 1


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopping_it_stops_the_app_too(project, sent, code):
    child = subprocess.Popen(
        [sys.executable, str(project / "launch.py"), "wait"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    child.stdout.readline()
    if sent == signal.SIGINT:
        os.killpg(child.pid, sent)  # as Ctrl-C in a terminal does
    else:
        child.send_signal(sent)
    child.communicate(timeout=20)
    assert child.returncode == code
    with pytest.raises(ProcessLookupError):
        os.killpg(child.pid, 0)


def test_help_needs_no_set_up(tmp_path):
    project = make_project(tmp_path / "project")
    done = launch(project, "--help")
    assert done.returncode == 0 and "python launch.py test" in done.stdout
    assert not (project / ".venv").exists()


def project_with_a_manifest(folder: Path, code: int) -> Path:
    """A project whose app notes which weights it is asked for, and cannot get them if `code` says so."""
    project = make_project(folder)
    (project / "weights").mkdir()
    (project / "weights" / "manifest.json").write_text("{}")
    asking = f"import sys, pathlib\nif sys.argv[1:3] == ['weights', 'get']:\n    pathlib.Path({str(project / 'asked')!r}).open('a').write(sys.argv[3])\n    sys.exit({code})\n"
    (project / "forensics_ui" / "__main__.py").write_text(asking + APP)
    return project


@pytest.mark.parametrize(("code", "said"), [(0, ""), (1, "tries again")])
def test_the_backbone_is_asked_for_once_and_its_failure_stops_nothing(tmp_path, code, said):
    project = project_with_a_manifest(tmp_path / "project", code)
    runs = [launch(project, "score", "picture.png") for _ in range(2)]
    assert [run.returncode for run in runs] == [0, 0] and json.loads(runs[0].stdout)["arguments"] == ["score", "picture.png"]
    assert (project / "asked").read_text() == "clip_vit_b16"
    assert said in runs[0].stderr and "Fetching" not in runs[1].stderr


def test_tests_ask_for_the_backbone_until_it_is_here_and_run_without_it(tmp_path):
    project = project_with_a_manifest(tmp_path / "project", 1)
    shutil.copy(project / "requirements.txt", project / "requirements-dev.txt")
    (project / "pytest.py").write_text("import sys\nprint(sys.argv[1:])\n")
    runs = [launch(project, "test", "-k", "some") for _ in range(2)]
    assert [(run.returncode, run.stdout.strip()) for run in runs] == [(0, "['-k', 'some']")] * 2
    assert (project / "asked").read_text() == "clip_vit_b16" * 2 and "are skipped, and say so" in runs[1].stderr
    (project / "weights" / "clip_vit_b16.safetensors").touch()
    assert "Fetching" not in launch(project, "test").stderr
