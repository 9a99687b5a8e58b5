"""What the file says of itself, beside the headline; its values can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from forensics_ui.core.claims import ANYONE, EDITED_BY_MODEL, GENERATED, SIGNED_BROKEN, Claim
from forensics_ui.core.types import Picture
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.ui.text import escape
from forensics_ui.words.claims import KIND_WORDS, caution, speaker, statement
from forensics_ui.words.claims import sentence as claim_sentence

COPY = '<button type="button" class="copy" title="Copy this value">Copy</button>'
SCROLLS = 200
NOTE = '<p class="quiet">Programs and sites often remove such statements: a file that says nothing can be anything.</p>'


def file_says(picture: Picture | None) -> str:
    """The line and what is behind it; empty where the file says nothing."""
    claims = claims_of(picture.facts) if picture is not None else ()
    if not claims:
        return ""
    first = claims[0]
    loud = " loud" if first.says in (GENERATED, EDITED_BY_MODEL) and first.trust != SIGNED_BROKEN else ""
    mark = "open" if first.trust == ANYONE else "signed"
    return (
        f'<section class="file-says{loud}" aria-label="What the file says of itself">'
        f'<p class="said"><b>{escape(speaker(first))}:</b> {escape(statement(first))} '
        f'<span class="caution {mark}">{escape(caution(first))}</span></p>{_more(claims)}</section>'
    )


def _more(claims: Sequence[Claim]) -> str:
    others = len(claims) - 1
    what = f", and {others} further statement{'s' if others > 1 else ''}" if others else ""
    parts = "".join(map(_claim, claims))
    return f"<details><summary>More: what it names{what}</summary>{parts}{NOTE}</details>"


def _claim(claim: Claim) -> str:
    rows = "".join(f"<dt>{escape(each.name)}</dt><dd>{_value(each.text)}{COPY}</dd>" for each in claim.fields)
    return (
        f'<div class="claim"><h4>{escape(KIND_WORDS[claim.kind])} '
        f"<small>{escape(claim.where)}</small></h4>"
        f"<p>{escape(claim_sentence(claim))}</p>{f'<dl>{rows}</dl>' if rows else ''}</div>"
    )


def _value(text: str) -> str:
    # A long value scrolls, and what scrolls must be reachable by the keyboard.
    return f"<span{' tabindex=0' if len(text) > SCROLLS else ''}>{escape(text)}</span>"
