"""Put a report together: of one picture with its views, or of many rows. `write_picture_report` does all of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import InputRule, Picture
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.report.base import REPORTS
from forensics_ui.report.clean import one_line
from forensics_ui.report.files import free_stem, report_stem
from forensics_ui.report.model import Case, PictureEntry, Report, Section
from forensics_ui.report.provenance import detector_entries, versions
from forensics_ui.report.sections import Images, in_order, look, preview
from forensics_ui.report.shared_facts import shared
from forensics_ui.report.words import answer, limits, propositions
from forensics_ui.verdict.conditions import condition_of
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.verdict.steadiness import Study, studies_of
from forensics_ui.weightstore.joint import JOINED
from forensics_ui.words.claims import told as told_claims
from forensics_ui.words.conditions import unmeasured
from forensics_ui.words.detectors import title_of

if TYPE_CHECKING:
    from forensics_ui.workbench import Workbench

# All of them, each with its default options.
DEFAULT_VIEWS: tuple[str, ...] = ()
Views = Sequence[str | tuple[str, Mapping[str, Any]]]
Told = Callable[[int, int, str], None]
STABILITY = "stability"
OF_FILE = ("path", "sha256", "format", "width", "height", "file_says")


def picture_report(
    workbench: Workbench,
    picture: Picture,
    path: Path | str,
    *,
    views: Views | None = DEFAULT_VIEWS,
    rules: Sequence[InputRule] = ("native",),
    case: Case | None = None,
    **choices: Any,
) -> Report:
    """The report of one open picture. The verdict goes by the first rule; `views=None` leaves the views out.

    Further choices: `detectors` (names; None: all that can be used), `weights` (name or file by detector), `metadata` (print
    EXIF, GPS and embedded text in full), `second` (another picture), `command` (what to type to have this again), `studies`
    (numbers of earlier stability views), `reference_set` (own photographs), and `on_progress`, told of (done, total, what).
    """
    from forensics_ui.workbench.subject import PictureSubject

    told: Told = choices.get("on_progress") or (lambda done, total, what: None)
    detectors, weights = choices.get("detectors"), dict(choices.get("weights") or {})
    second, own = choices.get("second"), choices.get("reference_set")
    facts, left_out = shared(picture.facts, choices.get("metadata", False))
    about = {"facts": facts, "left_out": left_out, "file_says": file_says(picture, choices.get("metadata", False))}
    # Whatever a view prints of the file, it can print only what the report may hold.
    shown = replace(picture, facts=facts)
    subject = PictureSubject(workbench, shown, second, rule=rules[0], weights=weights, detectors=detectors, reference_set=own)
    steps = len(wanted := chosen_views(views)) + 1
    told(0, steps, "scores")
    asked = [(name, rule) for name in subject.detectors() for rule in rules]
    found = [workbench.score(shown, name, rule=rule, weights=weights.get(name), reference_set=own) for name, rule in asked]
    sections = _looked_at(subject, wanted, images := {}, told)
    studies = _studies(choices.get("studies") or (), sections)
    again = [workbench.judged_again(shown, one, weights.get(name), own, studies) for one, (name, _) in zip(found, asked, strict=True)]
    joined = workbench.joined(shown, [one for one, (_, rule) in zip(again, asked, strict=True) if rule == rules[0]], own)
    scores = [*([joined.as_dict()] if joined else []), *(one.record.as_dict() for one in again)]
    entry = picture_entry(
        picture,
        path,
        scores,
        **about,
        preview=preview(picture, images),
        compared_with={"name": second.name, "sha256": second.sha256} if second else None,
        views=sections,
    )
    told(steps, steps, "written")
    entries = detector_entries(scores, workbench.settings, weights)
    return Report(
        kind="picture",
        title=f"Report on {entry.path}",
        answer=answer(_bands(scores, rules[0]), joined.verdict if joined else None),
        case=case or Case(),
        propositions=propositions(entries),
        limits=limits(entries),
        command=tuple(choices.get("command") or report_command(path, scores, rules, weights)),
        detectors=entries,
        files=(entry,),
        seconds=seconds_of(scores),
        images=images,
        **_versions(workbench, own),
    )


def _bands(scores: Iterable[Mapping[str, Any]], rule: str) -> dict[str, str]:
    """What each detector says under the rule, by title."""
    return {title_of(each["detector"]): each["verdict"] for each in scores if each["input_rule"] == rule and each["detector"] != JOINED}


def file_says(picture: Picture, metadata: bool) -> tuple[dict[str, Any], ...]:
    """What the file says of itself; without `metadata` not what tells of a person or of one copy of a camera."""
    return tuple(told_claims(claim if metadata else claim.for_others() for claim in claims_of(picture.facts)))


def _studies(numbers: Iterable[Mapping[str, Any]], sections: Iterable[Section]) -> tuple[Study, ...]:
    """All stability studies of the picture: those made before, and the one among the sections."""
    return studies_of([*numbers, *(each.numbers for each in sections if each.name == STABILITY)])


def _versions(workbench: Workbench, own: ReferenceSet | None) -> dict[str, Any]:
    return versions(replace(workbench.settings, own_reals=own.name if own else None))


def chosen_views(views: Views | None) -> list[tuple[str, Mapping[str, Any]]]:
    """Names and options of the views; an unknown name is answered with the known ones."""
    from forensics_ui.views import VIEWS

    if views is None:
        return []
    pairs = [(view, {}) if isinstance(view, str) else (view[0], view[1]) for view in views] or [(view.name, {}) for view in in_order()]
    if unknown := [name for name, _ in pairs if name not in VIEWS]:
        raise ForensicsError(f"There is no view called {unknown[0]!r}; there are {', '.join(VIEWS.names())}.")
    return pairs


def _looked_at(subject: Any, wanted: Sequence[tuple[str, Mapping[str, Any]]], images: Images, told: Told) -> tuple[Section, ...]:
    made = []
    for done, (name, options) in enumerate(wanted, 1):
        told(done, len(wanted) + 1, name)
        # The parts of a view are not counted, but between them the work can be stopped.
        subject.on_progress = lambda part, parts, done=done, name=name: told(done, len(wanted) + 1, name)
        made.append(look(name, options, subject, images))
    return tuple(made)


def picture_entry(picture: Picture, path: Path | str, scores: Iterable[Mapping[str, Any]], **more: Any) -> PictureEntry:
    """The entry of an open picture; `more` are further fields."""
    condition = condition_of(picture)
    return PictureEntry(
        **named(path),
        sha256=picture.sha256,
        bytes=picture.byte_count,
        format=picture.format,
        declared_type=picture.facts.get("declared_type"),
        detected_type=picture.facts.get("detected_type") or picture.format,
        width=picture.width,
        height=picture.height,
        complete=picture.complete,
        condition=condition.key,
        condition_note=unmeasured(condition),
        scores=tuple(score_part(score) for score in scores),
        **more,
    )


def named(path: Path | str) -> dict[str, str | None]:
    """A path as it was given, on one clean line; its exact bytes too where that line is not it."""
    text = os.fspath(path)
    shown = one_line(text)
    return {"path": shown, "path_hex": None if shown == text else os.fsencode(text).hex()}


def score_part(score: Mapping[str, Any]) -> dict[str, Any]:
    """What a score says beyond its file; the time it took is kept apart, because it never comes out the same."""
    return {key: value for key, value in score.items() if key not in (*OF_FILE, "seconds")}


def seconds_of(scores: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """How long each score took."""
    return {f"{s['sha256']}/{s['detector']}/{s['input_rule']}": s["seconds"] for s in scores if s.get("seconds") is not None}


def report_command(path: Path | str, scores: Sequence[Mapping[str, Any]], rules: Sequence[str], weights: Mapping[str, str]) -> list[str]:
    """What to type to have this report again, as one argument after another."""
    names = list(dict.fromkeys(score["detector"] for score in scores))
    words = ["python", "-m", "forensics_ui", "report", one_line(os.fspath(path)), "--out", "DIR", "--input-rule", rules[0]]
    if names:
        words += ["--detector", ",".join(names)]
    if len(names) == 1 and names[0] in weights:
        words += ["--weights", one_line(weights[names[0]])]
    return words


def write_picture_report(
    workbench: Workbench,
    picture: Picture,
    source: Path | str,
    formats: Sequence[str],
    out_dir: Path,
    views: Views | None = DEFAULT_VIEWS,
    case: Case | None = None,
    on_progress: Told | None = None,
    **choices: Any,
) -> dict[str, Path]:
    """Make and write the report of an open picture, whose path or name was `source`; gives the file of each format.

    `force` replaces an earlier report of the same picture instead of writing beside it; the other choices are those of
    `picture_report`.
    """
    if unknown := [name for name in formats if name not in REPORTS]:
        raise ForensicsError(f"There is no report format called {unknown[0]!r}; there are {', '.join(REPORTS.names())}.")
    force = choices.pop("force", False)
    report = picture_report(workbench, picture, source, views=views, case=case, on_progress=on_progress, **choices)
    return write_report(report, formats, out_dir, report_stem(picture.name, picture.sha256), force)


def write_report(report: Report, formats: Sequence[str], folder: Path, stem: str, force: bool = False) -> dict[str, Path]:
    """Write one report in several formats under one stem that is free, or under exactly that stem if `force`."""
    kinds = {name: REPORTS.get(name)() for name in formats}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stem = free_stem(folder, stem, [kind.suffix for kind in kinds.values()], force)
        written = {name: folder / f"{stem}{kind.suffix}" for name, kind in kinds.items()}
        for name, kind in kinds.items():
            kind.write(report, written[name])
    except OSError as error:
        raise ForensicsError(f"The report could not be written to {folder.name or 'that folder'}: {error.strerror or error}.") from None
    return written
