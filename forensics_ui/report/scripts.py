"""Text for a PDF pen that draws one glyph after another from the left: right-to-left runs turned, Arabic letters joined.

A character that no font at hand can draw becomes its code point, so that a name is never silently shorter than it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from functools import cache

from fpdf.bidi import BidiParagraph

FORMS = ("isolated", "final", "initial", "medial")
RIGHT_TO_LEFT = ("R", "AL")


@cache
def _forms() -> dict[str, dict[str, str]]:
    """What Unicode says each Arabic letter (or pair that is written as one) looks like in each place."""
    found: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFDFC), *range(0xFE70, 0xFEFD)):
        kind, _, letters = unicodedata.decomposition(chr(code)).partition("> ")
        text = "".join(chr(int(letter, 16)) for letter in letters.split())
        # Of the pairs only lam with alef is written as one everywhere.
        if kind[1:] in FORMS and (len(text) == 1 or (len(text) == 2 and text[0] == "\u0644" and text[1] in "\u0622\u0623\u0625\u0627")):
            found.setdefault(text, {})[kind[1:]] = chr(code)
    return found


def joined(text: str, drawable: Collection[str] | None = None) -> str:
    """Arabic letters in the shape that their neighbours ask for, in logical order; others are left alone."""
    letters = _letters(text)
    out = []
    for at, letter in enumerate(letters):
        forms = _forms().get(letter)
        if not forms:
            out.append(letter)
            continue
        before = _beside(letters, at, -1)
        after = _beside(letters, at, 1)
        joins_before = "initial" in _forms().get(before, {}) and "final" in forms
        joins_after = "initial" in forms and "final" in _forms().get(after, {})
        shape = forms.get(FORMS[joins_before + 2 * joins_after])
        out.append(shape if shape and (drawable is None or shape in drawable) else letter)
    return "".join(out)


def _letters(text: str) -> list[str]:
    """Characters, lam and alef taken as one."""
    out: list[str] = []
    for character in text:
        if out and out[-1] + character in _forms() and len(out[-1]) == 1:
            out[-1] += character
        else:
            out.append(character)
    return out


def _beside(letters: list[str], at: int, step: int) -> str:
    """The next letter in a direction; marks above and below do not part letters."""
    at += step
    while 0 <= at < len(letters) and unicodedata.category(letters[at][0]) == "Mn":
        at += step
    return letters[at] if 0 <= at < len(letters) else ""


def is_right_to_left(text: str) -> bool:
    """Whether any part of it runs from the right."""
    return any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text)


def visible(text: str, can_draw: Callable[[str], bool]) -> str:
    """The text with code points in place of what cannot be drawn."""
    if all(character in "\n\t" or can_draw(character) for character in text):
        return text
    out, missing = [], []
    for character in [*text, ""]:
        if character and not (character in "\n\t" or can_draw(character)):
            missing.append(f"U+{ord(character):04X}")
            continue
        if missing:
            out.append(f"[{' '.join(missing)}]")
            missing = []
        out.append(character)
    return "".join(out)


def turned(text: str) -> str:
    """One line in the order in which it is drawn from the left."""
    return BidiParagraph(text=text).get_reordered_string() if is_right_to_left(text) else text
