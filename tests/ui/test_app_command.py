"""`ui` as a command: where it may serve, what it says when it cannot, how it ends."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from app_server import PROJECT, running_app


def start_and_fail(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "forensics_ui", "ui", "--no-open", "--data-dir", str(tmp_path), *arguments]
    clean = {name: value for name, value in os.environ.items() if name != "FORENSICS_AUTH"}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=PROJECT, env={**clean, **environment})


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::"])
def test_another_address_needs_a_login(tmp_path, host):
    done = start_and_fail(tmp_path, "--host", host)
    assert done.returncode == 2
    assert "FORENSICS_AUTH=user:password" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_login_without_a_password_is_refused(tmp_path):
    done = start_and_fail(tmp_path, FORENSICS_AUTH="somebody")
    assert (done.returncode, done.stderr.strip()) == (2, "forensics_ui: FORENSICS_AUTH must be of the form user:password.")


def test_a_port_that_is_taken_is_said(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = start_and_fail(tmp_path, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "is not free" in done.stderr


def test_one_url_is_printed_and_uploads_lie_in_a_private_folder(app):
    assert app.log.read_text().count("http://") == 1
    uploads = app.data_dir / "uploads"
    assert uploads.is_dir()
    if os.name == "posix":
        assert stat.S_IMODE(uploads.stat().st_mode) == 0o700


def test_the_page_is_there_before_torch(app):
    """Measured from the start of Python; torch alone takes about as long again."""
    print(f"\nseconds from start to page: {app.seconds_to_page:.1f}")
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
    connection.request("GET", "/")
    assert connection.getresponse().status == 200


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C cannot be sent to one process here")
def test_ctrl_c_ends_it_cleanly_and_a_login_guards_everything(tmp_path):
    with running_app(tmp_path, FORENSICS_AUTH="ada:secret") as app:
        answers = {}
        for path in ("/config", "/gradio_api/info", "/forensics/picture/x/preview"):
            connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
            connection.request("GET", path)
            answers[path] = connection.getresponse().status
        assert set(answers.values()) == {401}
        app.process.send_signal(signal.SIGINT)
        assert app.process.wait(20) == 0
        said = app.log.read_text()
    assert "The app has ended." in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_without_a_window_the_desktop_falls_back_to_the_browser_in_a_sentence(tmp_path):
    (tmp_path / "watch").mkdir()
    with running_app(tmp_path, "--desktop", BROWSER="true", DISPLAY="", WAYLAND_DISPLAY="") as app:
        said = app.log.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
        connection.request("GET", "/")
        assert connection.getresponse().status == 200
    assert "browser instead" in (said + app.log.read_text())
