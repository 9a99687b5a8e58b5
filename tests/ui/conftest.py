from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from app_server import App, running_app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all browser and API tests."""
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


@pytest.fixture
def screen(page: Any, app: App) -> Any:
    """The app's page, ready for a picture; every request it makes is kept in `page.asked`."""
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(app.url)
    page.wait_for_selector("#picker")
    page.wait_for_function("document.querySelector('#intake input[type=file]') !== null")
    return page


@pytest.fixture
def give(screen: Any) -> Callable[..., None]:
    """Pick a file, and wait until the page speaks of it."""

    def pick(name: str, data: bytes, until: str = "done") -> None:
        screen.locator("#intake input[type=file]").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
        screen.wait_for_selector(f".status:has-text('{until}')", timeout=60_000)

    return pick
