"""What tests share: the reference material where it is there, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import WHAT_TO_INSTALL, find_chromium

# A run that was started in the background of a shell inherits that Ctrl-C is ignored, and so would every app that is tested.
signal.signal(signal.SIGINT, signal.default_int_handler)

PROJECT = Path(__file__).resolve().parent.parent
# No sandbox where tests run as root; no chatter with the makers' servers.
CHROMIUM_ARGUMENTS = [
    *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of reference material beside the project; tests that need it skip without it."""
    folder = PROJECT.parent / "shared"
    if not (folder / "golden").is_dir():
        pytest.skip("the reference material is not beside the project (../shared)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def shipped_weights(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Tests see the weights that ship, whatever was fetched into the project's folder; processes that they start do too."""
    folder = copy_of_shipped(tmp_path_factory.mktemp("shipped"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_WEIGHTS_DIR", str(folder))
        yield folder


@pytest.fixture(scope="session")
def real_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weights that ship and CLIP ViT-B/16 as `launch.py` fetches it: a folder for FORENSICS_WEIGHTS_DIR."""
    from forensics_ui.core.settings import WEIGHTS
    from forensics_ui.weightstore.manifest import find, inspect

    entry = find("clip_vit_b16", WEIGHTS)
    assert entry is not None
    if inspect(entry, WEIGHTS).status != "ok":
        pytest.skip("CLIP ViT-B/16 is not in weights/: `python launch.py weights get clip_vit_b16` fetches it (79 MB)")
    folder = copy_of_shipped(tmp_path_factory.mktemp("with_backbone"))
    try:
        (folder / entry.file).symlink_to(WEIGHTS / entry.file)
    except OSError:
        shutil.copyfile(WEIGHTS / entry.file, folder / entry.file)
    return folder


def copy_of_shipped(folder: Path) -> Path:
    """The files of `weights/` that belong to the project."""
    for path in (PROJECT / "weights").iterdir():
        if path.suffix in (".json", ".md", ".safetensors") and not path.name.startswith("clip_"):
            shutil.copyfile(path, folder / path.name)
    return folder


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser to drive. Where everything has to run (CI), having none is a failure."""
    found = find_chromium()
    if found is None and os.environ.get("CI") == "true":
        pytest.fail(WHAT_TO_INSTALL)
    if found is None:
        pytest.skip(WHAT_TO_INSTALL)
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path: str) -> Iterator:
    """One browser for the whole run (Playwright, synchronous)."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, headless=True, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def browser_context(chromium) -> Iterator:
    """A clean profile of its own for each test."""
    context = chromium.new_context()
    yield context
    context.close()


@pytest.fixture
def page(browser_context) -> Iterator:
    """An empty page; a script error in it fails the test."""
    page = browser_context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors, f"script errors on the page: {errors}"
