"""What tests share: the reference material where it is there, and a real Chromium."""

from __future__ import annotations

import os
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
