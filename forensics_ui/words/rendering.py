"""What a view has to say, put into words: views give reasons as data wherever people will read a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forensics_ui.core.reasons import Reason
from forensics_ui.words import say

if TYPE_CHECKING:
    from forensics_ui.views.base import Rendering, Table


def spoken(rendering: Rendering) -> Rendering:
    """The rendering with sentences in the place of reasons; `reasons` keeps those of the sentences as data."""
    reasons = tuple(each for each in rendering.sentences if isinstance(each, Reason))
    return replace(
        rendering,
        sentences=tuple(in_words(each) for each in rendering.sentences),
        numbers=in_words(rendering.numbers),
        tables=tuple(_table(each) for each in rendering.tables),
        reasons=reasons or rendering.reasons,
    )


def in_words(value: Any) -> Any:
    """The same value with a sentence for every reason in it."""
    if isinstance(value, Reason):
        return say(value)
    if isinstance(value, Mapping):
        return {name: in_words(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(in_words(each) for each in value)
    return value


def _table(table: Table) -> Table:
    return replace(table, rows=in_words(table.rows))
