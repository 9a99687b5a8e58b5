from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class FileServer(ThreadingHTTPServer):
    """Serves `files` from memory, with ranges and tags as a good server does; `faults` says how it misbehaves, by path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.faults: dict[str, dict] = {}
        self.seen: list[tuple[str, dict[str, str]]] = []

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(BaseHTTPRequestHandler):
    server: FileServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments) -> None:
        pass

    def do_GET(self) -> None:
        server, fault = self.server, self.server.faults.get(self.path, {})
        server.seen.append((self.path, dict(self.headers)))
        if "redirect" in fault:
            return self.answer(302, Location=fault["redirect"])
        if "status" in fault:
            return self.answer(fault["status"])
        if self.path not in server.files:
            return self.answer(404)
        data = server.files[self.path]
        tag = fault.get("etag", f'"{hash(data)}"')
        start, status = self.start_of_range(len(data), tag, fault)
        if status == 416:
            return self.answer(416)
        body = data[start:]
        self.send_response(status)
        self.send_header("ETag", tag)
        if "type" in fault:
            self.send_header("Content-Type", fault["type"])
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        if fault.get("length", True):
            self.send_header("Content-Length", str(fault.get("claim", len(body))))
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.send_body(body, fault)

    def start_of_range(self, length: int, tag: str, fault: dict) -> tuple[int, int]:
        asked = self.headers.get("Range")
        if not asked or fault.get("no_ranges") or self.headers.get("If-Range", tag) != tag:
            return 0, 200
        start = int(asked.removeprefix("bytes=").rstrip("-"))
        return (start, 206) if start < length else (0, 416)

    def send_body(self, body: bytes, fault: dict) -> None:
        if fault.get("cuts", 0):
            fault["cuts"] -= 1
            body = body[: len(body) // 2]
        if fault.get("stalls", 0):
            fault["stalls"] -= 1
            self.wfile.write(body[:100])
            self.wfile.flush()
            time.sleep(1.5)
            return
        step = fault.get("step", len(body) or 1)
        for i in range(0, len(body), step):
            self.wfile.write(body[i : i + step])
            self.wfile.flush()
            time.sleep(fault.get("pause", 0))

    def answer(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


@pytest.fixture
def web() -> Iterator[FileServer]:
    server = FileServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
