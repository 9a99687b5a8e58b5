"""An upload of the page is opened when its bytes are here; the event that follows finds it, once, under its own name."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from app_samples import encoded, noise
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from forensics_ui.core.errors import BadImage
from forensics_ui.ui import arrivals, looking
from forensics_ui.ui.arrivals import Arrivals, Early
from forensics_ui.ui.desk import Job
from forensics_ui.words import sentence_of

PAGE = {"sec-fetch-site": "same-origin"}
BYTES = encoded(Image.fromarray(noise(300, 200)), "PNG")


class Door:
    """Gradio's address for uploads, in small, and a bench that writes down what it opens."""

    def __init__(self, folder, status=200):
        self.opened, self.path = [], folder / "kept.png"

        async def upload(request):
            data = await (await request.form())["files"].read()
            if status == 200:
                self.path.write_bytes(data)
            return JSONResponse([str(self.path)], status) if status != 500 else PlainTextResponse("no", 200)

        self.arrivals = Arrivals(SimpleNamespace(get=lambda: SimpleNamespace(open=self.open)))
        routes = [Route("/gradio_api/upload", upload, methods=["POST"])]
        self.client = TestClient(Starlette(routes=routes, middleware=[Middleware(Early, arrivals=self.arrivals)]))

    def open(self, source, name, **_):
        data = source.read_bytes()
        self.opened.append((name, hashlib.sha256(data).hexdigest()))
        if data == b"broken":
            raise BadImage("It is broken.")
        return SimpleNamespace(name=name, width=300, height=200, complete=1.0)

    def give(self, name="photo (1).png", data=BYTES, headers=PAGE):
        return self.client.post("/gradio_api/upload", files={"files": (name, data)}, headers=headers)


@pytest.fixture
def door(tmp_path):
    return Door(tmp_path)


def test_the_bytes_of_the_page_are_opened_under_the_name_that_the_file_has(door):
    assert door.give().json() == [str(door.path)]
    coming = door.arrivals.take(str(door.path), "photo (1).png")
    assert coming.result(10).name == "photo (1).png"
    assert door.opened == [("photo (1).png", hashlib.sha256(BYTES).hexdigest())]
    assert door.arrivals.take(str(door.path), "photo (1).png") is None, "it is given once"


@pytest.mark.parametrize("headers", [{}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "none"}])
def test_what_programs_upload_is_not_opened_ahead(door, headers):
    door.give(headers=headers)
    assert door.arrivals.take(str(door.path), "photo (1).png") is None and not door.opened


@pytest.mark.parametrize("status", [413, 500])
def test_an_upload_that_was_refused_or_answered_otherwise_is_left_alone(tmp_path, status):
    door = Door(tmp_path, status)
    door.give()
    assert door.arrivals.take(str(door.path), "photo (1).png") is None and not door.opened


def test_under_another_name_it_is_opened_anew(door):
    door.give("a.png")
    assert door.arrivals.take(str(door.path), "b.png") is None


def test_unwanted_ones_do_not_pile_up_and_are_let_go(door, monkeypatch):
    monkeypatch.setattr(arrivals, "SECONDS_KEPT", 0.2)
    door.path.write_bytes(BYTES)
    paths = [str(door.path.with_name(f"{number}.png")) for number in range(5)]
    for path in paths:
        Path(path).write_bytes(BYTES)
        door.arrivals.begin(path, "x.png")
    assert list(door.arrivals._coming) == paths[-arrivals.KEPT :]
    gone = threading.Event()
    threading.Timer(0.8, gone.set).start()
    gone.wait(10)
    assert not door.arrivals._coming


@pytest.mark.parametrize("data", [BYTES, b"broken"])
def test_the_page_gets_what_was_opened_or_why_not(door, monkeypatch, data):
    monkeypatch.setattr(looking, "describe", lambda bench: [])
    door.give("a.png", data)
    job = Job(door.path, "a.png", coming=door.arrivals.take(str(door.path), "a.png"))
    bench = SimpleNamespace(get=lambda: pytest.fail("it was opened twice"))
    moments = list(looking.look(bench, job))
    if data == BYTES:
        assert moments[-1].stage == "done" and job.picture.name == "a.png"
    else:
        assert moments[-1].stage == "refused" and "broken" in sentence_of(moments[-1].problem)
    assert len(door.opened) == 1 and job.opened.is_set()


def test_a_browser_says_the_name_in_the_form_that_is_read_here(screen):
    """The only thing that a test without a browser cannot know."""
    found = screen.evaluate("""async () => {
      const form = new FormData(); form.append("files", new File(["x"], 'Straße "1" (ä).png'));
      return new TextDecoder().decode(await new Response(form).arrayBuffer()); }""")
    name = arrivals.NAME.search(found.encode()).group(1).decode().replace("%22", '"')
    assert name == 'Straße "1" (ä).png'
