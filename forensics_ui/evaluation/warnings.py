"""What a reader must know before believing the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from forensics_ui.core.reasons import Reason, doubt, fact
from forensics_ui.evaluation.folders import Labelled
from forensics_ui.evaluation.metrics import FEW
from forensics_ui.evaluation.scoring import ScoredFolder

NAMED = 5  # of a longer list


def doubtful(record: Mapping[str, Any], scored: ScoredFolder, labelled: Mapping[str, Labelled], chosen_on: ScoredFolder | None) -> list[Reason]:
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


def _confounded(found: Mapping[str, Any]) -> Iterator[Reason]:
    said = Reason.from_dict(found["reason"])
    if found["alarm"] or said.code == "too_few_files":
        yield said
    apart = {name: each for name, each in found["generators"].items() if each["alarm"]}
    if apart:
        told = [[name, each["alarm"][0], each["facts"][each["alarm"][0]]["auc"]] for name, each in apart.items()]
        yield doubt("facts_separate_generators", names=told[:NAMED], count=len(told))


def _about_labels(scored: ScoredFolder, labelled: Mapping[str, Labelled]) -> Iterator[Reason]:
    labels: dict[str, dict[int, str]] = defaultdict(dict)
    for path, label in labelled.items():
        if sha256 := scored.pictures[path].sha256:
            labels[sha256][label.label] = path
    both = [f"{paths[0]} = {paths[1]}" for paths in labels.values() if len(paths) == 2]
    if both:
        yield doubt("both_labels", names=both[:NAMED], count=len(both))


def _about_threshold(record: Mapping[str, Any], scored: ScoredFolder, chosen_on: ScoredFolder | None) -> Iterator[Reason]:
    if any(each["threshold"]["cheating"] for each in record["detectors"]):
        yield doubt("oracle_thresholds")
    if chosen_on is not None:
        tested = {file.sha256 for file in scored.pictures.values()} - {None}
        twice = sum(file.sha256 in tested for file in chosen_on.pictures.values())
        if twice:
            yield doubt("threshold_pictures_tested", count=twice)


def _about_numbers(record: Mapping[str, Any]) -> Iterator[Reason]:
    for detector in record["detectors"]:
        rows, name = detector["generators"], detector["detector"]
        one_class = [row["name"] for row in rows if not row["n_real"] or not row["n_fake"]]
        if one_class:
            yield fact("one_class_scored", detector=name, names=one_class[:NAMED], count=len(one_class))
        few = [row["name"] for row in rows if 0 < min(row["n_real"], row["n_fake"]) < FEW]
        if few:
            yield fact("few_of_a_class", detector=name, few=FEW, names=few[:NAMED], count=len(few))
        uneven = [row["name"] for row in rows if row["n_real"] and row["n_fake"] and not 0.5 <= row["n_real"] / row["n_fake"] <= 2]
        if uneven:
            yield fact("uneven_classes", detector=name, names=uneven[:NAMED], count=len(uneven))
        missing = sum(sum(reasons.values()) for row in rows for reasons in row["not_scored"].values())
        if missing:
            yield fact("without_score", detector=name, count=missing, raw="by_verdict" in detector)


def _about_reals(record: Mapping[str, Any]) -> Iterator[Reason]:
    shared = [row["name"] for row in record["detectors"][0]["generators"] if row["reals_shared_by"] > 1]
    if shared:
        yield fact("shared_reals", names=shared[:NAMED], count=len(shared))


def _about_preset(record: Mapping[str, Any]) -> Iterator[Reason]:
    preset = record["preset"]
    if preset and preset["missing"]:
        yield fact("preset_incomplete", preset=preset["name"], missing=list(preset["missing"]))
    for detector in record["detectors"]:
        if any(not each["same_input_rule"] for each in detector["published"]):
            yield fact("published_under_other_rule", detector=detector["detector"], rule=detector["input_rule"])


def _about_links(scored: ScoredFolder) -> Iterator[Reason]:
    if links := len(scored.links):
        yield fact("links_not_followed", count=links)
