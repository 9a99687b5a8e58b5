"""The report of the picture on the screen: made in the background, fetched as files, kept in the app's data folder."""

from __future__ import annotations

import json
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.core.types import INPUT_RULES
from forensics_ui.ui.desk import Desk, Job
from forensics_ui.ui.doors import PRIVATE, guarded
from forensics_ui.ui.picture import NOT_FOUND
from forensics_ui.ui.warm import Bench
from forensics_ui.words import sentence_of

HERE = "/forensics/report"
KEPT = 16
BODY_BYTES = 64 * 1024
TEXT = {"name": 200, "examiner": 200, "notes": 4000}
SOMETHING_BROKE = "The report could not be made: something went wrong. The log of the app has the details."
# A report may run its own small sorting script and nothing else: no address, no form, no access to the app.
SANDBOX = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; sandbox allow-scripts"


@dataclass
class Making:
    """One report on its way."""

    job: Job
    choices: dict[str, Any]
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    progress: tuple[int, int, str] = (0, 0, "")
    files: dict[str, Path] = field(default_factory=dict)
    problem: str = ""
    ended: threading.Event = field(default_factory=threading.Event)
    stop: threading.Event = field(default_factory=threading.Event)

    def told(self, done: int, total: int, what: str) -> None:
        """Heard between two parts of the report."""
        if self.stop.is_set():
            raise Cancelled("Stopped.")
        self.progress = (done, total, what)


def routes(bench: Bench, desk: Desk) -> list[Route]:
    """All of them, below HERE."""
    reports = ReportDesk(bench, desk)
    return [
        Route(HERE + "/{token}", reports.begin, methods=["POST"]),
        Route(HERE + "/made/{id}", guarded(reports.state), methods=["GET"]),
        Route(HERE + "/made/{id}", guarded(reports.cancel), methods=["DELETE"]),
        Route(HERE + "/made/{id}/{format}", guarded(reports.file), methods=["GET"]),
    ]


class ReportDesk:
    """Makes one report at a time; the files stay when the page is gone."""

    def __init__(self, bench: Bench, desk: Desk) -> None:
        self._bench, self._desk = bench, desk
        self._makings: OrderedDict[str, Making] = OrderedDict()
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    async def begin(self, request: Request) -> Response:
        """Start a report of the open picture; the body says for whom and with what."""
        body = await request.body()
        return await guarded(lambda _: self._begin(request.path_params["token"], body))(request)

    def _begin(self, token: str, body: bytes) -> Response:
        job = self._desk.by_token(token)
        if job is None or job.picture is None:
            return JSONResponse({"problem": NOT_FOUND}, 404)
        try:
            asked = json.loads(body[:BODY_BYTES] or b"{}")
            case = {name: str(asked.get(name) or "")[:limit] for name, limit in TEXT.items()}
            rule = asked.get("rule") if asked.get("rule") in INPUT_RULES else "native"
        except (ValueError, AttributeError):
            return JSONResponse({"problem": "That is not a request for a report."}, 400)
        making = Making(job, {"case": case, "rule": rule, "views": bool(asked.get("views", True))})
        with self._lock:
            self._makings[making.id] = making
            while len(self._makings) > KEPT:
                self._makings.popitem(last=False)[1].stop.set()
        # A daemon: Ctrl-C does not wait for a report, and a file is written whole or not at all.
        threading.Thread(target=self._in_turn, args=(making,), name="report", daemon=True).start()
        return JSONResponse({"id": making.id}, headers=PRIVATE)

    def _in_turn(self, making: Making) -> None:
        with self._turn:
            self._make(making)

    def _make(self, making: Making) -> None:
        try:
            making.told(0, 0, "")
            making.files = self._written(making)
        except ForensicsError as error:
            making.problem = sentence_of(error)
        except Exception:
            import logging

            logging.getLogger(__name__).exception("a report failed")
            making.problem = SOMETHING_BROKE
        finally:
            making.ended.set()

    def _written(self, making: Making) -> dict[str, Path]:
        from forensics_ui.report.base import REPORTS
        from forensics_ui.report.build import DEFAULT_VIEWS, write_picture_report
        from forensics_ui.report.model import Case

        return write_picture_report(
            self._bench.get(),
            making.job.picture,
            making.job.name,
            REPORTS.names(),
            self._bench.settings.data_dir / "reports",
            DEFAULT_VIEWS if making.choices["views"] else None,
            Case(**making.choices["case"]),
            making.told,
            rules=(making.choices["rule"],),
            studies=tuple(making.job.studies),
            reference_set=making.job.reference_set,
        )

    def _of(self, request: Request) -> Making | None:
        with self._lock:
            return self._makings.get(request.path_params["id"])

    def state(self, request: Request) -> Response:
        """How far it is, why it failed, or which files there are."""
        making = self._of(request)
        if making is None:
            return JSONResponse({"state": "failed", "problem": "This report is no longer known; its files stay in the app's data folder."}, 404)
        if not making.ended.wait(0.3):
            return JSONResponse({"state": "running", "progress": making.progress}, headers=PRIVATE)
        if making.problem:
            return JSONResponse({"state": "failed", "problem": making.problem}, headers=PRIVATE)
        files = [{"format": name, "file": path.name, "bytes": path.stat().st_size} for name, path in sorted(making.files.items())]
        return JSONResponse({"state": "done", "files": files}, headers=PRIVATE)

    def cancel(self, request: Request) -> Response:
        """Stop between two parts."""
        if making := self._of(request):
            making.stop.set()
        return Response(status_code=204)

    def file(self, request: Request) -> Response:
        """One file of a report; HTML can be looked at in the browser, locked away from the app."""
        from starlette.responses import FileResponse

        from forensics_ui.report.base import REPORTS

        making, kind = self._of(request), request.path_params["format"]
        path = making.files.get(kind) if making else None
        if path is None or not path.is_file():
            return Response(NOT_FOUND, 404, media_type="text/plain")
        shown = "inline" if kind == "html" and "save" not in request.query_params else "attachment"
        headers = {**PRIVATE, "content-security-policy": SANDBOX} if kind == "html" else dict(PRIVATE)
        return FileResponse(path, media_type=REPORTS.get(kind).mime, filename=path.name, content_disposition_type=shown, headers=headers)
