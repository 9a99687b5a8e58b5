"""What a reader must know before believing the figures of an evaluation, in words."""

from __future__ import annotations

from collections.abc import Sequence

from forensics_ui.core.reasons import Reason
from forensics_ui.words.templates import Sentence, Values, always, template

LOUD = "WARNING: "
# What files say of themselves without a look at their pixels.
FACTS = {
    "format": "file format",
    "lossless": "saved with or without loss",
    "width": "width",
    "height": "height",
    "pixels": "number of pixels",
    "shape": "width to height",
    "sides_of_64": "sides that are multiples of 64",
    "bytes": "file size",
    "bytes_per_pixel": "bytes per pixel",
    "jpeg_quality": "JPEG quality",
    "chroma_subsampling": "chroma subsampling",
    "progressive": "progressive JPEG",
    "pixel_mode": "pixel mode",
    "metadata": "metadata present",
    "all": "all these facts together",
}


def is_loud(reason: Reason) -> bool:
    """Whether nobody may believe the figures before having read it."""
    return reason.role == "doubt"


def line_of(reason: Reason) -> str:
    """The line of a warning as it is printed and written."""
    return f"{LOUD if is_loud(reason) else ''}{SENTENCES[reason.code](reason.values)}"


def _facts_separate(values: Values) -> str:
    told = ", ".join(f"{FACTS[name]} AUC {auc:.2f}" for name, auc in values["found"])
    return (
        f"the files' format, size or compression alone separates real from fake ({told}). A detector can score this well here "
        "without seeing any trace of generation: balance the files before believing the figures."
    )


def _facts_separate_generators(values: Values) -> str:
    told = [f"{name}: {FACTS[fact]} AUC {auc:.2f}" for name, fact, auc in values["names"]]
    count = "one generator" if values["count"] == 1 else f"{values['count']} generators"
    return f"format, size or compression alone separates the labels of {count} ({_some(told, values['count'])})."


def _both_labels(values: Values) -> str:
    return f"{values['count']} pictures stand under both labels ({_named(values)}): one of the labels is wrong."


def _one_class(values: Values) -> str:
    return f"{values['detector']}: only one class was scored in {_named(values)}: no A.P., AUC or found-at-alarms there."


def _few_of_a_class(values: Values) -> str:
    return f"{values['detector']}: fewer than {values['few']} pictures of a class in {_named(values)}: the intervals there are too narrow."


def _uneven(values: Values) -> str:
    return (
        f"{values['detector']}: one class is more than twice as large as the other in {_named(values)}: Acc. and A.P. depend on that share "
        "and cannot be compared with the papers, whose classes are equal; real acc., fake acc. and AUC can."
    )


def _without_score(values: Values) -> str:
    have = "picture has" if values["count"] == 1 else "pictures have"
    of = " of the raw scores" if values["raw"] else ""
    return f"{values['detector']}: {values['count']} {have} no score and count in no figure{of}; the reasons stand in the record."


def _shared_reals(values: Values) -> str:
    return f"{values['count']} generators are compared with the same reals ({_named(values)}): their figures err together."


def _preset_incomplete(values: Values) -> str:
    return f"Sub-folders of {values['preset']} that are not here: {', '.join(values['missing'])}. The mean is over the others."


def _links(values: Values) -> str:
    count = values["count"]
    return f"Links are not followed: what {count} of them {'leads' if count == 1 else 'lead'} to was neither scored nor counted."


def _named(values: Values) -> str:
    return _some(values["names"], values["count"])


def _some(names: Sequence[str], count: int) -> str:
    return ", ".join(names) + (f" and {count - len(names)} more" if count > len(names) else "")


SENTENCES: dict[str, Sentence] = {
    "too_few_files": template("Too few files ({n_real} real, {n_fake} fake) to tell whether format, size or compression separates the labels."),
    "no_fact_separates": always("No format, size or compression fact separates the labels."),
    "facts_separate": _facts_separate,
    "facts_separate_generators": _facts_separate_generators,
    "both_labels": _both_labels,
    "oracle_thresholds": always("the thresholds are oracles, drawn with the test labels in hand. The accuracies are upper bounds, not results."),
    "threshold_pictures_tested": template("{count} pictures that the threshold was chosen on are also tested: the accuracies are too good."),
    "one_class_scored": _one_class,
    "few_of_a_class": _few_of_a_class,
    "uneven_classes": _uneven,
    "without_score": _without_score,
    "shared_reals": _shared_reals,
    "preset_incomplete": _preset_incomplete,
    "published_under_other_rule": template("{detector}: the published figures were made under another input rule than {rule!r}."),
    "links_not_followed": _links,
}
