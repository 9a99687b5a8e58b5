"""One catalogue for all rooms: every reason that is given has one sentence, with the values that the sentence needs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics_ui import words
from forensics_ui.core import errors
from forensics_ui.core.reasons import Reason, all_of, because, said
from forensics_ui.words import SENTENCES, batch, evaluation, intake, refusals, say, seen, sentence_of, verdicts, views

PACKAGE = Path(__file__).resolve().parents[2] / "forensics_ui"
SUBJECTS = (verdicts, batch, evaluation, intake, refusals, seen, views)
# Values of reasons by their name; every other one is a number.
SAMPLES = {"why": said("x"), "parts": [said("x"), said("y")], "known": ["a", "b"], "problem": "odd", "title": "LFM", "names": ["a", "b"]}
OF_CODES = {
    "facts_separate": {"found": [["format", 0.9]]},
    "facts_separate_generators": {"names": [["a", "format", 0.9]]},
    "npr_zeros": {"shares": {"red": 0.5}},
    "npr_zeros_of_others": {"shares": {"red": 0.5}},
    "ghosts": {"qualities": [80, 90]},
    "flips_at": {"series": "jpeg"},
    "preset_incomplete": {"missing": ["a"]},
}
# Rooms whose errors are reasons, and the places in them that still hand in sentences of others.
ROOMS = ("core", "imaging", "detectors", "inversion", "service", "views", "verdict", "workbench")


def trees(*rooms: str) -> Iterator[tuple[Path, ast.Module]]:
    for room in rooms or ("",):
        for path in sorted((PACKAGE / room).rglob("*.py")):
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def given() -> list[tuple[str, frozenset[str]]]:
    """The codes of all `because`, `fact` and `doubt`, with the names of their values."""
    calls = [node for _, tree in trees() for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("because", "fact", "doubt") and call.args]
    spread = [call for call in calls if not isinstance(call.args[0], ast.Constant)]
    assert not spread, "a code is written where it is given"
    return sorted({(call.args[0].value, frozenset(each.arg for each in call.keywords if each.arg)) for call in calls}, key=str)


GIVEN = given()


def test_every_code_has_one_sentence_and_no_sentence_is_left_over():
    assert sum(len(subject.SENTENCES) for subject in SUBJECTS) == len(SENTENCES)
    assert {code for code, _ in GIVEN} | set(verdicts.SENTENCES) == set(SENTENCES)


@pytest.mark.parametrize(("code", "names"), GIVEN)
def test_every_place_that_gives_a_reason_gives_the_values_of_its_sentence(code, names):
    samples = {**SAMPLES, **OF_CODES.get(code, {})}
    reason = because(code, **{name: samples.get(name, 7) for name in names})
    sentence = say(reason)
    assert sentence and "{" not in sentence and "None" not in sentence
    assert say(Reason.from_dict(reason.as_dict())) == sentence


def test_no_room_that_was_converted_raises_a_sentence():
    kinds = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, Exception)} | {"NotFinite"}
    wrong = []
    for path, tree in trees(*ROOMS):
        for node in ast.walk(tree):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds
            if named and any(isinstance(each, ast.Constant | ast.JoinedStr) for each in node.args):
                wrong.append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not wrong


def texts(tree: ast.Module) -> set[str]:
    """All pieces of text in the code but what documents it."""
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documents)
    return {node.value for node in constants if isinstance(node.value, str)}


def test_no_sentence_of_the_catalogue_stands_outside_it():
    """The longest piece of plain text of every sentence is found in `words` alone."""
    inside = set().union(*(texts(tree) for _, tree in trees("words")))
    pieces = {max(re.split(r"\{[^}]*\}", text), key=len).strip() for text in inside}
    outside = [(path, text) for path, tree in trees() if path.parent.name != "words" for text in texts(tree)]
    assert not [(path, piece) for piece in pieces if len(piece) > LONG for path, text in outside if piece in text]


# Shorter pieces are parts of other sentences too.
LONG = 45


def test_an_error_says_why_in_words_and_logs_as_data():
    error = errors.TooLarge(because("file_too_long", bytes=2000, limit=1000))
    assert sentence_of(error) == "The file has 2,000 bytes; the limit is 1,000." and error.code == "too_large"
    assert str(error) == "file_too_long {'bytes': 2000, 'limit': 1000}"
    assert str(errors.Busy("wait")) == sentence_of(errors.Busy("wait")) == "wait"


def test_several_reasons_are_said_in_their_order_and_one_is_itself():
    first, second = because("empty_file"), because("no_such_file")
    assert all_of([first]) is first
    assert say(all_of([first, second])) == "The file is empty.; There is no such file."
    nested = because(
        "of_each", parts=[because("of_detector", title="LFM", why=said("too small")), because("of_detector", title="NPR", why=said("odd"))]
    )
    assert words.say(Reason.from_dict(nested.as_dict())) == "LFM: too small. NPR: odd"
