"""A page with nothing but the viewer on it, and the tiles it asks for, from numpy arrays: what the browser tests look at."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

from forensics_ui.core.settings import ASSETS
from forensics_ui.imaging.colour import png
from forensics_ui.imaging.pyramid import Reduce, pack, tile_of

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>viewer</title><link rel="stylesheet" href="/assets/viewer.css">
<style>body { margin: 16px; background: light-dark(#eef0f3, #0b0c0e); color-scheme: light dark; } body.dark { color-scheme: dark; }
@media (max-width: 500px) { body { margin: 6px; } }</style>
<body><div id="viewer"></div><script src="/assets/viewer.js"></script>
<script>window.errors = []; addEventListener("error", (event) => errors.push(event.message));
addEventListener("unhandledrejection", (event) => errors.push(String(event.reason)));</script></body></html>"""


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
        tile = tile_of(array, int(scale), int(column), int(row), reduce=reduce)
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
