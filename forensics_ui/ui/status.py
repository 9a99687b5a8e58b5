"""The one line that says what is going on; read aloud by screen readers when it changes."""

from __future__ import annotations

from forensics_ui.ui.looking import Moment
from forensics_ui.ui.text import escape, join
from forensics_ui.ui.words import RULES


def status(moment: Moment | None) -> str:
    """Where things stand. The line is always there, so that nothing below it moves."""
    if moment is None:
        return _line("No picture yet.", "idle")
    name = escape(moment.job.name, 80)
    if moment.stage == "opening":
        return _line(f"Opening <b>{name}</b>", "busy")
    if moment.stage == "refused":
        return _line(f"<b>{name}</b> · not opened", "idle")
    if moment.stage == "done":
        stopped = any(line.state == "stopped" for line in moment.job.lines)
        return _line(f"<b>{name}</b> · {'stopped; what was finished is shown' if stopped else 'done'}", "idle")
    if not moment.detectors:
        return _line(f"<b>{name}</b> · starting the detectors", "busy")
    return _line(f"<b>{name}</b> · reading {escape(_going_on(moment))}", "busy")


def _going_on(moment: Moment) -> str:
    titles = {one["name"]: one["title"] for one in moment.detectors}
    open_lines = [line for line in moment.job.lines if line.state in ("waiting", "running")]
    rules = dict.fromkeys(line.rule for line in open_lines)
    names = dict.fromkeys(titles[line.detector] for line in open_lines)
    return f"the {join(RULES[rule][0].lower() for rule in rules)} with {join(names)}" if open_lines else "the last scores"


def _line(words: str, css: str) -> str:
    return f'<p class="status {css}" role="status">{words}</p>'
