from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from app_pages import given, opened
from app_samples import photograph
from app_server import App, running_app


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """One app for all browser and API tests."""
    with running_app(tmp_path_factory.mktemp("app")) as running:
        yield running


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
