from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import chromium


def test_a_page_is_really_drawn(page):
    page.set_content("<body style='margin:0;background:#f00'><p>12 &lt; 13</p></body>")
    assert page.inner_text("p") == "12 < 13"
    assert page.screenshot(type="png").startswith(b"\x89PNG")


def test_the_variable_goes_before_what_is_on_the_path(monkeypatch, tmp_path):
    mine = tmp_path / "my-chromium"
    mine.touch()
    monkeypatch.setenv("CHROMIUM", str(mine))
    assert chromium.find_chromium() == str(mine)


def test_without_browser_and_packages_a_sentence_says_what_to_install(tmp_path):
    script = Path(chromium.__file__)
    code = f"import sys; sys.path.insert(0, {str(script.parent)!r}); import chromium; chromium.PLACES = (); sys.exit(chromium.main())"
    done = subprocess.run([sys.executable, "-c", code], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == chromium.WHAT_TO_INSTALL


def test_a_stale_package_list_is_fetched_anew(monkeypatch):
    calls = []
    monkeypatch.setattr(chromium.glob, "glob", lambda pattern: ["one"])
    monkeypatch.setattr(chromium, "call", lambda command: calls.append(command) or len(calls) > 1)
    assert chromium.install(["apt-get"], ["chromium"])
    assert [("update" in call, "install" in call) for call in calls] == [(False, True), (True, False), (False, True)]
