"""How entries of the catalogue are written: a text with gaps, or one that is always the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Values = Mapping[str, Any]
Sentence = Callable[[Values], str]


def always(words: str) -> Sentence:
    """A sentence without numbers."""
    return lambda values: words


def template(words: str) -> Sentence:
    """A sentence whose gaps are filled as `str.format` does."""
    return lambda values: words.format_map(values)
