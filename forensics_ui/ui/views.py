"""The addresses that the workbench part of the page talks to: views, their tiles, their downloads, a second picture."""

from __future__ import annotations

import io
import json
import re
import time
from urllib.parse import unquote

import numpy as np
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from forensics_ui.core.errors import BadImage, NotApplicable
from forensics_ui.core.types import INPUT_RULES
from forensics_ui.ui.doors import PRIVATE, guarded, refused
from forensics_ui.ui.picture import NOT_FOUND
from forensics_ui.ui.view_jobs import Showing, ViewJobs
from forensics_ui.ui.warm import Bench
from forensics_ui.views.base import Pane
from forensics_ui.words import sentence_of

HERE = "/forensics"
# A view that takes longer than this answers "running", so that the page can show how far it is.
PATIENCE = 0.4
NEWS = 0.1  # of that, how often it is looked whether it got further
# Tiles never change under their address, which dies with the view.
TILE_HEADERS = {"cache-control": "private, max-age=600, immutable"}
RULE_ARGUMENT = "input-rule"
HAD = "had"  # the showing whose first part the page has already on the screen
AHEAD = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")  # tiles that the page is going to ask for: scale.column.row
TILES_AHEAD = 4


def routes(bench: Bench, jobs: ViewJobs) -> list[Route]:
    """All of them, below HERE."""
    desk = ViewDesk(bench, jobs)
    listed = [
        ("/views", desk.list, "GET"),
        ("/view/{token}/{view}", desk.show, "GET"),
        ("/view/{token}/{view}", desk.cancel, "DELETE"),
        ("/tiles/{showing}/{pane:int}/{scale:int}/{column:int}/{row:int}", desk.tile, "GET"),
        ("/pixels/{token}/{scale:int}/{column:int}/{row:int}", desk.pixels, "GET"),
        ("/map/{showing}/{pane:int}.png", desk.map_png, "GET"),
        ("/map/{showing}/{pane:int}.npy", desk.map_npy, "GET"),
        ("/numbers/{showing}.json", desk.numbers, "GET"),
        ("/crop/{token}/{x:int}/{y:int}/{w:int}/{h:int}.png", desk.crop, "GET"),
        ("/second/{token}", desk.no_second, "DELETE"),
    ]
    made = [Route(HERE + path, guarded(handler), methods=[method]) for path, handler, method in listed]
    return [*made, Route(HERE + "/second/{token}", desk.second, methods=["POST"])]


def _problem(sentence: str, status: int) -> JSONResponse:
    """A reason as a sentence; views give theirs without a capital and a full stop, because other places go on after them."""
    sentence = sentence[:1].upper() + sentence[1:]
    return JSONResponse({"state": "failed", "problem": sentence if sentence.endswith((".", "!", "?")) else sentence + "."}, status, headers=PRIVATE)


class ViewDesk:
    """What each address answers."""

    def __init__(self, bench: Bench, jobs: ViewJobs) -> None:
        self.bench, self.jobs = bench, jobs

    def list(self, request: Request) -> Response:
        """The views there are."""
        from forensics_ui.ui.rendering import describe_views

        return JSONResponse(describe_views(), headers=PRIVATE)

    def show(self, request: Request) -> Response:
        """A view: done, failed, or running with its progress. Asking again goes on waiting for the same one."""
        token, view = request.path_params["token"], request.path_params["view"]
        values = dict(request.query_params)
        rule, had, ahead = values.pop(RULE_ARGUMENT, "native"), values.pop(HAD, ""), values.pop("ahead", "")
        if not self.jobs.opened(token, PATIENCE):
            return JSONResponse({"state": "running", "progress": (0, 0), "waiting": False}, headers=PRIVATE)
        if self.jobs.picture(token) is None:
            return _problem(NOT_FOUND, 404)
        if rule not in INPUT_RULES:
            return _problem("There is no such input rule.", 400)
        try:
            showing = self.jobs.ask(token, view, values, rule, [tuple(map(int, place)) for place in AHEAD.findall(ahead)[:TILES_AHEAD]])
        except (KeyError, ValueError) as error:
            return _problem(str(error.args[0]), 400)
        if showing.told:
            self.jobs.looked(showing)
        before, end = showing.progress, time.monotonic() + PATIENCE
        awaited = showing.ended if had == showing.id else showing.ready
        while not awaited.wait(NEWS) and time.monotonic() < end and showing.progress == before:
            pass
        return self._told(showing, had)

    def _told(self, showing: Showing, had: str) -> Response:
        from forensics_ui.ui.rendering import rendering_json

        done, picture = showing.ended.is_set(), self.jobs.picture(showing.token)
        made = showing.rendering if done else None if had == showing.id else showing.first
        if not done and made is None:
            return JSONResponse({"state": "running", "progress": showing.progress, "waiting": not showing.begun}, headers=PRIVATE)
        if made is None or picture is None:
            return _problem(showing.problem or NOT_FOUND, 200)
        try:
            told = rendering_json(showing, made, picture)
        except NotApplicable as error:  # a pane computes its numbers when it is first looked at
            return _problem(sentence_of(error), 200)
        showing.told = True
        return JSONResponse({"state": "done" if done else "begun", **told}, headers=PRIVATE)

    def cancel(self, request: Request) -> Response:
        """Stop a view that is being made."""
        self.jobs.cancel(request.path_params["token"], request.path_params["view"])
        return Response(status_code=204)

    def _pane(self, request: Request) -> tuple[Showing, Pane, int] | tuple[None, None, int]:
        """The pane of that address."""
        showing, index = self.jobs.by_id(request.path_params["showing"]), request.path_params["pane"]
        panes = showing.panes if showing else ()
        return (showing, panes[index], index) if index < len(panes) else (None, None, index)

    def tile(self, request: Request) -> Response:
        """One tile of one pane: numbers of a map, lossless pixels of a picture."""
        from forensics_ui.imaging import pyramid

        showing, pane, index = self._pane(request)
        if pane is None:
            return Response(NOT_FOUND, 404, media_type="text/plain")
        if not pane.scale:
            return _picture_tile(showing.values(index), request)
        try:
            values = pyramid.tile_of(showing.tiles(index), *_place(request), reduce=pane.reduce)
        except IndexError as error:
            return Response(str(error), 404, media_type="text/plain")
        if showing.ended.is_set():  # otherwise the page says itself when it has painted, by asking for the rest
            self.jobs.looked(showing)
        return Response(pyramid.pack(_packable(values)), media_type="application/octet-stream", headers=TILE_HEADERS)

    def pixels(self, request: Request) -> Response:
        """One tile of the picture itself, the same for every view."""
        picture = self.jobs.picture(request.path_params["token"])
        return _picture_tile(picture.rgb, request) if picture else Response(NOT_FOUND, 404, media_type="text/plain")

    def map_png(self, request: Request) -> Response:
        """A whole pane as it is coloured on the screen, at its own size, lossless."""
        from forensics_ui.imaging import colour

        showing, pane, index = self._pane(request)
        if pane is None:
            return Response(NOT_FOUND, 404, media_type="text/plain")
        scale, values = pane.scale, showing.values(index)
        pixels = colour.colourise(values, scale.low, scale.high, scale.colours) if scale else values
        return _download(colour.png(np.ascontiguousarray(pixels)), "image/png", f"{pane.id}.png")

    def map_npy(self, request: Request) -> Response:
        """A whole pane as numbers, for numpy."""
        showing, pane, index = self._pane(request)
        if pane is None:
            return Response(NOT_FOUND, 404, media_type="text/plain")
        buffer = io.BytesIO()
        np.save(buffer, showing.values(index), allow_pickle=False)
        return _download(buffer.getvalue(), "application/octet-stream", f"{pane.id}.npy")

    def numbers(self, request: Request) -> Response:
        """The numbers of a view, the same that the command line writes."""
        from forensics_ui.views.common import plain_value

        showing = self.jobs.by_id(request.path_params["showing"])
        if showing is None or showing.rendering is None:
            return Response(NOT_FOUND, 404, media_type="text/plain")
        text = json.dumps(plain_value(showing.rendering.numbers), indent=1, ensure_ascii=False)
        return _download(text.encode(), "application/json", f"{showing.view}.json")

    def crop(self, request: Request) -> Response:
        """A small piece of the picture, lossless."""
        from forensics_ui.imaging import colour

        picture = self.jobs.picture(request.path_params["token"])
        x, y, w, h = (request.path_params[name] for name in "xywh")
        part = picture.rgb[y : y + min(h, 512), x : x + min(w, 512)] if picture else None
        if part is None or part.size == 0:
            return Response(NOT_FOUND, 404, media_type="text/plain")
        return Response(colour.png(np.ascontiguousarray(part)), media_type="image/png", headers=TILE_HEADERS)

    def no_second(self, request: Request) -> Response:
        """Take the second picture away."""
        self.jobs.set_second(request.path_params["token"], None)
        return Response(status_code=204)

    async def second(self, request: Request) -> Response:
        """Take in a second picture: the raw bytes are the body, and meet the same intake as the first."""
        if not_allowed := refused(request):
            return not_allowed
        token = request.path_params["token"]
        if self.jobs.picture(token) is None:
            return _problem(NOT_FOUND, 404)
        limit = self.bench.settings.limits.file_bytes
        received = bytearray()
        too_large = _problem(f"The file is larger than the limit of {limit / 1024**2:.0f} MB.", 413)
        if int(request.headers.get("content-length") or 0) > limit:
            return too_large
        async for part in request.stream():
            received += part
            if len(received) > limit:
                return too_large
        name = unquote(request.headers.get("x-file-name", ""))[:200] or "second picture"
        try:
            picture = await run_in_threadpool(lambda: self.bench.get().open(bytes(received), name))
        except BadImage as error:
            return _problem(sentence_of(error), 200)
        self.jobs.set_second(token, picture)
        return JSONResponse({"state": "done", "name": picture.name, "sha256": picture.sha256, "width": picture.width, "height": picture.height})


def _place(request: Request) -> tuple[int, int, int]:
    """Scale, column and row of a tile."""
    return tuple(request.path_params[name] for name in ("scale", "column", "row"))


def _picture_tile(rgb: np.ndarray, request: Request) -> Response:
    from forensics_ui.imaging import colour, pyramid

    try:
        tile = pyramid.tile_of(rgb, *_place(request))
    except IndexError as error:
        return Response(str(error), 404, media_type="text/plain")
    return Response(colour.png(np.ascontiguousarray(tile)), media_type="image/png", headers=TILE_HEADERS)


def _packable(values: np.ndarray) -> np.ndarray:
    """The viewer reads uint8, int16 and float32."""
    return values if values.dtype in (np.uint8, np.int16, np.float32) else values.astype(np.float32)


def _download(content: bytes, kind: str, name: str) -> Response:
    return Response(content, media_type=kind, headers={**PRIVATE, "content-disposition": f'attachment; filename="{name}"'})
