"""PDF: the record on paper. The first page has the answer, how often it is wrong, and its limits."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from forensics_ui.core.types import NO_TRACE, SOME, STRONG
from forensics_ui.report.base import REPORTS, ReportFormat
from forensics_ui.report.pdf_page import BODY, SMALL, SOFT, Page
from forensics_ui.report.pdf_views import draw_pane, draw_section
from forensics_ui.report.phrases import capital, grounds, maker, percent, score_words, sentence, short, signed
from forensics_ui.report.words import CONDITIONS, error_rate
from forensics_ui.verdict.own_words import of_report

TONES = {NO_TRACE: (51, 101, 122), SOME: (180, 83, 9), STRONG: (164, 19, 60)}
MOST_ROWS, MOST_SAID = 400, 4
PICTURE_WIDTH = 52.0


@REPORTS.register("pdf")
class Pdf(ReportFormat):
    """A4, no network, fonts inside."""

    suffix, mime = ".pdf", "application/pdf"

    def render(self, record: Mapping[str, Any], images: Mapping[str, bytes], stream: BinaryIO) -> None:
        page = Page(_heading(record), f"record {record['body_sha256']}", record["times"]["created"])
        page.set_title(record["title"])
        one = record["files"][0] if record["kind"] == "picture" and record["files"] else None
        _first_page(page, record, one, images)
        for section in record["sections"]:
            draw_section(page, section, None, images)
        if one:
            _file(page, one)
            for view in one["views"]:
                draw_section(page, view, one, images)
        elif record["files"]:
            _rows(page, record)
        if record["skipped"]:
            page.heading("Skipped files")
            page.grid(("Path", "Reason"), [(each["path"], each["reason"]) for each in record["skipped"][:MOST_ROWS]], (60, 40))
            _more(page, len(record["skipped"]))
        _made(page, record)
        stream.write(page.output())


def _heading(record: Mapping[str, Any]) -> str:
    case = record["case"]
    parts = (f"forensics_ui {record['tool'].get('version', '')}", f"{record['kind']} report", record["times"]["created"])
    return " · ".join([*parts, *([f"case {case['name']}"] if case["name"] else []), *([f"examiner {case['examiner']}"] if case["examiner"] else [])])


def _first_page(page: Page, record: Mapping[str, Any], one: Mapping[str, Any] | None, images: Mapping[str, bytes]) -> None:
    picture = bool(one and one["preview"])
    top, width = page.get_y(), page.epw - (PICTURE_WIDTH + 6 if picture else 0)
    page.paragraph(record["answer"][0], 15, style="B", width=width)
    for line in record["answer"][1:]:
        page.paragraph(line, width=width)
    if one and one["file_says"]:
        _file_says(page, one["file_says"], width)
    page.ln(1)
    page.paragraph(one["path"] if one else record["title"], 10, style="B", width=width)
    if record["case"]["notes"]:
        page.paragraph(f"Notes: {record['case']['notes']}", width=width)
    bottom = page.get_y()
    if one and picture:
        # Portraits keep to the height of two landscapes.
        wide = min(PICTURE_WIDTH, 66 * one["width"] / one["height"])
        whole = {"place": (0, 0, 1, 1), "image": one["preview"], "small": one["preview"], "scale": None, "over_picture": False}
        high = draw_pane(page, whole, one, images, (page.l_margin + page.epw - wide, top, wide))
        bottom = max(bottom, top + high + 2)
    page.set_y(bottom)
    if one:
        page.hash_line("SHA-256", one["sha256"])
        for score in one["scores"]:
            _score(page, score, maker(record["detectors"], score), one)
    else:
        for entry in record["detectors"]:
            page.facts({f"{entry['title']} ({entry['input_rule']})": error_rate(entry)})
    _limits(page, record)


def _file_says(page: Page, told: Sequence[Mapping[str, Any]], width: float) -> None:
    """The file's own statements, apart from the answer, which is about the pixels."""
    page.ln(1.5)
    page.paragraph("What the file says of itself (no part of the scores):", BODY, SOFT, width=width)
    page.bullets([each["sentence"] for each in told[:MOST_SAID]], width=width)
    if len(told) > MOST_SAID:
        page.paragraph(f"{len(told) - MOST_SAID} more in the JSON and HTML reports.", SMALL, SOFT, width=width)


def _score(page: Page, score: Mapping[str, Any], entry: Mapping[str, Any] | None, one: Mapping[str, Any]) -> None:
    page.ln(2)
    if page.will_page_break(26):
        page.add_page()
    top, first = page.get_y(), page.page_no()
    page.paragraph(f"{entry['title'] if entry else score['detector']} ({score['input_rule']})", BODY, SOFT, indent=4)
    page.paragraph(capital(score["verdict"]), 12, style="B", indent=4)
    page.paragraph(score_words(score), indent=4)
    if entry:
        page.paragraph(f"How often wrong: {error_rate(entry, one['condition'], one['condition_note'])}", indent=4)
    page.bullets(grounds(score, entry), indent=4)
    if page.page_no() == first:
        page.set_fill_color(*TONES.get(score["verdict"], SOFT))
        page.rect(page.l_margin, top, 1.4, page.get_y() - top, style="F")


def _limits(page: Page, record: Mapping[str, Any]) -> None:
    page.ln(2)
    page.paragraph("Limits of this answer", 11, style="B")
    page.paragraph("Two explanations are weighed: " + " ".join(f"({n}) {words}" for n, words in enumerate(record["propositions"], 1)), SMALL + 0.5)
    page.ln(0.5)
    page.bullets([sentence(line) for line in record["limits"]], SMALL + 0.5)


def _file(page: Page, one: Mapping[str, Any]) -> None:
    page.heading("The file")
    size = f"{one['width']} x {one['height']} pixels" + (f", {percent(one['complete'])} of the rows" if (one["complete"] or 1) < 1 else "")
    page.facts(
        {
            "Path as given": one["path"],
            "Exact path": f"{one['path_hex']} (bytes in hexadecimal)" if one["path_hex"] else "",
            "Bytes": f"{one['bytes']:,}" if one["bytes"] is not None else "not known",
            "Type": f"name says {one['declared_type'] or 'nothing'}, content is {one['detected_type'] or 'not known'}",
            "Size": size,
            "Compared with": "{name}, SHA-256 {sha256}".format(**one["compared_with"]) if one["compared_with"] else "",
            "Not printed": f"{', '.join(one['left_out'])} (to protect people)" if one["left_out"] else "",
        }
    )
    page.hash_line("SHA-256", one["sha256"])


def _rows(page: Page, record: Mapping[str, Any]) -> None:
    """The rows that speak most for generation first: on paper nobody can sort."""
    page.heading("Files")
    rows = [(file, score) for file in record["files"] for score in file["scores"] or [{}]]
    rows.sort(key=lambda pair: -(pair[1].get("logit") if pair[1].get("logit") is not None else float("-inf")))
    told = []
    for file, score in rows[:MOST_ROWS]:
        problem = file["error"] or score.get("error")
        logit = "" if score.get("logit") is None else signed(score["logit"])
        told.append(
            (
                file["path"],
                (file["sha256"] or "")[:16],
                score.get("detector"),
                logit,
                f"could not be scored: {problem}" if problem else score["verdict"],
            )
        )
    page.grid(("Path", "SHA-256 (first 16)", "Detector", "Logit", "Verdict"), told, (62, 34, 18, 18, 46))
    _more(page, len(rows))


def _more(page: Page, count: int) -> None:
    if count > MOST_ROWS:
        page.paragraph(f"{count - MOST_ROWS:,} more rows are in the JSON record and in the HTML and CSV reports.", BODY, SOFT)


def _made(page: Page, record: Mapping[str, Any]) -> None:
    page.heading("How this was made")
    for entry in record["detectors"]:
        _detector(page, entry)
    page.paragraph("To have it again", 10, style="B")
    page.paragraph(shlex.join(record["command"]), SMALL)
    page.ln(1)
    page.paragraph("To have a report checked, recompute it from the files: python -m forensics_ui verify REPORT.json")
    page.hash_line("SHA-256 of the record without its times:", record["body_sha256"])
    page.paragraph(
        "The hash shows a change by accident or by hand. Whoever changes the record and computes a new hash leaves no trace in it, "
        "so keep the hash where it cannot be changed."
    )
    for name in ("tool", "packages", "codecs", "settings"):
        page.ln(1)
        page.paragraph({"tool": "Program", "packages": "Packages", "codecs": "Codecs", "settings": "Settings"}[name], BODY, style="B")
        page.paragraph("; ".join(f"{key} {_flat(value)}" for key, value in sorted(record[name].items())), SMALL)


def _detector(page: Page, entry: Mapping[str, Any]) -> None:
    page.paragraph(f"{entry['title']}, rule {entry['input_rule']}", 10, style="B")
    limits = ", ".join(f"{name} {signed(value)}" for name, value in entry["thresholds"].items())
    page.facts(
        {
            "Method": f"{entry['paper']}. {entry['looks_at']}",
            "Weights": f"{entry['weights']}{' (preliminary)' if entry['preliminary'] else ''}, licence {entry['licence'] or 'not stated'}",
            "Computed": f"{entry['precision']} on {entry['device']}",
            "Thresholds": "; ".join(part for part in (limits, entry["thresholds_from"]) if part),
            "Calibration": sentence(entry["calibration_note"]),
            "Own photographs": " ".join(map(sentence, of_report(entry["own_reals"]))),
            "Trained on": f"{len(entry['families'])} generators: {', '.join(entry['families'])}" if entry["families"] else "",
        },
        SMALL + 0.5,
    )
    page.hash_line("weights SHA-256", entry["weights_sha256"])
    if entry["figures"]:
        rows = [
            (
                CONDITIONS.get(name, name),
                f"{percent(f['fpr_at_some'])} of {f['n_real']}",
                f"{percent(f['tpr_at_some'])} of {f['n_fake']}",
                short(f.get("auc")),
            )
            for name, f in entry["figures"].items()
        ]
        page.ln(1)
        page.grid(("Pictures", "Real ones marked (false alarms)", "Generated ones found", "AUC"), rows)
        if entry["figures_from"]:
            page.paragraph(f"Measured on: {entry['figures_from']}.", SMALL, SOFT)
    page.ln(2)


def _flat(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_flat(each)}" for key, each in sorted(value.items()))
    return "not known" if value is None else str(value)
