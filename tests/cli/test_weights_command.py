from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch

PROJECT = Path(__file__).resolve().parents[2]
DATA = bytes(range(256)) * 4000


class Handler(SimpleHTTPRequestHandler):
    """Files of a folder; `slow` ones arrive in trickles, so that the reader can be killed meanwhile."""

    def log_message(self, *arguments) -> None:
        pass

    def copyfile(self, source, out) -> None:
        while chunk := source.read(32_000):
            out.write(chunk)
            out.flush()
            time.sleep(0.1 if "slow" in self.path else 0)


@pytest.fixture
def place(tmp_path):
    """A weights folder whose manifest points at a server on this machine."""
    (tmp_path / "served").mkdir()
    (tmp_path / "weights").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=tmp_path / "served"))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def listing(name: str, licence: str | None = "MIT", served: bytes = DATA) -> dict:
        (tmp_path / "served" / name).write_bytes(served)
        source = f"http://127.0.0.1:{server.server_port}/{name}"
        return {
            "name": name,
            "detector": "lfm",
            "file": f"{name}.pth",
            "source": source,
            "licence": licence,
            "sha256": hashlib.sha256(DATA).hexdigest(),
        }

    listed = [listing("good"), listing("unlicensed", None), listing("tampered", served=DATA[::-1]), listing("slow")]
    (tmp_path / "weights" / "manifest.json").write_text(json.dumps({"weights": listed}))
    yield tmp_path / "weights"
    server.shutdown()
    server.server_close()


def start(place: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen:
    environment = {**os.environ, "FORENSICS_WEIGHTS_DIR": str(place), "no_proxy": "127.0.0.1", "PYTHONPATH": str(PROJECT)}
    command = [sys.executable, "-m", "forensics_ui", "weights", *arguments]
    return subprocess.Popen(command, cwd=place, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def run(place: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(place, *arguments)
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err
    return process.returncode, out, err


def test_list_says_what_is_here_and_what_can_be_had(place):
    (place / "good.pth").write_bytes(DATA)
    (place / "stray.pth").write_bytes(b"x")
    code, out, _ = run(place, "list")
    assert code == 0
    for words in (
        "good  [installed]",
        "unlicensed  [not installed]",
        "licence: none stated",
        "licence: MIT",
        "from: http://127.0.0.1",
        "stray.pth  [not vouched for]",
    ):
        assert words in out
    _, out, _ = run(place, "list", "--json")
    assert {each["file"]: each["status"] for each in json.loads(out)} == {
        "good.pth": "ok", "unlicensed.pth": "missing", "tampered.pth": "missing", "slow.pth": "missing", "stray.pth": "unlisted",
    }  # fmt: skip


def test_get_installs_says_the_licence_and_prints_results_apart_from_progress(place):
    code, out, err = run(place, "get", "good", "--json")
    assert code == 0
    assert (place / "good.pth").read_bytes() == DATA
    assert json.loads(out)[0]["status"] == "ok"
    assert "licence MIT" in err
    assert "(100%)" in err


def test_get_of_weights_without_a_licence_needs_a_person(place):
    code, _, err = run(place, "get", "unlicensed")
    assert code == 2
    assert "state no licence" in err
    assert not (place / "unlicensed.pth").exists()
    assert run(place, "get", "unlicensed", "--yes")[0] == 0
    assert (place / "unlicensed.pth").read_bytes() == DATA


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"\n", 2)])
def test_a_person_at_a_terminal_is_asked(place, answer, code):
    ours, theirs = os.openpty()
    os.write(ours, answer)
    process = start(place, "get", "unlicensed", stdin=theirs)
    _, err = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert "Fetch it? [y/N]" in err
    assert (process.returncode, (place / "unlicensed.pth").exists()) == (code, code == 0)


def test_one_that_fails_does_not_stop_the_next(place):
    code, out, _ = run(place, "get", "tampered", "good", "--json")
    assert code == 1
    assert [each.get("code") for each in json.loads(out)] == ["weights_mismatch", None]
    assert sorted(file.name for file in place.iterdir()) == ["good.pth", "manifest.json"]


def test_an_unknown_name_is_answered_with_the_known_ones(place):
    code, _, err = run(place, "get", "nothing")
    assert code == 2
    assert "there are: good, unlicensed, tampered, slow" in err


def test_verify_hashes_again_and_fails_on_a_changed_file(place):
    (place / "good.pth").write_bytes(DATA)
    assert run(place, "verify")[0] == 0
    (place / "good.pth").write_bytes(DATA[::-1])
    code, out, _ = run(place, "verify", "--json")
    assert code == 1
    assert [each["status"] for each in json.loads(out)] == ["mismatch"]


def test_a_killed_download_installs_nothing_and_can_be_repeated(place):
    process, part = start(place, "get", "slow"), place / "slow.pth.part"
    deadline = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert 0 < part.stat().st_size < len(DATA)
    assert not (place / "slow.pth").exists()
    assert run(place, "get", "slow")[0] == 0
    assert (place / "slow.pth").read_bytes() == DATA


def test_convert_writes_safetensors_with_a_card(place):
    torch.save({"weight": torch.ones(1, 768), "bias": torch.ones(1)}, place / "head.pth")
    code, out, err = run(place, "convert", str(place / "head.pth"), "--out", str(place / "head.safetensors"), "--json")
    assert code == 0, err
    assert json.loads(out)["detector"] == "univfd"
    assert json.loads((place / "head.json").read_text())["sha256"] == hashlib.sha256((place / "head.safetensors").read_bytes()).hexdigest()
    assert run(place, "convert", str(place / "head.pth"), "--out", str(place / "head.safetensors"))[0] == 2
