"""What the detector saw: which pixels each detector looks at under each input rule, and what is done to them first."""

from __future__ import annotations

from typing import Any

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import Reason, all_of, because, fact
from forensics_ui.core.types import INPUT_RULES, InputRule, Seen
from forensics_ui.detectors import DETECTORS
from forensics_ui.views.base import VIEWS, Mark, Option, Rendering, Subject, Table, View
from forensics_ui.views.common import original, rounded, seen_numbers, title_of


@VIEWS.register("seen")
class WhatWasSeen(View):
    """Crops, squashes and trimmed rows, drawn on the picture."""

    name = "seen"
    title = "What the detector saw"
    shows = "The part of the picture that each detector looks at under each input rule, and whether it was resampled, cut or given borders before the network saw it."
    misleads = "A score speaks of the part that was looked at and of nothing else: a crop can miss the only generated part of a picture, and a squash writes traces of its own into all of it."
    options = (Option("rule", "Input rule", "all", choices=("all", *INPUT_RULES)),)
    order = 60

    def render(self, subject: Subject, **options: Any) -> Rendering:
        chosen = self.parse(options)
        picture = subject.picture
        rows: list[tuple[Any, ...]] = []
        numbers: dict[str, dict[str, Any]] = {}
        sentences: list[Reason] = []
        reasons: list[Reason] = []
        marks, boxes = [], []
        for name in subject.detectors() or DETECTORS.names():
            for rule in DETECTORS.get(name).spec.rules:
                if chosen["rule"] not in ("all", rule):
                    continue
                seen = _prepared(name, picture.rgb, rule)
                if isinstance(seen, Reason):
                    numbers.setdefault(name, {})[rule] = {"not_applicable": seen}
                    reasons += [seen] if seen not in reasons else []
                    rows.append((title_of(name), rule, "nothing", 0.0, "", seen))
                    sentences.append(fact("of_detector", title=f"{title_of(name)}, {rule}", why=seen))
                    continue
                numbers.setdefault(name, {})[rule] = {**seen_numbers(seen), "share": rounded(_share(seen, picture))}
                rows.append(
                    (
                        title_of(name),
                        rule,
                        _place(seen),
                        rounded(100 * _share(seen, picture), 2),
                        _size(seen),
                        all_of(seen.notes) if seen.notes else "as it is",
                    )
                )
                marks.append(Mark(seen.box, f"{title_of(name)}, {rule}", "seen"))
                boxes.append(seen.box)
                sentences.append(fact("looks_at", title=title_of(name), rule=rule, share=_share(seen, picture), parts=list(seen.notes)))
        if not marks:
            raise NotApplicable(all_of(reasons) if reasons else because("no_detector"))
        table = Table(
            "By detector and input rule",
            ("detector", "input rule", "part", "share in %", "network input", "what was done"),
            tuple(rows),
            tuple(boxes) if len(boxes) == len(rows) else (),
        )
        return Rendering(panes=(original(subject),), numbers={"detectors": numbers}, sentences=tuple(sentences), marks=tuple(marks), tables=(table,))


def _prepared(detector: str, rgb: Any, rule: InputRule) -> Seen | Reason:
    """What the detector looks at, or why at nothing."""
    try:
        return DETECTORS.get(detector).prepare(rgb, rule).seen
    except NotApplicable as reason:
        return reason.why


def _share(seen: Seen, picture: Any) -> float:
    return seen.share_of(picture.width, picture.height)


def _place(seen: Seen) -> str:
    return f"{seen.box.width} x {seen.box.height} at {seen.box.left}, {seen.box.top}"


def _size(seen: Seen) -> str:
    return f"{seen.input_size[0]} x {seen.input_size[1]}"
