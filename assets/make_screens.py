"""Take the README's pictures: the app as it is, in a real browser, on the example picture.

    .venv/bin/python assets/make_screens.py [VIEW ...]

Needs what `python launch.py test` installs. Every picture in assets/screens comes from here, so none can be older than
somebody's patience.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
EXAMPLE = HERE / "examples" / "landscape.png"
FILE_INPUT = "#intake input[type=file], input[type=file]#picker"
WIDE, NARROW = {"width": 1440, "height": 1000}, {"width": 390, "height": 844}
sys.path[:0] = [str(PROJECT), str(PROJECT / "tests")]


def start(data_dir: str) -> tuple[subprocess.Popen[str], str]:
    """The app on a free port, and its address."""
    command = [sys.executable, "-m", "forensics_ui", "ui", "--no-open", "--port", "0", "--data-dir", data_dir]
    app = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=PROJECT, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    for line in app.stdout:
        if found := re.search(r"http://[\d.]+:\d+", line):
            return app, found[0]
    raise SystemExit("the app did not start")


def open_example(page, address: str, dark: bool = False) -> None:
    """Load the page and give it the example; wait until every score is there."""
    page.goto(address + ("/?__theme=dark" if dark else ""))
    page.wait_for_selector(FILE_INPUT, state="attached")
    page.set_input_files(FILE_INPUT, EXAMPLE)
    page.wait_for_selector("#picture [data-token]", timeout=120_000)
    page.wait_for_function("document.querySelector('#status').innerText.includes('done')", timeout=240_000)
    page.wait_for_selector(".wb-state.quiet, .wb-state.problem", timeout=120_000)


def keep_small(path: Path) -> None:
    """A screen has few colours; a palette makes its file a third as large."""
    from PIL import Image

    with Image.open(path) as image:
        small = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


def shoot_views(page, wanted: list[str]) -> None:
    """One picture per view: the whole workbench section."""
    names = page.eval_on_selector_all(".wb-tabs button", "tabs => tabs.map((tab) => tab.id.slice(7))")
    for name in [name for name in names if not wanted or name in wanted]:
        page.click(f"#wb-tab-{name}")
        page.wait_for_function(
            "!document.querySelector('.wb-state').matches('.busy') && document.querySelector('.wb-state').innerText", timeout=600_000
        )
        page.wait_for_timeout(1200)
        page.locator("#workbench").screenshot(path=HERE / "screens" / f"{name}.png", animations="disabled")
        print(f"{name}: {page.inner_text('.wb-state')}")


def main(wanted: list[str]) -> None:
    """Take all of them, or those of the views that are named."""
    from chromium import find_chromium
    from playwright.sync_api import sync_playwright

    (HERE / "screens").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as data_dir, sync_playwright() as playwright:
        app, address = start(data_dir)
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport=WIDE)
            open_example(page, address)
            if not wanted:
                page.evaluate("scrollTo(0, 0)")
                page.screenshot(path=HERE / "screens" / "inspect.png", animations="disabled")
            shoot_views(page, wanted)
            for name, size, dark in () if wanted else (("inspect-dark", WIDE, True), ("inspect-phone", NARROW, False)):
                other = browser.new_page(viewport=size)
                open_example(other, address, dark)
                other.evaluate("scrollTo(0, 0)")
                other.screenshot(path=HERE / "screens" / f"{name}.png", animations="disabled")
        finally:
            browser.close()
            for path in (HERE / "screens").glob("*.png"):
                keep_small(path)
            app.terminate()
            app.wait(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1:])
