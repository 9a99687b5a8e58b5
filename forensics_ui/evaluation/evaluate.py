"""From a labelled folder to the record of an evaluation: JSON-ready, with everything that was counted, left out or assumed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from forensics_ui import __version__
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule
from forensics_ui.evaluation import thresholds
from forensics_ui.evaluation.confounds import confounds
from forensics_ui.evaluation.folders import FAKE, Group, Labelled, by_depth, groups_of, label_of
from forensics_ui.evaluation.metrics import RESAMPLES
from forensics_ui.evaluation.presets import Preset
from forensics_ui.evaluation.rows import detector_rows, rounded
from forensics_ui.evaluation.scoring import ScoredFolder, Tell, score_folder
from forensics_ui.evaluation.thresholds import Threshold
from forensics_ui.evaluation.warnings import doubtful
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.words.evaluation import line_of
from forensics_ui.workbench import Workbench

SCHEMA = "forensics_ui evaluation 1"
# Per generator the facts are looked at more briefly: there are many generators.
BRIEFLY = 200


@dataclass(frozen=True)
class Request:
    """What to evaluate, and how. `threshold` None: the weights' card, or 0 as in the papers, which presets always use."""

    folder: Path
    rules: Mapping[str, InputRule]
    journals: Path
    weights: str | None = None
    preset: Preset | None = None
    depth: int | None = None
    threshold: float | Literal["oracle"] | None = None
    choose_on: Path | None = None
    resamples: int = RESAMPLES
    seed: int = 0
    reference_set: ReferenceSet | None = None  # own photographs that verdicts go by

    @property
    def by_card(self) -> bool:
        """Whether nobody drew another line than the card of the weights; what the app's own verdicts are is only then told beside it."""
        return self.threshold is None and self.choose_on is None and self.preset is None


@dataclass(frozen=True)
class Evaluation:
    """The record, the scores of the single files that it was made of, and what was asked."""

    record: dict[str, Any]
    scored: ScoredFolder
    request: Request


def evaluate(workbench: Workbench, request: Request, tell: Tell | None = None) -> Evaluation:
    """Score, group, measure. Files that could not be scored are listed and change nothing for the others."""
    scored = score_folder(workbench, request.folder, request.rules, request.weights, request.journals, tell, request.reference_set)
    return assess(request, scored, _choose_on(workbench, request, tell))


def assess(request: Request, scored: ScoredFolder, chosen_on: ScoredFolder | None = None) -> Evaluation:
    """Group and measure what was scored; `chosen_on` are the scores of `request.choose_on`."""
    labelled = {path: label for path in scored.pictures if (label := label_of(path))}
    if request.preset:
        request.preset.check_places(labelled.values())
    groups = groups_of(labelled.values(), request.preset.name_of() if request.preset else by_depth(request.depth, request.folder.name))
    if not groups:
        raise ForensicsError(
            f"None of the sub-folders of the preset {request.preset.name!r} was found." if request.preset else "Nothing is labelled."
        )
    groups = _in_printed_order(groups, request.preset)
    lines = {detector: _threshold(detector, request, scored, chosen_on) for detector in request.rules}
    record: dict[str, Any] = {
        "schema": SCHEMA,
        "version": __version__,
        "folder": request.folder.name,
        "preset": _preset_record(request.preset, groups),
        "resamples": request.resamples,
        "seed": request.seed,
        "files": _counts(scored, labelled, groups),
        "detectors": [detector_rows(name, line, scored, groups, request) for name, line in lines.items()],
        "confounds": _confounds(scored, labelled, groups, request),
        "failed": [{"path": f.path, "reason": f.error, "code": f.error_code} for f in scored.pictures.values() if f.error and f.path in labelled],
        "skipped": [{"path": path, "reason": reason} for path, reason in sorted(scored.skipped.items())],
        "unlabelled": [path for path in scored.pictures if path not in labelled],
    }
    warnings = doubtful(record, scored, labelled, chosen_on)
    record |= {"warnings": [line_of(each) for each in warnings], "warning_codes": [each.as_dict() for each in warnings]}
    return Evaluation(rounded(record), scored, request)


def _choose_on(workbench: Workbench, request: Request, tell: Tell | None) -> ScoredFolder | None:
    if request.choose_on is None:
        return None
    return score_folder(workbench, request.choose_on, request.rules, request.weights, request.journals, tell, request.reference_set)


def _threshold(detector: str, request: Request, scored: ScoredFolder, chosen_on: ScoredFolder | None) -> Threshold:
    if chosen_on is not None and request.choose_on is not None:
        scores: tuple[list[float], list[float]] = ([], [])
        for path, file in chosen_on.pictures.items():
            if (label := label_of(path)) and detector in file.logits:
                scores[label.label].append(file.logits[detector])
        return thresholds.chosen(*scores, request.choose_on.name)
    if request.threshold == "oracle":
        return thresholds.oracle()
    if request.threshold is not None:
        return thresholds.given(request.threshold)
    if request.preset:
        return thresholds.papers("the papers' test code, as for the published figures")
    return thresholds.of_card(scored.cards[detector], request.rules[detector], scored.made_by[detector]["weights"])


def _in_printed_order(groups: list[Group], preset: Preset | None) -> list[Group]:
    return sorted(groups, key=lambda group: preset.folders.index(group.name)) if preset else groups


def _preset_record(preset: Preset | None, groups: Sequence[Group]) -> dict[str, Any] | None:
    if preset is None:
        return None
    missing = [name for name in preset.folders if name not in {group.name for group in groups}]
    return {"name": preset.name, "title": preset.title, "table": preset.table, "rule": preset.rule, "missing": missing}


def _counts(scored: ScoredFolder, labelled: Mapping[str, Labelled], groups: Sequence[Group]) -> dict[str, int]:
    used = {path for group in groups for path in (*group.real, *group.fake)}
    contents = {scored.pictures[path].sha256 for path in used if scored.pictures[path].sha256}
    return {
        "real": sum(label.label != FAKE for path, label in labelled.items() if path in used),
        "fake": sum(label.label == FAKE for path, label in labelled.items() if path in used),
        "contents": len(contents),
        "failed": sum(bool(scored.pictures[path].error) for path in labelled),
        "unlabelled": len(scored.pictures) - len(labelled),
        "outside_the_preset": len(labelled) - len(used),
        "skipped": len(scored.skipped),
    }


def _confounds(scored: ScoredFolder, labelled: Mapping[str, Labelled], groups: Sequence[Group], request: Request) -> dict[str, Any]:
    def look(paths: Sequence[str], resamples: int) -> dict[str, Any]:
        known = [path for path in paths if scored.pictures[path].facts]
        facts, labels = [scored.pictures[path].facts for path in known], [labelled[path].label for path in known]
        return confounds(facts, labels, resamples=resamples, seed=request.seed)

    used = sorted({path for group in groups for path in (*group.real, *group.fake)})
    found = look(used, RESAMPLES)
    apart = {group.name: look((*group.real, *group.fake), BRIEFLY) for group in groups} if len(groups) > 1 else {}
    return {**found, "generators": {name: {"alarm": each["alarm"], "facts": each["facts"]} for name, each in apart.items()}}
