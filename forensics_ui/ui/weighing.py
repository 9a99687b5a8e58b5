"""The answers once more, after something that bears on them came to be known: a stability study, or other photographs to judge by."""

from __future__ import annotations

from forensics_ui.ui.desk import Job
from forensics_ui.ui.joining import join
from forensics_ui.ui.warm import Bench


def judge_again(bench: Bench, job: Job) -> None:
    """Judge every line by the photographs that the page has chosen and all studies of the picture; nothing is computed."""
    from forensics_ui.verdict.steadiness import studies_of

    studies = studies_of(job.studies)
    for line in job.lines:
        if line.state == "done" and line.scored and job.picture:
            now = bench.get().judged_again(job.picture, line.scored, None, job.reference_set, studies)
            line.record, line.scored = now.record.as_dict(), now
    join(bench, job)
