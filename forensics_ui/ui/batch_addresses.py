"""The addresses that the Batch tab talks to. Everything that runs outlives the page that asked for it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from forensics_ui.batch.manager import BatchInfo
from forensics_ui.batch.rows import Filter
from forensics_ui.batch.scan import Found
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import INPUT_RULES
from forensics_ui.evaluation.folders import LabelCount
from forensics_ui.report.model import Case
from forensics_ui.ui import batch_shown
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.ui.batch_evaluation import Evaluations, Wish
from forensics_ui.ui.batch_pictures import KEPT, Changed, Thumbnails, original
from forensics_ui.ui.batch_places import NotAllowed, allowed, check, complete
from forensics_ui.ui.doors import PRIVATE, refused
from forensics_ui.verdict import own_reals
from forensics_ui.words import sentence_of

HERE = "/forensics/batch"
MOST_ROWS = 100
MOST_WORDS = 65_536
CASE_TEXT = 20_000
EVALUATION = "evaluation-"  # so that what is downloaded does not hide the batch's own files

Fields = dict[str, Any]


def routes(desk: BatchDesk) -> list[Route]:
    """All of them, below HERE."""
    made = BatchAddresses(desk)
    listed = [
        ("/choices", made.choices, "GET"),
        ("/folders", made.folders, "GET"),
        ("/list", made.list, "GET"),
        ("/preview", made.preview, "POST"),
        ("/start", made.start, "POST"),
        ("/drops", made.new_drop, "POST"),
        ("/of/{batch}", made.show, "GET"),
        ("/of/{batch}", made.forget, "DELETE"),
        ("/of/{batch}/rows", made.rows, "GET"),
        ("/of/{batch}/skipped", made.skipped, "GET"),
        ("/of/{batch}/thumb", made.thumb, "GET"),
        ("/of/{batch}/file", made.file, "GET"),
        ("/of/{batch}/evaluation", made.evaluation, "GET"),
        ("/of/{batch}/evaluation", made.evaluate, "POST"),
        ("/of/{batch}/evaluation/{name}", made.write_evaluation, "POST"),
        ("/of/{batch}/evaluation/{name}", made.evaluation_file, "GET"),
        ("/of/{batch}/report/{format}", made.write_report, "POST"),
        ("/of/{batch}/report/{format}", made.report, "GET"),
        ("/of/{batch}/{what}", made.steer, "POST"),
    ]
    found = [Route(HERE + path, _guarded(handler), methods=[method]) for path, handler, method in listed]
    return [Route(HERE + "/drops/{drop}/file", made.take_in, methods=["POST"]), *found]


def _guarded(handler: Callable[[Request, Fields], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Only for those who may ask; in a thread; what goes wrong in a way that can be told is told."""

    async def answer(request: Request) -> Response:
        if problem := refused(request):
            return problem
        fields = await _fields(request) if request.method == "POST" else dict(request.query_params)
        if fields is None:
            return told("This was not understood.", 400)
        try:
            return await run_in_threadpool(handler, request, fields)
        except NotAllowed as error:
            return told(sentence_of(error), 403)
        except Changed as error:
            return told(sentence_of(error), 409)
        except ForensicsError as error:
            return told(sentence_of(error), 400)

    return answer


async def _fields(request: Request) -> Fields | None:
    """The JSON object that was sent; None if it is none, or endless."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_WORDS:
            return None
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def told(problem: str, status: int) -> JSONResponse:
    """A reason as a sentence."""
    return JSONResponse({"problem": problem}, status, headers=PRIVATE)


def plain(content: Any) -> JSONResponse:
    """An answer that nobody keeps."""
    return JSONResponse(content, headers=PRIVATE)


class BatchAddresses:
    """What each address answers."""

    def __init__(self, desk: BatchDesk) -> None:
        self.desk = desk
        self.thumbnails = Thumbnails(desk)
        self.evaluations = Evaluations(desk)
        self._writing = threading.Lock()

    def choices(self, request: Request, fields: Fields) -> Response:
        """Detectors, rules, bands, roots."""
        return plain(batch_shown.choices(self.desk))

    def folders(self, request: Request, fields: Fields) -> Response:
        """Sub-folders that go on what was typed."""
        return plain({"folders": complete(self.desk.settings, str(fields.get("path", "")))})

    def list(self, request: Request, fields: Fields) -> Response:
        """All batches, the newest first."""
        return plain({"batches": [batch_shown.brief(self.desk, info) for info in self.desk.manager.list() if self._open(info)]})

    def _open(self, info: BatchInfo) -> bool:
        """Where other machines can reach the app, only what came through it is shown."""
        return bool(info.plan) and (allowed(self.desk.settings) or self.desk.drops.of(info.plan.get("folder")) is not None)

    def _info(self, request: Request) -> BatchInfo:
        batch = request.path_params["batch"]
        if not re.fullmatch(r"[0-9a-f]{12}(-\d{1,6})?", batch):
            raise ForensicsError("There is no such batch.")
        info = self.desk.manager.get(batch)
        if not self._open(info):
            raise ForensicsError("There is no such batch.")
        return info

    def preview(self, request: Request, fields: Fields) -> Response:
        """What would be scored, what would be skipped, and what the folders say the pictures are."""
        drop, labels = fields.get("drop"), LabelCount()
        folder = self.desk.drops.looked_at(str(drop)) if drop else check(self.desk.settings, str(fields.get("folder", "")))
        found = self.desk.manager.preview(folder, watch=lambda each: labels.add(each.path) if isinstance(each, Found) else None)
        return plain({**batch_shown.previewed(found), "labels": labels.as_dict(), "folder": "" if drop else str(folder)})

    def start(self, request: Request, fields: Fields) -> Response:
        """Begin, or go on with the same batch."""
        detectors, rule = fields.get("detectors"), fields.get("rule", "native")
        if rule not in INPUT_RULES:
            raise ForensicsError("There is no such input rule.")
        usable = {one["name"] for one in batch_shown.choices(self.desk)["detectors"] if one["usable"]}
        if not isinstance(detectors, list) or not detectors or not usable.issuperset(map(str, detectors)):
            raise ForensicsError("Choose at least one detector that can be used.")
        drop, wish = fields.get("drop"), self._wish(fields.get("evaluate"))
        folder = self.desk.drops.begin(str(drop)) if drop else check(self.desk.settings, str(fields.get("folder", "")))
        own = own_reals.named(str(fields.get("own_reals") or "") or None, self.desk.settings.data_dir)
        batch = self.desk.manager.start(
            folder, self.desk.manager.workbench.with_joined(detectors), rule, fresh=fields.get("fresh") is True, reference_set=own
        )
        if wish:
            self.evaluations.ask(batch, wish)
        else:
            self.evaluations.follow(batch)
        return plain({"id": batch})

    def _wish(self, fields: object) -> Wish | None:
        return Wish.of(fields, partial(check, self.desk.settings)) if isinstance(fields, dict) else None

    def new_drop(self, request: Request, fields: Fields) -> Response:
        """A place for files that are about to come."""
        try:
            return plain({"drop": self.desk.drops.new()})
        except OSError as error:
            raise ForensicsError(f"The files cannot be kept: {error.strerror}.") from None

    async def take_in(self, request: Request) -> Response:
        """One dropped file: the raw bytes are the body."""
        if problem := refused(request):
            return problem
        limit = self.desk.settings.limits.file_bytes
        if int(request.headers.get("content-length") or 0) > limit:
            return told(_too_large(limit), 413)
        drop, name = request.path_params["drop"], unquote(request.headers.get("x-file-name", ""))
        part: Path | None = None
        try:
            place, part = await run_in_threadpool(lambda: (self.desk.drops.place(drop, name), self.desk.drops.part(drop)))
            with part.open("xb") as kept:
                async for piece in request.stream():
                    if kept.tell() + len(piece) > limit:
                        return told(_too_large(limit), 413)
                    await run_in_threadpool(kept.write, piece)
            os.replace(part, place)
        except ForensicsError as error:
            return told(sentence_of(error), 400)
        except OSError as error:
            return told(f"The file could not be kept: {error.strerror}.", 507)
        finally:
            if part is not None:
                part.unlink(missing_ok=True)
        return plain({"kept": place.name})

    def show(self, request: Request, fields: Fields) -> Response:
        """One batch: progress, counts, histograms."""
        return plain(batch_shown.whole(self.desk, self._info(request)))

    def rows(self, request: Request, fields: Fields) -> Response:
        """One page of its table."""
        info = self._info(request)
        keep = Filter(text=fields.get("text", "")[:500], state=fields.get("state") or None, verdict=fields.get("verdict") or None)
        found, total = self.desk.manager.rows(info.id).rows(
            _number(fields, "offset"), MOST_ROWS, fields.get("sort", "path"), descending=fields.get("descending") == "true", keep=keep
        )
        return plain({"rows": [batch_shown.row(each) for each in found], "total": total})

    def skipped(self, request: Request, fields: Fields) -> Response:
        """What was left out, and why."""
        return plain({"skipped": self.desk.manager.rows(self._info(request).id).skipped(_number(fields, "offset"), MOST_ROWS)})

    def thumb(self, request: Request, fields: Fields) -> Response:
        """A small look at one file, only for orientation."""
        info = self._info(request)
        return Response(self.thumbnails.of(info.id, fields.get("path", ""), fields.get("sha256", "")), media_type="image/jpeg", headers=KEPT)

    def file(self, request: Request, fields: Fields) -> Response:
        """The very bytes that were scored, for the Inspect tab."""
        data = original(self.desk, self._info(request).id, fields.get("path", ""), fields.get("sha256", ""))
        return Response(data, media_type="application/octet-stream", headers={**PRIVATE, "content-disposition": "attachment"})

    def steer(self, request: Request, fields: Fields) -> Response:
        """Pause, resume, cancel."""
        info, what = self._info(request), request.path_params["what"]
        if what not in ("pause", "resume", "cancel"):
            raise ForensicsError("A batch can be paused, resumed and cancelled.")
        folder = info.plan.get("folder")
        if what == "resume" and (info.progress.over or info.progress.state == "interrupted"):
            if folder and not self.desk.drops.of(folder):
                check(self.desk.settings, folder)
        getattr(self.desk.manager, what)(info.id)
        if what == "resume":
            self.evaluations.follow(info.id)
        return plain(batch_shown.brief(self.desk, self.desk.manager.get(info.id)))

    def forget(self, request: Request, fields: Fields) -> Response:
        """Delete what is known of a batch, and the app's own copies of dropped files only where that is asked for too."""
        info = self._info(request)
        self.evaluations.check_idle(info.id)
        self.desk.manager.forget(info.id)
        self.evaluations.forget(info.id)
        shutil.rmtree(self._reports(info.id), ignore_errors=True)
        with contextlib.suppress(OSError):
            self._reports(info.id).parent.rmdir()
        drop = self.desk.drops.of(info.plan.get("folder"))
        if (
            drop
            and fields.get("copies") == "true"
            and not any(self.desk.drops.of(one.plan.get("folder")) == drop for one in self.desk.manager.list())
        ):
            self.desk.drops.delete(drop)
        return Response(status_code=204)

    def evaluation(self, request: Request, fields: Fields) -> Response:
        """How a labelled batch did, as soon as that is known."""
        told_of = self.evaluations.told(self._info(request))
        if record := told_of.pop("record", None):
            from forensics_ui.ui.batch_judged import judged

            told_of["judged"] = judged(record)
        if validation := told_of.get("validation"):
            told_of["progress"] = batch_shown.brief(self.desk, self.desk.manager.get(validation))["progress"]
        return plain(told_of)

    def evaluate(self, request: Request, fields: Fields) -> Response:
        """Have a batch compared with its labels, or compared otherwise."""
        info, wish = self._info(request), self._wish(fields)
        self.evaluations.ask(info.id, wish or Wish())
        return plain({"id": info.id})

    def write_evaluation(self, request: Request, fields: Fields) -> Response:
        """Write one file of an evaluation."""
        written = self.evaluations.write(self._info(request), request.path_params["name"], _case(fields))
        return plain({"name": EVALUATION + written.name, "bytes": written.stat().st_size})

    def evaluation_file(self, request: Request, fields: Fields) -> Response:
        """A file of an evaluation that was written."""
        found = self.evaluations.written(self._info(request).id, request.path_params["name"])
        return FileResponse(found, filename=EVALUATION + found.name, headers=PRIVATE)

    def write_report(self, request: Request, fields: Fields) -> Response:
        """Write one report of what is finished."""
        from forensics_ui.batch.output import write_outputs  # brings the PDF writer, which only reports need

        info, name = self._info(request), request.path_params["format"]
        batch_shown.checked_formats(name)
        with self._writing:
            written = write_outputs(self.desk.manager, info.id, self._reports(info.id), [name], _case(fields))[name]
        return plain({"name": written.name, "bytes": written.stat().st_size})

    def report(self, request: Request, fields: Fields) -> Response:
        """A report that was written."""
        info, name = self._info(request), request.path_params["format"]
        suffix = batch_shown.checked_formats(name)
        found = [path for path in self._reports(info.id).glob(f"*{suffix}") if path.stem in ("results", "report")]
        if not found:
            raise ForensicsError("This report was not written yet.")
        return FileResponse(found[0], filename=found[0].name, headers=PRIVATE)

    def _reports(self, batch: str) -> Path:
        return self.desk.manager.folder / batch / "reports"


def _case(fields: Fields) -> Case:
    return Case(*(str(fields.get(key, ""))[:CASE_TEXT] for key in ("name", "examiner", "notes")))


def _number(fields: Fields, name: str) -> int:
    text = str(fields.get(name, "0"))
    return int(text) if re.fullmatch(r"\d{1,9}", text) else 0


def _too_large(limit: int) -> str:
    return f"The file is larger than the limit of {limit / 1024**2:.0f} MB."
