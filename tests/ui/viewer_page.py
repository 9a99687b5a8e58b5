"""A page with nothing but the viewer on it, and the tiles it asks for, from numpy arrays: what the browser tests look at."""

from __future__ import annotations

import io
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest
from PIL import Image

from forensics_ui.core.settings import ASSETS
from forensics_ui.imaging.colour import palette_spec, png
from forensics_ui.imaging.pyramid import Reduce, pack, tile_of
from forensics_ui.ui.server import VIEWER_SCRIPTS

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>viewer</title><link rel="stylesheet" href="/assets/viewer.css">
<style>body { margin: 16px; background: light-dark(#eef0f3, #0b0c0e); color-scheme: light dark; } body.dark { color-scheme: dark; }
@media (max-width: 500px) { body { margin: 6px; } }</style>
<body><div id="viewer"></div>SCRIPTS
<script>window.errors = []; addEventListener("error", (event) => errors.push(event.message));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));</script></body></html>"""
PAGE = PAGE.replace("SCRIPTS", "".join(f'<script src="/assets/{name}"></script>' for name in VIEWER_SCRIPTS))


class ViewerPage:
    """A local server: `add` an array, put what it returns into a pane."""

    def __init__(self) -> None:
        self.arrays: dict[str, tuple[np.ndarray, Reduce]] = {}
        self.requests: list[str] = []
        self.delay = 0.0
        self.fail = False
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def add(self, name: str, array: np.ndarray, reduce: Reduce = "mean", **pane: Any) -> dict[str, Any]:
        """Offer an array; a plane travels as numbers, three channels as PNG. Returns the pane."""
        self.arrays[name] = (array, reduce)
        kind = {"kind": "picture", "format": "image", "exact": True} if array.ndim == 3 else {"kind": "map", "format": "values", "reduce": "maximum"}
        return {"id": name, "title": name, "levels": {"tile": 256, "url": f"/tiles/{name}/{{scale}}/{{column}}/{{row}}"}, **kind, **pane}

    def body(self, path: str) -> tuple[str, bytes]:
        """Answer one address; LookupError where there is nothing."""
        if path == "/":
            return "text/html", PAGE.encode()
        if path.startswith("/assets/"):
            return ("text/css" if path.endswith("css") else "text/javascript"), (ASSETS / path.split("/")[-1]).read_bytes()
        _, _, name, scale, column, row = path.split("/")
        self.requests.append(path)
        time.sleep(self.delay)
        if self.fail:
            raise LookupError(path)
        array, reduce = self.arrays[name]
        tile = tile_of(array, int(scale), int(column), int(row), 256, reduce)
        return ("application/octet-stream", pack(tile)) if tile.ndim == 2 else ("image/png", png(tile))

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()

    def _handler(page: ViewerPage) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                try:
                    kind, body = page.body(self.path)
                    self.send_response(200)
                except (LookupError, ValueError):
                    kind, body = "text/plain", b"nothing here"
                    self.send_response(404)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except ConnectionError:
                    pass  # the viewer has scrolled on

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def mount(page: Any, spec: dict[str, Any]) -> None:
    """Mount a viewer in an open page as `viewer`; its events are collected in `seen`."""
    page.evaluate(
        """(spec) => { window.seen = []; window.viewer = ForensicsViewer.mount(document.getElementById("viewer"), spec);
        for (const name of ["box", "region"]) document.getElementById("viewer").addEventListener("fv:" + name, (e) => seen.push([name, e.detail])); }""",
        json.loads(json.dumps(spec)),
    )


RNG = np.random.default_rng(3)
PHOTO = RNG.integers(0, 256, (900, 1500, 3), dtype=np.uint8)
PLANE = RNG.integers(-255, 256, (900, 1500)).astype(np.int16)
SCALE = palette_spec("signed", -16, 16, "levels", clips=True)


@pytest.fixture
def tiles() -> Iterator[ViewerPage]:
    """The local server of the viewer page."""
    server = ViewerPage()
    yield server
    server.close()


@pytest.fixture
def show(chromium, tiles) -> Iterator[Any]:
    """A function that opens a window of some kind and mounts a viewer in it; it returns the page."""
    contexts, errors = [], []

    def open_page(panes: list[dict], width: int = 1280, height: int = 900, spec: dict | None = None, **window: Any) -> Any:
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, **{"reduced_motion": "reduce", **window}))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(tiles.url)
        shape = tiles.arrays[panes[0]["id"]][0].shape
        mount(page, {"picture": "first", "width": shape[1], "height": shape[0], "panes": panes, **(spec or {})})
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def settle(page: Any) -> None:
    """Wait until every tile that the screen needs is drawn."""
    page.wait_for_timeout(120)
    page.wait_for_function(
        "(() => { const s = viewer.state(); return s.draws > 0 && !s.pending && s.panes.every((p) => p.hidden || !p.missing); })()"
    )


def state(page: Any) -> dict[str, Any]:
    return page.evaluate("viewer.state()")


def screen(page: Any, index: int = 0) -> np.ndarray:
    """The pixels of a pane as the browser shows them, device pixels, without the minimap."""
    page.evaluate("viewer.mini && viewer.toggle('mini')")
    page.wait_for_timeout(60)
    page.locator(".fv-stage").nth(index).scroll_into_view_if_needed()
    canvas = "(() => { const c = document.querySelectorAll('.fv-stage')[%d].firstChild, r = c.getBoundingClientRect(); return [r.left, r.top, c.width, c.height, devicePixelRatio]; })()"
    left, top, width, height, ratio = page.evaluate(canvas % index)
    shown = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
    left, top = round(left * ratio), round(top * ratio)
    return shown[top : top + height, left : left + width]


def press(page: Any, *keys: str) -> None:
    page.locator(".fv-panes").focus()
    for key in keys:
        page.keyboard.press(key)
    settle(page)


def middle(page: Any, index: int = 0, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
    area = page.locator(".fv-stage").nth(index).bounding_box()
    return area["x"] + area["width"] * x, area["y"] + area["height"] * y


def inner(shown: np.ndarray, expected: np.ndarray, origin: list[int], zoom: int = 1) -> bool:
    """Whether the screen is the array at a zoom, away from the rounded corners."""
    margin = 10
    rows, columns = np.arange(margin, shown.shape[0] - margin), np.arange(margin, shown.shape[1] - margin)
    y, x = (rows - origin[1]) // zoom, (columns - origin[0]) // zoom
    keep_y, keep_x = (y >= 0) & (y < expected.shape[0]), (x >= 0) & (x < expected.shape[1])
    assert keep_y.sum() > 100 and keep_x.sum() > 100
    return np.array_equal(shown[np.ix_(rows[keep_y], columns[keep_x])], expected[np.ix_(y[keep_y], x[keep_x])])


def drag(page: Any, dx: float, dy: float, index: int = 0, x: float = 0.5, y: float = 0.5) -> None:
    at = middle(page, index, x, y)
    page.mouse.move(*at)
    page.mouse.down()
    page.mouse.move(at[0] + dx / 2, at[1] + dy / 2)
    page.mouse.move(at[0] + dx, at[1] + dy)
    page.mouse.up()
