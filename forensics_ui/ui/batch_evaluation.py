"""Batches on labelled folders: what was asked of their evaluation, the work on it in the background, and what it left."""

from __future__ import annotations

import contextlib
import json
import logging
import math
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from forensics_ui.batch.lock import InUse
from forensics_ui.batch.manager import BatchInfo
from forensics_ui.batch.plan import Plan
from forensics_ui.core.errors import ForensicsError
from forensics_ui.report.files import atomic
from forensics_ui.report.model import Case
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.verdict.own_reals import by_signature
from forensics_ui.words import sentence_of

if TYPE_CHECKING:
    from forensics_ui.evaluation.evaluate import Evaluation, Request
    from forensics_ui.evaluation.scoring import ScoredFolder

logger = logging.getLogger(__name__)

Line = Literal["card", "fixed", "chosen", "oracle"]
ASKED, MADE, FILES = "asked.json", "made.json", "files"
Fields = dict[str, Any]


@dataclass(frozen=True)
class Wish:
    """Where the line between real and fake is drawn, and which of the papers' test sets this is, if any."""

    line: Line = "card"
    value: float | None = None
    folder: str = ""
    preset: str = ""

    @classmethod
    def of(cls, fields: Mapping[str, Any], check: Callable[[str], Path]) -> Wish:
        """What the page sent; `check` refuses folders that it may not choose."""
        from forensics_ui.evaluation.presets import preset_called

        line, value, preset = fields.get("line", "card"), fields.get("value"), str(fields.get("preset") or "")
        if line not in get_args(Line):
            raise ForensicsError("There is no such way to draw the line.")
        if line == "fixed" and (isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value)):
            raise ForensicsError("Give the logit from which on a picture is flagged, as a number.")
        if preset:
            preset_called(preset)
        folder = str(check(str(fields.get("folder") or ""))) if line == "chosen" else ""
        return cls(line, float(value) if line == "fixed" else None, folder, preset)


@dataclass
class Job:
    """One evaluation under way. `validation` is the batch that scores the folder on which the line is chosen."""

    state: Literal["waiting", "validation", "measuring"] = "waiting"
    validation: str = ""
    problem: str = ""
    ended: threading.Event = field(default_factory=threading.Event)


class Evaluations:
    """Of all batches. What was asked and what came out lies beside the journal, so it is there after a restart."""

    def __init__(self, desk: BatchDesk) -> None:
        self._desk = desk
        self._jobs: dict[str, Job] = {}
        self._last: tuple[str, Fields, Evaluation] | None = None
        self._labels: dict[str, tuple[int, Fields]] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()

    def ask(self, batch: str, wish: Wish) -> None:
        """Have a batch evaluated as soon as it is finished."""
        with self._lock:
            if self._busy(batch) and self._jobs[batch].state != "waiting":
                raise InUse("The evaluation is being made; change it when it is there.")
            place = self._place(batch)
            place.mkdir(parents=True, exist_ok=True)
            _keep(place / ASKED, asdict(wish))
            if not self._busy(batch):
                self._jobs.pop(batch, None)
        self.follow(batch)

    def wish(self, batch: str) -> Wish | None:
        """What was asked; None if nothing was."""
        kept = _kept(self._place(batch) / ASKED)
        return Wish(**kept) if kept else None

    def follow(self, batch: str) -> None:
        """Wait for a batch in the background and evaluate it, if that was asked for and nobody does so already."""
        with self._lock:
            if self._busy(batch) or self.wish(batch) is None:
                return
            job = self._jobs[batch] = Job()
            threading.Thread(target=self._work, args=(job, batch), name=f"evaluation-{batch}", daemon=True).start()

    def told(self, info: BatchInfo) -> Fields:
        """How far it is, or the record when it is there. Begins the work where a restart has interrupted it."""
        wish, job = self.wish(info.id), self._jobs.get(info.id)
        labels = self.labels(info)
        if wish is None:
            return {"state": "off", "labels": labels}
        about = {"asked": asdict(wish), "labels": labels}
        if job and not job.ended.is_set():
            return {**about, "state": job.state, "validation": job.validation}
        if job and job.problem:
            return {**about, "state": "problem", "problem": job.problem}
        if info.progress.state != "finished":
            return {**about, "state": "unfinished" if info.progress.over or info.progress.state == "interrupted" else "waiting"}
        made = _kept(self._place(info.id) / MADE)
        if made and made["of"] == _made_of(info, wish):
            return {**about, "state": "done", "record": made["record"]}
        self.follow(info.id)
        return {**about, "state": "measuring"}

    def labels(self, info: BatchInfo) -> Fields:
        """What the folders of its files say they are."""
        from forensics_ui.evaluation.folders import LabelCount

        known = self._labels.get(info.id)
        if known is None or known[0] != info.progress.total:
            count = LabelCount()
            for path in self._desk.manager.rows(info.id).paths():
                count.add(path)
            known = self._labels[info.id] = (info.progress.total, count.as_dict())
        return known[1]

    def write(self, info: BatchInfo, name: str, case: Case) -> Path:
        """Write one file of a finished evaluation."""
        from forensics_ui.evaluation.files import file_names, write_files

        wish = self.wish(info.id)
        if wish is None or info.progress.state != "finished":
            raise ForensicsError("There is no evaluation of this batch yet.")
        with self._writing:
            evaluation = self._again(info, wish)
            if name not in file_names(evaluation.record):
                raise ForensicsError("There is no such file.")
            write_files(evaluation, self._place(info.id) / FILES, self._desk.settings, case, [name])
        return self.written(info.id, name)

    def written(self, batch: str, name: str) -> Path:
        """A file that was written."""
        found = [path for path in (self._place(batch) / FILES).glob("*") if path.name == name and not name.startswith(".")]
        if not found:
            raise ForensicsError("This file was not written yet.")
        return found[0]

    def check_idle(self, batch: str) -> None:
        """InUse while the scores of a batch are being compared."""
        if self._busy(batch) and self._jobs[batch].state != "waiting":
            raise InUse("This batch is being compared with its labels; forget it when that is done.")

    def forget(self, batch: str) -> None:
        """Delete what is kept of an evaluation."""
        with self._lock:
            self._jobs.pop(batch, None)
            self._labels.pop(batch, None)
            self._last = None
            shutil.rmtree(self._place(batch), ignore_errors=True)

    def _busy(self, batch: str) -> bool:
        job = self._jobs.get(batch)
        return job is not None and not job.ended.is_set()

    def _place(self, batch: str) -> Path:
        return self._desk.manager.folder / batch / "evaluation"

    def _work(self, job: Job, batch: str) -> None:
        try:
            info = self._finished(batch)
            with self._lock:  # until here it may be changed
                wish, job.state = self.wish(batch), "measuring"
            if wish and info.progress.state == "finished":
                self._make(job, info, wish)
        except ForensicsError as error:
            job.problem = sentence_of(error)
        except Exception as error:
            logger.exception("an evaluation failed")
            job.problem = f"Something went wrong inside this program ({type(error).__name__}); the scores of the batch are not affected."
        finally:
            job.ended.set()

    def _make(self, job: Job, info: BatchInfo, wish: Wish) -> None:
        made_of = _made_of(info, wish)
        chosen_on = self._validation(job, info, wish)
        job.state = "measuring"
        evaluation = self._measured(info, wish, chosen_on)
        self._last = (info.id, made_of, evaluation)
        _keep(self._place(info.id) / MADE, {"of": made_of, "record": evaluation.record})

    def _finished(self, batch: str) -> BatchInfo:
        with contextlib.suppress(Exception):  # nobody runs it here, or its error was told on its own page
            self._desk.manager.wait(batch)
        return self._desk.manager.get(batch)

    def _again(self, info: BatchInfo, wish: Wish) -> Evaluation:
        made_of = _made_of(info, wish)
        if self._last and self._last[:2] == (info.id, made_of):
            return self._last[2]
        evaluation = self._measured(info, wish, self._validation(Job(), info, wish))
        self._last = (info.id, made_of, evaluation)
        return evaluation

    def _validation(self, job: Job, info: BatchInfo, wish: Wish) -> ScoredFolder | None:
        """The scores of the folder on which the line is chosen: a batch of its own, listed and resumed like any other."""
        if wish.line != "chosen":
            return None
        if info.plan["folder"] == wish.folder:
            return self._scores(info)
        asked = {choice["detector"]: choice["asked"] for choice in info.plan["detectors"]}
        own = by_signature(info.plan.get("own_reals"), self._desk.settings.data_dir)
        job.validation = self._desk.manager.start(Path(wish.folder), list(asked), info.plan["input_rule"], asked, reference_set=own)
        job.state = "validation"
        ended = self._finished(job.validation)
        if ended.progress.state != "finished":
            raise ForensicsError(f"The validation folder {Path(wish.folder).name!r} was not scored to its end. {ended.progress.reason}".strip())
        return self._scores(ended)

    def _scores(self, info: BatchInfo) -> ScoredFolder:
        from forensics_ui.evaluation.scoring import read_scores

        journal = self._desk.manager.folder / info.id / "journal.sqlite"
        return read_scores(self._desk.bench.get(), journal, Plan.from_dict(info.plan))

    def _measured(self, info: BatchInfo, wish: Wish, chosen_on: ScoredFolder | None) -> Evaluation:
        from forensics_ui.evaluation.evaluate import assess

        return assess(_request(info, wish), self._scores(info), chosen_on)


def _request(info: BatchInfo, wish: Wish) -> Request:
    """The same request as the `evaluate` command makes for this folder."""
    from forensics_ui.evaluation.evaluate import Request
    from forensics_ui.evaluation.presets import preset_called

    if not info.plan["folder"]:
        raise ForensicsError("Files that were picked one by one have no labelled folders.")
    choices = info.plan["detectors"]
    return Request(
        folder=Path(info.plan["folder"]),
        rules={choice["detector"]: info.plan["input_rule"] for choice in choices},
        journals=Path(),
        weights=choices[0]["asked"] if len(choices) == 1 else None,
        preset=preset_called(wish.preset) if wish.preset else None,
        threshold="oracle" if wish.line == "oracle" else wish.value,
        choose_on=Path(wish.folder) if wish.line == "chosen" else None,
    )


def _made_of(info: BatchInfo, wish: Wish) -> Fields:
    """What must be the same for a record to be up to date."""
    return {"ended": info.ended, "settled": info.progress.settled, "asked": asdict(wish)}


def _keep(path: Path, fields: Fields) -> None:
    with atomic(path) as stream:
        stream.write(json.dumps(fields, ensure_ascii=True).encode())


def _kept(path: Path) -> Fields | None:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
