"""What browser tests do with a page of the app: open it, and give it a picture."""

from __future__ import annotations

from typing import Any

from app_server import App


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
