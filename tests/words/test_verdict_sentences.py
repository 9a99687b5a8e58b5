"""One catalogue of sentences: every code has one, records keep both, and nobody reads a sentence back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from forensics_ui.core.reasons import Reason
from forensics_ui.verdict.conditions import Condition
from forensics_ui.words import cause_of, doubts_of, parts_of, say
from forensics_ui.words.conditions import here, of_such, unmeasured
from forensics_ui.words.verdicts import SENTENCES

PACKAGE = Path(__file__).resolve().parents[2] / "forensics_ui"
JPEG = {"key": "jpeg96", "format": "JPEG", "quality": 95.4}


def test_every_code_that_a_verdict_gives_has_a_sentence_and_no_sentence_is_left_over():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (PACKAGE / "verdict").glob("*.py"))
    assert {*re.findall(r'Reason\(\s*"(\w+)"', code), "said"} == set(SENTENCES)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (
            Reason("above_limit", "cause", {"alarms": 0.015, "n_real": 577, "condition": JPEG}),
            "the score lies above all but about 1.5 % of the 577 real pictures it was calibrated on in this condition (saved as JPEG at about 95)",
        ),
        (
            Reason("ratio", "rate", {"ratio": 0.05, "capped": True}),
            "such a score is at least 20 times as common among real pictures as among generated ones (likelihood ratio 0.05)",
        ),
        (
            Reason("lowered_by_study", "cause", {"band": "some evidence of generation", "by": [1, 0], "of_middle": True}),
            "lowered from 'some evidence of generation' by the stability check: the score of the picture's middle falls below its limit when the "
            "picture is only shifted by 1, 0 pixels",
        ),
    ],
)
def test_a_reason_is_said_in_the_words_of_always(reason, words):
    assert say(reason) == words == say(Reason.from_dict(reason.as_dict()))


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (Condition("as_they_come", "PNG", lossless=True), ("pictures as they come", "PNG, saved without loss", "")),
        (
            Condition("jpeg80", "JPEG", quality=82, shrunk=2.0, unmeasured="scaled_and_saved"),
            (
                "pictures saved as JPEG at medium or low quality (this one: about 82)",
                "saved as JPEG at about 82, scaled down to about 1/2.0 of the size that its EXIF data names",
                "the picture is scaled down to about 1/2.0 of the size that its EXIF data names and saved as JPEG at about 82, "
                "which was not measured together",
            ),
        ),
        (
            Condition("jpeg80", "HEIF", unmeasured="format"),
            ("pictures saved with loss", "saved as HEIC, as a rule with loss", "no limit was measured for HEIC"),
        ),
    ],
)
def test_a_condition_is_said_of_such_pictures_and_of_this_one(condition, said):
    assert (of_such(condition), here(condition), unmeasured(condition)) == said


def test_the_cause_is_found_by_its_role_wherever_it_stands():
    reasons = [Reason("preliminary", "doubt"), Reason("low", "cause"), Reason("ratio_alike", "rate")]
    record = {"reasons": [say(each) for each in reasons], "reason_codes": [each.as_dict() for each in reasons]}
    assert cause_of(record) == say(reasons[1]) and doubts_of(record) == [say(reasons[0]), say(reasons[2])]


@pytest.mark.parametrize("codes", [None, [], [{"code": "x"}], ["low", "low"], 3])
def test_a_record_without_codes_that_can_be_read_has_its_sentences_the_first_is_the_cause(codes):
    record = {"reasons": ["why", "and that"], **({} if codes is None else {"reason_codes": codes})}
    assert cause_of(record) == "why" and doubts_of(record) == ["and that"] and len(parts_of(record)) == 2


# How a reason, a warning or a remark begins, what stands in it, or which comes first.
PARSED = re.compile(
    r"\b(reason|warning|remark|sentence)\w*(\[[^\]]*\])?\.(startswith|removeprefix|split|partition|rpartition)\(|reasons\[0\]|reasons\[\"0"
    r"|\" in (reason|warning|remark|sentence)\b|LOUD\)"
)


def test_nobody_looks_how_a_reason_begins():
    wrong = [path for path in PACKAGE.rglob("*.py") if PARSED.search(path.read_text(encoding="utf-8"))]
    assert not [path.relative_to(PACKAGE).as_posix() for path in wrong]


def test_no_script_takes_a_figure_or_a_warning_apart():
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in (PACKAGE.parent / "assets").glob("*.js"))
    assert not re.search(r"exec\(value\)|WARNING|\.(reason|warning|sentence)\.(startsWith|split|match|replace)\(", scripts)
