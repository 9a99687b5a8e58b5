"""No request leaves the machine: not from the page, not from the server, and the page could not if it tried."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from app_pages import given, opened
from app_samples import hostile_png, photograph

TRY_TO_LEAVE = """async () => {
  const blocked = [];
  document.addEventListener('securitypolicyviolation', (event) => blocked.push(event.effectiveDirective));
  await fetch('http://192.0.2.1/').catch(() => 0);
  const picture = new Image();
  picture.src = 'http://192.0.2.1/a.png';
  await new Promise((resolve) => { picture.onerror = resolve; setTimeout(resolve, 500); });
  return blocked;
}"""


def visit_everything(page, app) -> None:
    """What a person does, from the first picture to the About tab."""
    given(page, "photo.jpg", photograph(300, 280))
    given(page, "attack.png", hostile_png())
    given(page, "no picture.png", b"<html>", until="not opened")
    page.get_by_role("tab", name="About").click()
    page.wait_for_selector("#about .card")


def outside(lines: list[str]) -> list[str]:
    """What was recorded that is neither this machine nor a local socket."""
    local = re.compile(r"'(127\.\d+\.\d+\.\d+|localhost|::1|0\.0\.0\.0|/[^']*|)'|\(None|\(''|b'(127\.0\.0\.1|localhost)'")
    return [line for line in lines if not local.search(line)]


def test_the_page_asks_only_its_own_server(screen, app):
    visit_everything(screen, app)
    asked = [urlsplit(url) for url in screen.asked if not url.startswith(("data:", "blob:"))]
    assert len(asked) > 20
    assert {part.netloc for part in asked} == {f"127.0.0.1:{app.port}"}


def test_the_page_is_not_allowed_to_ask_anybody_else(screen):
    assert {"connect-src", "img-src"} <= set(screen.evaluate(TRY_TO_LEAVE))


def test_the_server_connects_to_nobody_else(screen, app):
    visit_everything(screen, app)
    lines = app.connections.read_text().splitlines()
    assert lines, "the watch saw nothing, not even the app asking its own server: it is not working"
    assert outside(lines) == []


def test_the_watch_would_have_seen_it(app, tmp_path: Path):
    watch = app.connections.parent / "watch"
    code = "import socket\ntry:\n    socket.create_connection(('192.0.2.1', 9), 0.05)\nexcept OSError:\n    pass"
    before = len(app.connections.read_text())
    subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(watch)}, timeout=60, check=True)
    text = app.connections.read_text()
    assert outside(text[before:].splitlines())
    app.connections.write_text(text[:before])  # the app itself did not do this


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: the watch inside Python stands alone")
def test_not_even_native_code_connects_anywhere(chromium, app, tmp_path: Path):
    traced = tmp_path / "trace.txt"
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(traced), "-p", str(app.process.pid)], stderr=subprocess.PIPE
    )
    time.sleep(1)
    if tracer.poll() is not None:
        pytest.skip("this system does not let processes be traced")
    context = chromium.new_context()
    visit_everything(opened(context.new_page(), app), app)
    context.close()
    tracer.terminate()
    tracer.wait(20)
    calls = [line for line in traced.read_text().splitlines() if "AF_INET" in line]
    assert [line for line in calls if "127.0.0.1" not in line and '"::1"' not in line] == []
