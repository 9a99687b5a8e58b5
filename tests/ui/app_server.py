"""A real server process on small weights of its own, watched for every connection it tries to make."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Loaded by every Python process that inherits PYTHONPATH; writes down each connection and each name that is looked up.
WATCH = """
import os, sys
_log = os.open({log!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def _hook(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        where = arguments[1:2] if event in ("socket.connect", "socket.sendto") else arguments[:1]
        os.write(_log, (event + " " + repr(where) + chr(10)).encode())
sys.addaudithook(_hook)
"""
CALIBRATION = {
    "n_real": 500,
    "threshold_strong": 1e6,
    "threshold_some": -1e6,
    "threshold_low": -2e6,
    "platt": {"a": 0.0, "b": 2.0},
    "range": [0.02, 0.98],
}
FIGURES = {"n_real": 500, "n_fake": 400, "fpr_at_some": 0.05, "tpr_at_some": 0.6}


@dataclass
class App:
    """Where it is, what it keeps, and what it said."""

    url: str
    port: int
    data_dir: Path
    weights_dir: Path
    log: Path
    connections: Path
    process: subprocess.Popen
    seconds_to_page: float

    def environment(self) -> dict[str, str]:
        return {**os.environ, "FORENSICS_WEIGHTS_DIR": str(self.weights_dir), "FORENSICS_DATA_DIR": str(self.data_dir)}


def write_weights(folder: Path) -> None:
    """LFM's own network with numbers from a seed: the code path is the real one, the scores mean nothing."""
    import torch
    from safetensors.torch import save_file

    from forensics_ui.detectors.networks import LFMNet

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    state = {name: tensor for name, tensor in LFMNet().state_dict().items() if not name.endswith("num_batches_tracked")}
    save_file(state, folder / "lfm_test.safetensors")
    digest = hashlib.sha256((folder / "lfm_test.safetensors").read_bytes()).hexdigest()
    figures = {condition: {rule: FIGURES for rule in ("native", "crop")} for condition in ("as_they_come", "jpeg96", "jpeg80")}
    card = {"detector": "lfm", "sha256": digest, "preliminary": True, "calibration": {"native": CALIBRATION, "crop": CALIBRATION}, "figures": figures}
    (folder / "lfm_test.json").write_text(json.dumps(card))
    (folder / "manifest.json").write_text((PROJECT / "weights" / "manifest.json").read_text())


@contextlib.contextmanager
def running_app(folder: Path, *arguments: str, **environment: str) -> Iterator[App]:
    """`python -m forensics_ui ui` until the block ends; it must end by itself when asked to."""
    weights, data, log, connections = folder / "weights", folder / "data", folder / "log.txt", folder / "connections.txt"
    if not weights.exists():
        write_weights(weights)
    watch = folder / "watch"
    watch.mkdir(exist_ok=True)
    (watch / "sitecustomize.py").write_text(WATCH.format(log=str(connections)))
    path = os.pathsep.join([str(watch), str(PROJECT), os.environ.get("PYTHONPATH", "")])
    settings = {**os.environ, "FORENSICS_WEIGHTS_DIR": str(weights), "PYTHONPATH": path, **environment}
    command = [sys.executable, "-m", "forensics_ui", "ui", "--no-open", "--port", "0", "--data-dir", str(data), "--device", "cpu", *arguments]
    began = time.monotonic()
    with log.open("w") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, env=settings, cwd=folder)
    try:
        url = _wait_for_url(process, log)
        yield App(url, int(url.rsplit(":", 1)[1]), data, weights, log, connections, process, time.monotonic() - began)
    finally:
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        try:
            process.wait(20)
        finally:
            process.kill()


def _wait_for_url(process: subprocess.Popen, log: Path) -> str:
    for _ in range(600):
        words = log.read_text().split()
        if found := [word for word in words if word.startswith("http://")]:
            return found[0]
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise AssertionError(f"the app did not start:\n{log.read_text()}")
