"""The sentences of the app, made of reasons at its edge: for the screen, reports and the command line.

`say` puts one reason into words; records keep reasons and words side by side, and whoever needs
to tell them apart asks here by code and role, never by how a sentence begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.reasons import Reason, said
from forensics_ui.words import batch, evaluation, intake, refusals, seen, verdicts, views

# By the code of their reason; a code has one sentence wherever it is given.
SENTENCES = {
    **verdicts.SENTENCES,
    **batch.SENTENCES,
    **evaluation.SENTENCES,
    **intake.SENTENCES,
    **refusals.SENTENCES,
    **seen.SENTENCES,
    **views.SENTENCES,
}


def say(reason: Reason) -> str:
    """The sentence for a reason."""
    return SENTENCES[reason.code](reason.values)


def sentence_of(error: ForensicsError) -> str:
    """Why something went wrong, in a sentence that a person can act on."""
    return say(error.why)


def words_of(reasons: Iterable[Reason]) -> tuple[str, ...]:
    """The sentences for several, in their order."""
    return tuple(say(reason) for reason in reasons)


def parts_of(record: Mapping[str, Any]) -> list[tuple[Reason, str]]:
    """The reasons of a record with their sentences.

    A record that was written before reasons had codes, or whose codes were changed by hand, has
    sentences only: the first is the cause.
    """
    sentences = [str(words) for words in record.get("reasons") or ()]
    try:
        reasons = [Reason.from_dict(each) for each in record.get("reason_codes") or ()]
    except (KeyError, TypeError, AttributeError):
        reasons = []
    if len(reasons) != len(sentences):
        reasons = [said(words, "note" if at else "cause") for at, words in enumerate(sentences)]
    return list(zip(reasons, sentences, strict=True))


def cause_of(record: Mapping[str, Any]) -> str:
    """Why the verdict is what it is; empty where the record does not say."""
    return next((words for reason, words in parts_of(record) if reason.role == "cause"), "")


def doubts_of(record: Mapping[str, Any]) -> list[str]:
    """All other reasons of a record: rates, doubts and notes, and causes before a study."""
    parts = parts_of(record)
    first = next((at for at, (reason, _) in enumerate(parts) if reason.role == "cause"), None)
    return [words for at, (_, words) in enumerate(parts) if at != first]
