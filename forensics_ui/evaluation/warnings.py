"""What a reader must know before believing the figures, in sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from forensics_ui.evaluation.confounds import WORDS
from forensics_ui.evaluation.folders import Labelled
from forensics_ui.evaluation.metrics import FEW
from forensics_ui.evaluation.scoring import ScoredFolder

NAMED = 5  # of a longer list


def doubtful(record: Mapping[str, Any], scored: ScoredFolder, labelled: Mapping[str, Labelled], chosen_on: ScoredFolder | None) -> list[str]:
    """All reasons for doubt, the weightiest first."""
    return [
        *_confounded(record["confounds"]),
        *_about_labels(scored, labelled),
        *_about_threshold(record, scored, chosen_on),
        *_about_numbers(record),
        *_about_reals(record),
        *_about_preset(record),
        *_about_links(scored),
    ]


def _confounded(found: Mapping[str, Any]) -> Iterator[str]:
    if found["alarm"]:
        yield found["sentence"]
    elif "Too few" in found["sentence"]:
        yield found["sentence"]
    apart = {name: each for name, each in found["generators"].items() if each["alarm"]}
    if apart:
        told = [f"{name}: {WORDS[each['alarm'][0]]} AUC {each['facts'][each['alarm'][0]]['auc']:.2f}" for name, each in apart.items()]
        yield f"WARNING: format, size or compression alone separates the labels of {_generators(len(apart))} ({_some(told)})."


def _about_labels(scored: ScoredFolder, labelled: Mapping[str, Labelled]) -> Iterator[str]:
    labels: dict[str, dict[int, str]] = defaultdict(dict)
    for path, label in labelled.items():
        if sha256 := scored.pictures[path].sha256:
            labels[sha256][label.label] = path
    both = [f"{paths[0]} = {paths[1]}" for paths in labels.values() if len(paths) == 2]
    if both:
        yield f"WARNING: {len(both)} pictures stand under both labels ({_some(both)}): one of the labels is wrong."


def _about_threshold(record: Mapping[str, Any], scored: ScoredFolder, chosen_on: ScoredFolder | None) -> Iterator[str]:
    if any(each["threshold"]["cheating"] for each in record["detectors"]):
        yield "WARNING: the thresholds are oracles, drawn with the test labels in hand. The accuracies are upper bounds, not results."
    if chosen_on is not None:
        tested = {file.sha256 for file in scored.pictures.values()} - {None}
        twice = sum(file.sha256 in tested for file in chosen_on.pictures.values())
        if twice:
            yield f"WARNING: {twice} pictures that the threshold was chosen on are also tested: the accuracies are too good."


def _about_numbers(record: Mapping[str, Any]) -> Iterator[str]:
    for detector in record["detectors"]:
        rows = detector["generators"]
        one_class = [row["name"] for row in rows if not row["n_real"] or not row["n_fake"]]
        if one_class:
            yield f"{detector['detector']}: only one class was scored in {_some(one_class)}: no A.P., AUC or found-at-alarms there."
        few = [row["name"] for row in rows if 0 < min(row["n_real"], row["n_fake"]) < FEW]
        if few:
            yield f"{detector['detector']}: fewer than {FEW} pictures of a class in {_some(few)}: the intervals there are too narrow."
        uneven = [row["name"] for row in rows if row["n_real"] and row["n_fake"] and not 0.5 <= row["n_real"] / row["n_fake"] <= 2]
        if uneven:
            yield (
                f"{detector['detector']}: one class is more than twice as large as the other in {_some(uneven)}: Acc. and A.P. depend on that share "
                "and cannot be compared with the papers, whose classes are equal; real acc., fake acc. and AUC can."
            )
        missing = sum(sum(reasons.values()) for row in rows for reasons in row["not_scored"].values())
        if missing:
            have = "picture has" if missing == 1 else "pictures have"
            of = " of the raw scores" if "by_verdict" in detector else ""
            yield f"{detector['detector']}: {missing} {have} no score and count in no figure{of}; the reasons stand in the record."


def _about_reals(record: Mapping[str, Any]) -> Iterator[str]:
    shared = [row["name"] for row in record["detectors"][0]["generators"] if row["reals_shared_by"] > 1]
    if shared:
        yield f"{len(shared)} generators are compared with the same reals ({_some(shared)}): their figures err together."


def _about_preset(record: Mapping[str, Any]) -> Iterator[str]:
    preset = record["preset"]
    if preset and preset["missing"]:
        yield f"Sub-folders of {preset['name']} that are not here: {', '.join(preset['missing'])}. The mean is over the others."
    for detector in record["detectors"]:
        if any(not each["same_input_rule"] for each in detector["published"]):
            yield f"{detector['detector']}: the published figures were made under another input rule than {detector['input_rule']!r}."


def _about_links(scored: ScoredFolder) -> Iterator[str]:
    if links := len(scored.links):
        yield f"Links are not followed: what {links} of them {'leads' if links == 1 else 'lead'} to was neither scored nor counted."


def _generators(count: int) -> str:
    return "one generator" if count == 1 else f"{count} generators"


def _some(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
