"""The joined answer over what is known by now: the whole picture where that is weighed, the centre crop until then."""

from __future__ import annotations

from forensics_ui.ui.desk import Job, Line
from forensics_ui.ui.warm import Bench

ON_THE_WAY = ("waiting", "running")


def join(bench: Bench, job: Job) -> None:
    """Bring the job's joined answer up to date; nothing but a sum is computed."""
    crop, native = (_joined(bench, job, rule) for rule in ("crop", "native"))
    whole = [line for line in job.lines if line.rule == "native"]
    waiting = any(line.state in ON_THE_WAY for line in whole)
    weighed = bool(native and native["probability"] is not None)
    job.joined = native if native and (weighed or not crop) and not (waiting and crop) else crop or native


def _joined(bench: Bench, job: Job, rule: str) -> dict | None:
    there = [line.scored for line in job.lines if line.rule == rule and line.scored]
    if job.picture is None or len(there) < 2:
        return None
    joined = bench.get().joined(job.picture, there, job.reference_set)
    return joined.as_dict() if joined else None


def first_look(lines: list[Line]) -> bool:
    """Whether scores that the joined answer may still change by are on their way."""
    return any(line.state in ON_THE_WAY for line in lines)
