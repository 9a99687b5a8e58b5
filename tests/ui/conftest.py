from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from app_samples import photograph
from app_server import App, running_app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all browser and API tests."""
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


def opened(page: Any, app: App) -> Any:
    """The app's page, ready for a picture; every request it makes is kept in `page.asked`."""
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(app.url)
    page.wait_for_selector("#picker")
    page.wait_for_selector(".status")
    page.wait_for_function("document.querySelector('#intake input[type=file]') !== null && 'forensicsVia' in window")
    return page


def given(page: Any, name: str, data: bytes, until: str = "done") -> None:
    """Pick a file, and wait until the page says so of it."""
    page.locator("#intake input[type=file]").set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": data})
    page.wait_for_function(
        "([name, until]) => { const words = document.querySelector('.status')?.textContent ?? ''; return words.includes(name) && words.includes(until); }",
        arg=[name[:40], until],
        timeout=60_000,
    )


@pytest.fixture
def screen(page: Any, app: App) -> Any:
    """A page of the app for one test alone."""
    return opened(page, app)


@pytest.fixture
def give(screen: Any) -> Callable[..., None]:
    """`given` on this test's page."""
    return lambda name, data, until="done": given(screen, name, data, until)


@pytest.fixture(scope="module")
def seen(chromium: Any, app: App) -> Iterator[Any]:
    """A page with a photograph and all its scores, for tests that only look."""
    context = chromium.new_context()
    page = opened(context.new_page(), app)
    given(page, "my photo.jpg", photograph())
    yield page
    context.close()
