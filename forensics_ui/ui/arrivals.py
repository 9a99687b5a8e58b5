"""Pictures that are opened as soon as their bytes are here, while Gradio and the page still tell each other that they are."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from pathlib import Path

from forensics_ui.core.types import Picture
from forensics_ui.ui.guard import Message, Send
from forensics_ui.ui.looking import aside
from forensics_ui.ui.warm import Bench

KEPT = 2  # pictures that nobody has asked for yet
SECONDS_KEPT = 20.0
# A browser writes quotes in a file's name as %22; everything else stays as it is.
NAME = re.compile(rb'filename="([^"\r\n]*)"')


class Arrivals:
    """What is being opened ahead, by the path of the upload."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._coming: OrderedDict[str, tuple[str, Future[Picture]]] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, path: str, name: str) -> None:
        """Open an upload; an unwanted one is let go after a while."""
        coming = aside("arriving", lambda: self._bench.get().open(Path(path), name))
        with self._lock:
            self._coming.pop(path, None)
            self._coming[path] = (name, coming)
            while len(self._coming) > KEPT:
                self._coming.popitem(last=False)
        timer = threading.Timer(SECONDS_KEPT, self._forget, (path, coming))
        timer.daemon = True
        timer.start()

    def take(self, path: str, name: str) -> Future[Picture] | None:
        """What is being opened there under this name, for one who asks; a picture's facts depend on its name."""
        with self._lock:
            known = self._coming.pop(path, None)
        return known[1] if known and known[0] == name else None

    def _forget(self, path: str, coming: Future[Picture]) -> None:
        with self._lock:
            if (known := self._coming.get(path)) and known[1] is coming:
                del self._coming[path]


class Early:
    """ASGI middleware that sees Gradio take in an upload of the page, and begins to open it."""

    def __init__(self, app: Callable[..., Awaitable[None]], arrivals: Arrivals) -> None:
        self.app, self.arrivals = app, arrivals

    async def __call__(self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Send) -> None:
        if not _from_the_page(scope):
            return await self.app(scope, receive, send)
        first, answer, taken = bytearray(), bytearray(), []

        async def hear() -> Message:
            message = await receive()
            if not first:
                first.extend(message.get("body", b""))
            return message

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                taken.append(message["status"] == 200)
            answer.extend(message.get("body", b""))
            if message["type"] == "http.response.body" and not message.get("more_body") and taken == [True]:
                with contextlib.suppress(ValueError):  # an answer of another form: the event that follows opens it
                    self._begin(bytes(first), bytes(answer))
            await send(message)

        await self.app(scope, hear, tell)

    def _begin(self, sent: bytes, answer: bytes) -> None:
        paths, name = json.loads(answer), NAME.search(sent)
        # Where uploads have to be copied, they are not there yet.
        if name and len(paths) == 1 and Path(paths[0]).is_file():
            self.arrivals.begin(paths[0], name.group(1).decode("utf-8", "replace").replace("%22", '"'))


def _from_the_page(scope: Message) -> bool:
    """Programs upload through the same address; what they want of it is not known yet."""
    if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].endswith("/gradio_api/upload"):
        return False
    return dict(scope["headers"]).get(b"sec-fetch-site") == b"same-origin"
