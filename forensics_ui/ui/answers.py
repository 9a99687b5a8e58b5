"""The answer in words: one headline, then one card per detector with its verdict, its grounds, its doubts and its scores."""

from __future__ import annotations

from typing import Any

from forensics_ui.core.types import INPUT_RULES
from forensics_ui.ui.desk import Job, Line
from forensics_ui.ui.file_says import file_says
from forensics_ui.ui.lead import joined_answer, scale
from forensics_ui.ui.looking import Moment
from forensics_ui.ui.text import escape, items, prose, seconds, sentence, signed
from forensics_ui.ui.words import RULES, STEPS, TONES, headline, percent, weights_line
from forensics_ui.words import cause_of, doubts_of, sentence_of

WAITING = "Looking…"


def answers(moment: Moment) -> str:
    """Everything left of the picture; the same skeleton at every moment, so that nothing moves when words arrive."""
    if moment.problem is not None:
        return refused(moment)
    if moment.job.picture is not None and moment.job.picture.complete < 1:
        return _partial(moment.job)
    cards = "".join(card(one, moment) for one in moment.detectors if one["usable"])
    if not moment.detectors:
        cards = '<section class="card waiting" aria-hidden="true"></section>'
    return f'<div class="answers">{_lead(moment)}{cards}{unusable(moment.detectors)}</div>'


def _lead(moment: Moment) -> str:
    titles = {one["name"]: one["title"] for one in moment.detectors}
    bands = {titles[name]: line.record["verdict"] for name in titles if (line := deciding(moment.job.lines, name)) and line.record}
    usable = [one for one in moment.detectors if one["usable"]]
    if moment.detectors and not usable:
        words = "No detector has its weights on this machine, so there is no answer; the facts of the file are shown."
    else:
        words = headline(bands) or ("Stopped before there was an answer." if moment.stage == "done" else WAITING)
    note = "" if moment.stage == "done" or not bands else "First look; the rest is still being computed."
    said = file_says(moment.job.picture)
    apart = '<p class="pixels-say">The pixels say</p>' if said and bands else ""
    answer = joined_answer(moment.job.joined, bands) if moment.job.joined else f"<h2>{escape(words)}</h2>"
    return f'<header class="lead">{apart}{answer}<p class="note">{note or "&nbsp;"}</p>{said}</header>'


def deciding(lines: list[Line], detector: str) -> Line | None:
    """The line that the verdict goes by: the whole picture where it is there, the centre crop until then, the papers' rule never.

    Where nobody measured what the score of so large a picture is worth, the centre crop is what can be answered for.
    """
    mine = {line.rule: line for line in lines if line.detector == detector and line.record}
    native, crop = mine.get("native"), mine.get("crop")
    if native and crop and _weighed(crop) and not _weighed(native):
        return crop
    return native or crop


def _weighed(line: Line) -> bool:
    return (line.record or {}).get("probability") is not None


def card(one: dict[str, Any], moment: Moment) -> str:
    """One detector."""
    lines = [line for line in moment.job.lines if line.detector == one["name"]]
    line = deciding(lines, one["name"])
    record = line.record if line else None
    badge = (
        '<span class="badge" title="Trained briefly on few pictures; to be replaced.">preliminary weights</span>' if one.get("preliminary") else ""
    )
    return (
        f'<section class="card" id="card-{escape(one["name"])}" aria-label="{escape(one["title"])}">'
        f'<header><h3>{escape(one["title"])}</h3>{badge}</header><p class="looks">{escape(one["looks_at"])}</p>'
        f"{_verdict(record, lines)}{_trust(record, one, lines)}{_scores(lines)}</section>"
    )


def _verdict(record: dict[str, Any] | None, lines: list[Line]) -> str:
    if record is None:
        problems = [line.problem for line in lines if line.problem]
        words = problems[0] if problems else "Stopped." if lines and all(line.state == "stopped" for line in lines) else WAITING
        return f'<div class="verdict tone-none"><p class="band">{escape(words)}</p>{scale(0)}<p class="because">&nbsp;</p></div>'
    band = record["verdict"]
    part = " <small>(centre crop only)</small>" if record["input_rule"] == "crop" else ""
    because = sentence(cause_of(record))
    return (
        f'<div class="verdict tone-{TONES[band]}"><p class="band">{escape(band[0].upper() + band[1:])}{part}</p>'
        f'{scale(STEPS.get(band, 0))}<p class="because">{escape(because)}</p></div>'
    )


def _trust(record: dict[str, Any] | None, one: dict[str, Any], lines: list[Line]) -> str:
    doubts = [*_passed_over(record, lines), *(doubts_of(record) if record else []), one["limits"]]
    return f'<div class="trust"><h4>How far to trust this</h4>{items(doubts)}</div>'


def _passed_over(record: dict[str, Any] | None, lines: list[Line]) -> list[str]:
    """Why the verdict does not go by the whole picture although that was read."""
    whole = next((line.record for line in lines if line.rule == "native" and line.record and line.record.get("reasons")), None)
    if not record or not whole or record["input_rule"] != "crop":
        return []
    return [f"this goes by the 256 × 256 pixels in the middle, not by the whole picture: {cause_of(whole)}"]


def _scores(lines: list[Line]) -> str:
    order = {rule: place for place, rule in enumerate(INPUT_RULES)}
    rows = "".join(_row(line) for line in sorted(lines, key=lambda line: order[line.rule]))
    first = next((line.record for line in lines if line.record and line.record.get("weights")), None)
    made_by = escape(weights_line(first)) if first else "&nbsp;"
    head = "<tr><th scope=col>What was read</th><th scope=col>Logit</th><th scope=col>Probability</th><th scope=col>Time</th></tr>"
    return f'<table class="scores"><thead>{head}</thead><tbody>{rows}</tbody></table><p class="made-by">{made_by}</p>'


def _row(line: Line) -> str:
    title, explanation = RULES[line.rule]
    hint = f"hint-{line.detector}-{line.rule}"
    name = (
        f'<button type="button" class="hint" popovertarget="{hint}" title="{escape(explanation)}">{title}</button>'
        f'<div popover id="{hint}" class="hint-text">{escape(explanation)}</div>'
    )
    return f"<tr><th scope=row>{name}</th>{_cells(line)}</tr>"


def _cells(line: Line) -> str:
    record = line.record
    if record is None:
        words = line.problem or {"waiting": "waiting", "running": "reading", "stopped": "stopped"}.get(line.state, line.state)
        return f'<td colspan=3 class="pending">{escape(words)}{_share(line)}</td>'
    if record.get("logit") is None:
        return f"<td colspan=3>{escape(record['verdict'])}</td>"
    probability = record.get("probability")
    chance = escape(percent(probability)) if probability is not None else '<span class="quiet">not calibrated</span>'
    return f'<td class="number">{signed(record["logit"])}</td><td>{chance}</td><td>{seconds(record["seconds"])}</td>'


def _share(line: Line) -> str:
    done, total = line.progress
    return f" {done * 100 // total} %" if line.state == "running" and total > 1 else ""


def unusable(detectors: list[dict[str, Any]]) -> str:
    """Detectors without weights: what to do, one line each."""
    missing = [one for one in detectors if not one["usable"]]
    if not missing:
        return ""
    rows = "".join(f"<li><b>{escape(one['title'])}</b> {prose(one['sentence'])}</li>" for one in missing)
    return f'<section class="missing"><h4>Not used: weights are not on this machine</h4><ul>{rows}</ul></section>'


def refused(moment: Moment) -> str:
    """A file that could not be opened: one sentence, and what can be done."""
    truncated = moment.problem is not None and moment.problem.code == "truncated"
    more = "<p>You can open what is there. A partial picture gets no verdict.</p>" if truncated else "<p>Nothing was scored. Choose another file.</p>"
    message = sentence_of(moment.problem) if moment.problem else ""
    return (
        f'<div class="answers"><header class="lead problem" role="alert"><h2>This file could not be opened.</h2>'
        f'<p class="message">{prose(sentence(message))}</p><p class="file-name">{escape(moment.job.name)}</p>{more}</header></div>'
    )


def _partial(job: Job) -> str:
    share = f"{job.picture.complete:.0%}" if job.picture else ""
    return (
        '<div class="answers"><header class="lead"><h2>Partial picture: no verdict.</h2>'
        f'<p class="note">The file ends early; about {share} of its rows could be read. No detector was asked, because what is missing would be made up.</p>'
        f"{file_says(job.picture)}</header></div>"
    )
