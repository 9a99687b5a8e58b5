"""Score every picture of a folder once, and keep what evaluation needs: logits, reasons where there is none, and file facts.

The work is done by the batch engine, into a journal: a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from forensics_ui.batch import BatchRun, Plan, Progress, Source, make_plan
from forensics_ui.batch.rows import Rows
from forensics_ui.batch.scan import NOT_FOLLOWED, Found, Skipped, scan
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.evaluation.confounds import file_facts
from forensics_ui.evaluation.folders import label_of
from forensics_ui.imaging import sniff
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.manifest import card_of
from forensics_ui.workbench import Workbench

Tell = Callable[[Progress], None]


@dataclass
class ScoredFile:
    """One picture: a logit or a reason for each detector, or an error for all."""

    path: str
    sha256: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    logits: dict[str, float] = field(default_factory=dict)
    # What the app says of it: the words of the verdict, wherever there is one.
    bands: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    # Why it could not be opened or scored; a detector that is not applicable is no error.
    error: str | None = None
    error_code: str | None = None


@dataclass
class ScoredFolder:
    """All pictures of a folder by path, what was skipped and why, and what made the scores of each detector."""

    pictures: dict[str, ScoredFile] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)  # of what was skipped: what leads elsewhere
    made_by: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    own_reals: dict[str, set[str]] = field(default_factory=dict)  # the sets of own photographs that verdicts were judged by
    journals: list[tuple[Path, Plan]] = field(default_factory=list)


def score_folder(
    workbench: Workbench,
    folder: Path,
    rules: Mapping[str, InputRule],
    weights: str | None,
    journals: Path,
    tell: Tell | None = None,
    reference_set: ReferenceSet | None = None,
) -> ScoredFolder:
    """Score all pictures of a folder with each detector under its rule, one journal for each rule."""
    source = Source.of(folder)
    _check_labels(source, journals)
    by_rule: dict[InputRule, list[str]] = defaultdict(list)
    for detector, rule in rules.items():
        by_rule[rule].append(detector)
    scored = ScoredFolder()
    for rule, detectors in by_rule.items():
        plan = make_plan(workbench, source, detectors, rule, {detectors[0]: weights} if weights else None, reference_set)
        run = BatchRun(workbench, plan, journals / f"{plan.identity()}.journal", tell, exclude=(journals,))
        ended = run.run()
        if ended.state != "finished":
            raise ForensicsError(ended.reason or "The run was stopped; start it again to go on.")
        _read(scored, workbench, run.journal_path, plan)
    return scored


def read_scores(workbench: Workbench, journal: Path, plan: Plan) -> ScoredFolder:
    """What a batch that is finished knows: the same as scoring its folder again, without scoring."""
    scored = ScoredFolder()
    _read(scored, workbench, journal, plan)
    return scored


def _check_labels(source: Source, journals: Path) -> None:
    """Before anything is scored: a labelled picture is there, or it is said what stands in the way."""
    links = 0
    for each in scan(source, exclude=(journals,)):
        if source.folder and isinstance(each, Found) and label_of(each.path):
            return
        if isinstance(each, Skipped):
            links += each.leads_elsewhere
    where = (source.folder or source.files[0]).name
    behind = f" Links are not followed, and there are {links} of them: name the folder that they lead to." if links else ""
    raise ForensicsError(f"There are no pictures under 0_real or 1_fake (or real or fake) in {where!r}.{behind}")


def _read(scored: ScoredFolder, workbench: Workbench, journal: Path, plan: Plan) -> None:
    scored.journals.append((journal, plan))
    _note_makers(scored, workbench, plan)
    rows = Rows(journal)
    for row in rows.each():
        _add(scored, row, plan)
    for each in rows.skipped():
        _skip(scored, each["path"], each["reason"], each.get("code", ""))


def _note_makers(scored: ScoredFolder, workbench: Workbench, plan: Plan) -> None:
    for choice in plan.choices:
        made_by = asdict(choice)
        scored.made_by[choice.detector] = {name: made_by[name] for name in ("weights", "weights_sha256", "device", "precision")} | {
            "input_rule": plan.rule
        }
        scored.cards[choice.detector] = card_of(choice.weights, choice.weights_sha256, choice.detector, workbench.settings.weights_dir, choice.asked)


def _add(scored: ScoredFolder, row: Mapping[str, Any], plan: Plan) -> None:
    file = scored.pictures.setdefault(row["path"], ScoredFile(row["path"], row["sha256"]))
    if row["error"]:
        file.error, file.error_code = row["error"], row["error_code"]
        return
    file.facts = file_facts(row["format"], row["width"], row["height"], row["bytes"], row["facts"])
    for choice in plan.choices:
        record = row["scores"].get(choice.detector, {})
        logit = record.get("logit")
        if logit is not None and math.isfinite(logit):
            file.logits[choice.detector] = logit
            _note_verdict(scored, file, choice.detector, record)
        else:
            file.reasons[choice.detector] = _reason(record, logit)
            if record.get("error"):
                file.error, file.error_code = record["error"], record.get("error_code")
            elif logit is None:  # not applicable is a verdict too
                _note_verdict(scored, file, choice.detector, record)


def _note_verdict(scored: ScoredFolder, file: ScoredFile, detector: str, record: Mapping[str, Any]) -> None:
    if record.get("verdict"):
        file.bands[detector] = record["verdict"]
    if record.get("own_reals"):
        scored.own_reals.setdefault(detector, set()).add(record["own_reals"])


def _reason(record: Mapping[str, Any], logit: float | None) -> str:
    if logit is not None:
        return "the score is not a finite number"
    return record.get("error") or "; ".join(record.get("reasons") or ["it was not scored"])


def _skip(scored: ScoredFolder, path: str, reason: str, code: str) -> None:
    """A file that is named like a picture and stands under a label was meant to count: its loss is a failure."""
    if code in NOT_FOLLOWED:
        scored.links.add(path)
    if label_of(path) and sniff.declared_type(path) and code != "skipped_hidden":
        scored.pictures.setdefault(path, ScoredFile(path, error=reason, error_code="skipped"))
    else:
        scored.skipped[path] = reason
