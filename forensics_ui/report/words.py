"""The sentences of a report: the answer, the two propositions it weighs, and its limits. Evidence, never a judgement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from forensics_ui.core.types import BANDS, INCONCLUSIVE, NO_TRACE, NOT_APPLICABLE, SOME, STRONG
from forensics_ui.report.model import DetectorEntry
from forensics_ui.report.phrases import percent
from forensics_ui.verdict.several import common_band, contradict, disagreement

ANSWERS = {
    STRONG: "Strong evidence that a generative model made this picture.",
    SOME: "Some evidence that a generative model made this picture. Not enough on its own.",
    INCONCLUSIVE: "Inconclusive: what was measured does not decide it either way.",
    NO_TRACE: "No trace of generation found, which does not prove a camera.",
    NOT_APPLICABLE: "Not applicable: the detectors cannot say anything about this picture.",
}
NOTHING_SCORED = "No answer: no detector scored this picture."
UNCALIBRATED = "score, uncalibrated"
CONDITIONS = {"as_they_come": "as they come", "jpeg96": "saved as JPEG 96", "jpeg80": "saved as JPEG 80", "halved": "halved in size"}
GENERAL_LIMITS = (
    "A score measures traces that up-sampling leaves in pixels. It is one piece of evidence; who published the picture, where it was first seen and what else is known weigh as much.",
    "No trace found does not prove a camera: saving again, resizing and screenshots remove the traces, and a generator that the detector never met may leave others or none.",
    "Real pictures can score high. Where many pictures are looked at, some real ones are marked; the error rates say how many to expect on the pictures they were measured on, and other pictures can differ.",
    "How probable it is that a picture was generated also depends on how common generated pictures are where it comes from. This report does not know that and does not assume it.",
    "Nothing here says whether what a picture shows took place, or whether parts of it were edited by hand.",
)


def answer(bands: Mapping[str, str], joined: str | None = None) -> tuple[str, ...]:
    """The answer: the band of the joined answer, and in a sentence of its own how detectors differ, by title.

    Without a joined answer, detectors that differ are the answer; nothing is averaged.
    """
    different = disagreement(bands)
    if joined:
        return (ANSWERS[joined], *([f"{different} The answer above joins them."] if different else []))
    if different := disagreement(bands):
        return (different, "None of them overrules another, and their scores are not averaged.")
    common = common_band(bands)
    return (ANSWERS[common or NOT_APPLICABLE] if bands else NOTHING_SCORED,)


def propositions(entries: Iterable[DetectorEntry]) -> tuple[str, ...]:
    """The two explanations that the evidence is weighed between."""
    families = sorted({family for entry in entries for family in entry.families})
    known = f", of the kinds that the weights were trained on ({len(families)} generators) or like them" if families else ""
    return (
        "A camera, a scanner or a person's hand made these pixels, and ordinary programs saved them.",
        f"A generative model synthesised these pixels{known}.",
    )


def limits(entries: Sequence[DetectorEntry]) -> tuple[str, ...]:
    """What the reader must know before relying on the answer; what concerns these detectors first."""
    own: list[str] = []
    for entry in entries:
        own.append(f"{entry.title}: {entry.limits}")
        if entry.preliminary:
            own.append(f"{entry.title}: the weights {entry.weights} are preliminary, trained briefly on few pictures.")
        if entry.weights and not entry.thresholds:
            own.append(
                f"{entry.title}: nobody has measured how often the weights {entry.weights} are wrong under the input rule {entry.input_rule}; "
                f"their number is a {UNCALIBRATED}."
            )
        if entry.input_rule == "paper":
            own.append(f"{entry.title}: the papers' rule resizes or cuts the picture, and resizing writes traces like those that are looked for.")
    return (*dict.fromkeys(own), *GENERAL_LIMITS)


def error_rate(entry: Mapping[str, Any], condition: str = "", note: str = "") -> str:
    """How often the detector is wrong on such pictures, from the card of its weights; `note` says why only on the closest that were measured."""
    found = entry["figures"].get(condition or "as_they_come")
    if not found:
        return "Not known: nobody has measured these weights under this rule on pictures like this one."
    where = CONDITIONS.get(condition or "as_they_come", condition)
    said = f"Not known of this one ({note}: the strictest limits are used). The closest condition that was measured: o" if note else "O"
    return (
        f"{said}n pictures {where}, their generators kept out of the training, it marks {percent(found['fpr_at_some'])} of {found['n_real']} real ones (false alarms) "
        f"and finds {percent(found['tpr_at_some'])} of {found['n_fake']} generated ones."
    )


def batch_answer(scores: Iterable[Mapping[str, Any]], titles: Mapping[str, str], files: int, skipped: int) -> tuple[str, ...]:
    """Counts of the bands, one sentence a detector and rule."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    by_file: dict[tuple[str, str], dict[str, str]] = {}
    failed = set()
    for score in scores:
        if score.get("error"):
            failed.add(score.get("path"))
        elif score.get("detector"):
            rule, band = str(score.get("input_rule")), str(score.get("verdict"))
            counts.setdefault((score["detector"], rule), Counter())[band] += 1
            by_file.setdefault((str(score.get("path")), rule), {})[score["detector"]] = band
    lines = [f"{files:,} {'file was' if files == 1 else 'files were'} looked at; {len(failed):,} could not be scored, {skipped:,} skipped."]
    for (name, rule), bands in sorted(counts.items()):
        told = ", ".join(f"{bands[band]:,} {band}" for band in BANDS if bands[band])
        lines.append(f"{titles.get(name, name)} ({rule}): {told}.")
    return (*lines, *_disagreements(by_file, titles))


def _disagreements(by_file: Mapping[tuple[str, str], Mapping[str, str]], titles: Mapping[str, str]) -> list[str]:
    """On how many files several detectors under one rule give different answers."""
    several = [bands for bands in by_file.values() if len(bands) > 1]
    if not several:
        return []
    count = sum(contradict(bands) for bands in several)
    return [f"The detectors disagree on {count:,} of {len(several):,} {'picture' if len(several) == 1 else 'pictures'} that several of them scored."]
