"""The picture as views see it: its pixels, and the detectors of the workbench to ask about it."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from forensics_ui.core.errors import Cancelled, NotApplicable
from forensics_ui.core.reasons import all_of
from forensics_ui.core.types import Analysis, InputRule, Picture
from forensics_ui.verdict.conditions import condition_of
from forensics_ui.verdict.growth import offset_at, side_of
from forensics_ui.verdict.judge import Judge
from forensics_ui.verdict.limits import Limits
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.card import Card
from forensics_ui.workbench.workbench import Progress, Workbench

LOOK = 0.1  # seconds between two looks whether the work is still wanted
# Scores: the tiles of a 100-megapixel picture and every change of the stability view. A rebuilt picture has up to 360 MB.
KEPT = {"score": 4096, "network": 2, "inverted": 1}
QUEUE_SECONDS = 60.0


class Memory:
    """What outlives one subject: scores of changed pixels, plain networks and rebuilt pictures, the longest unused dropped first."""

    def __init__(self) -> None:
        self._kept: dict[str, OrderedDict[tuple[str, ...], Any]] = {kind: OrderedDict() for kind in KEPT}
        self._lock = threading.Lock()

    def recall(self, kind: str, key: tuple[str, ...], make: Callable[[], Any]) -> Any:
        """What is kept under the key, or made now; two threads may make it twice, which harms nobody."""
        kept = self._kept[kind]
        with self._lock:
            if key in kept:
                kept.move_to_end(key)
                return kept[key]
        made = make()
        with self._lock:
            kept[key] = made
            while len(kept) > KEPT[kind]:
                kept.popitem(last=False)
        return made


# One memory per workbench, gone with it: a new subject is made for every change of a slider.
_MEMORIES: WeakKeyDictionary[Workbench, Memory] = WeakKeyDictionary()


class PictureSubject:
    """What a view may ask about one picture; implements `views.base.Subject` over a workbench.

    `weights` names other weights per detector; `detectors` limits those that are asked; `reference_set` are the user's own
    photographs that limits go by;
    `on_progress` hears of (done, total) and stops the work by raising Cancelled.
    """

    def __init__(
        self,
        workbench: Workbench,
        picture: Picture,
        second: Picture | None = None,
        *,
        rule: InputRule = "native",
        weights: Mapping[str, str] | None = None,
        detectors: Sequence[str] | None = None,
        on_progress: Progress | None = None,
        reference_set: ReferenceSet | None = None,
    ) -> None:
        self.picture, self.second, self.rule = picture, second, rule
        self.on_progress, self._reference_set = on_progress, reference_set
        self._workbench, self._weights, self._chosen = workbench, dict(weights or {}), detectors
        self._memory = _MEMORIES.setdefault(workbench, Memory())
        self._told: tuple[int, int] | None = None

    def detectors(self) -> list[str]:
        """Names of the detectors that can be used, of those that were chosen."""
        usable = [one.detector for one in self._workbench.availability() if one.usable or one.detector in self._weights]
        return [name for name in usable if self._chosen is None or name in self._chosen]

    def analysis(self, detector: str, rule: InputRule | None = None) -> Analysis:
        """The analysis of the picture; the workbench remembers it."""
        ticket = self._workbench.submit(self.picture, detector, rule=rule or self.rule, weights=self._weights.get(detector))
        scored = self._wait(ticket)
        if scored.analysis is None:
            raise NotApplicable(all_of(scored.record.codes))
        return scored.analysis

    def logit_of(self, rgb: np.ndarray, detector: str, rule: InputRule | None = None) -> float:
        """The score of other pixels; the same pixels are scored once."""
        rule = rule or self.rule
        digest = hashlib.blake2b(np.ascontiguousarray(rgb).data, digest_size=16).hexdigest()
        weights = self._weights.get(detector)

        def score() -> float:
            submit = self._workbench.service.submit
            return self._wait(submit(rgb, detector, rule=rule, weights=weights, wait=QUEUE_SECONDS, evidence=False)).logit

        return self._memory.recall("score", (digest, str(rgb.shape), detector, rule, self._weights_name(detector)), score)

    def threshold(self, detector: str, rule: InputRule | None = None) -> float | None:
        """The logit from which on the picture's verdict speaks of some evidence, under this rule."""
        limits = self._limits(detector, rule)
        if limits is None:
            return None
        # Of a whole picture: larger ones score higher, and so does what they are held against.
        side = side_of((self.picture.width, self.picture.height))
        return limits.some + (offset_at(limits.growth, side) if (rule or self.rule) == "native" else 0.0)

    def threshold_origin(self, detector: str, rule: InputRule | None = None) -> str:
        """Whose limit that is."""
        limits = self._limits(detector, rule)
        return limits.origin if limits else ""

    def _limits(self, detector: str, rule: InputRule | None) -> Limits | None:
        return self._judge(detector).limits(rule or self.rule, condition_of(self.picture))

    def inverted(self) -> np.ndarray:
        """The picture rebuilt by the built-in inverter."""
        inverter = self._workbench.inverter
        key = (self.picture.sha256, str(self.picture.complete), inverter.entry().sha256 or "")
        return self._memory.recall("inverted", key, lambda: inverter(self.picture.rgb, self.progress))

    def plain_network(self, detector: str) -> Any:
        """The network of the same weights as its paper draws it, in fp32 on the CPU."""
        from forensics_ui.service.installed import load_installed
        from forensics_ui.views.plain import recipe_of

        recipe, name = recipe_of(detector), self._weights_name(detector)
        return self._memory.recall(
            "network", (detector, name), lambda: recipe.build(load_installed(name, detector, self._workbench.settings.weights_dir).state)
        )

    def _weights_name(self, detector: str) -> str:
        from forensics_ui.service.installed import default_installed

        return self._weights.get(detector) or default_installed(detector, self._workbench.settings.weights_dir)

    def progress(self, done: int, total: int) -> None:
        """Tell how far a view is; raises Cancelled when nobody wants it any more."""
        self._told = (done, total)
        if self.on_progress is not None:
            self.on_progress(done, total)

    def _judge(self, detector: str) -> Judge:
        """Who judges scores of the weights in use: any analysis says which they are."""
        for rule in (self.rule, "paper"):
            try:
                return self._workbench.judge_of(self.analysis(detector, rule), self._weights.get(detector), self._reference_set)
            except NotApplicable:
                continue
        return Judge(Card.unknown(detector, ""))

    def _wait(self, ticket: Any) -> Any:
        """The result of a ticket. While waiting, ask whether it is still wanted."""
        while True:
            try:
                return ticket.result(LOOK)
            except TimeoutError:
                pass
            try:
                if self.on_progress is not None:
                    # A view that reports its own progress is not interrupted by that of its parts.
                    self.on_progress(*(self._told or ticket.progress))
            except Cancelled:
                ticket.cancel()
                raise
