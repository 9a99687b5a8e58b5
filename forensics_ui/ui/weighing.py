"""The answers once more, after something that bears on them came to be known: a stability study, or other photographs to judge by."""

from __future__ import annotations

from forensics_ui.ui.desk import Job, Line
from forensics_ui.ui.detectors import describe
from forensics_ui.ui.looking import Moment
from forensics_ui.ui.warm import Bench
from forensics_ui.verdict.steadiness import alone, steadied


def weighed(bench: Bench, job: Job) -> Moment:
    """The end of a look, with every line judged anew from the scores that the workbench remembers."""
    for line in job.lines:
        if line.state == "done" and line.record:
            line.record = steadied(_judged_again(bench, job, line), job.studies)
    return Moment("done", job, describe(bench))


def _judged_again(bench: Bench, job: Job, line: Line) -> dict:
    """The record by the present cards and own photographs; the old one where the score is no longer remembered."""
    ticket = bench.get().submit(job.picture, line.detector, rule=line.rule)
    if ticket.done():
        return ticket.result().record.as_dict()
    ticket.cancel()
    return alone(line.record or {})
