"""Strings that came from files, made harmless: for every format what cannot be seen, for CSV what a spreadsheet would run."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

LONGEST = 4096
MARK = "\N{REPLACEMENT CHARACTER}"
# Characters that a spreadsheet takes for the beginning of a formula, in both widths, and the minus sign that some accept.
_STARTS = "=+\\-@\uff1d\uff0b\uff0d\uff20\u2212"
# A spreadsheet set to another separator cuts a cell in two: what stands after one of these may become the start of a cell.
_FORMULA = re.compile(f"(^|[;,|\"'])(\\s*)(?=[{_STARTS}])")


def clean_text(value: Any, longest: int = LONGEST) -> str:
    """Text without control, format (bidi, zero width), private and unpaired characters; each becomes a mark that is seen."""
    text = str(value).replace("\r\n", "\n")
    if len(text) > longest:
        text = f"{text[:longest]} … ({len(text) - longest:,} more characters)"
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text))


def _visible(character: str) -> str:
    if character in "\n\t":
        return character
    unseen = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return MARK if unseen else character


def one_line(value: Any, longest: int = LONGEST) -> str:
    """Clean text on one line: names and paths."""
    return re.sub(r"[\n\t]", MARK, clean_text(value, longest))


def csv_cell(value: Any) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe stands before what could begin one. Never for numbers."""
    text = clean_text(value)
    starts_unseen = text[:1] in ("\t", "\r", "\n", "\0", MARK)
    text = re.sub(r"\s*[\r\n\t]+\s*", " ", text)
    guarded = _FORMULA.sub(lambda found: f"{found[1]}'{found[2]}", text)
    return f"'{guarded}" if starts_unseen and not guarded.startswith("'") else guarded


def safe_stem(name: str, longest: int = 40) -> str:
    """The stem of a name with letters, digits, dots and dashes only, fit for a file of any system; may be empty."""
    stem = re.split(r"[\\/]", name)[-1].rsplit(".", 1)[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain)[:longest].strip("-").lower()
