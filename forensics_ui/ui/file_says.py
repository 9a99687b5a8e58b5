"""What the file says of itself, beside the headline and apart from what the pixels say; its values can be copied."""

from __future__ import annotations

from collections.abc import Sequence

from forensics_ui.core.claims import ANYONE, EDITED_BY_MODEL, GENERATED, SIGNED_BROKEN, Claim
from forensics_ui.core.types import Picture
from forensics_ui.imaging.facts.claims import claims_of
from forensics_ui.ui.text import escape, sentence
from forensics_ui.words.claims import KIND_WORDS, caution, speaker, statement
from forensics_ui.words.claims import sentence as claim_sentence

COPY = '<button type="button" class="copy" title="Copy this value">Copy</button>'


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
    note = '<p class="quiet">Programs and sites often remove such statements: a file that says nothing can be anything.</p>'
    return f"<details><summary>More: what it names{what}</summary>{parts}{note}</details>"


def _claim(claim: Claim) -> str:
    rows = "".join(
        f"<dt>{escape(each.name)}</dt><dd><span>{escape(each.text)}</span>{COPY}</dd>" for each in claim.fields
    )
    return (
        f'<div class="claim"><h4>{escape(KIND_WORDS[claim.kind])} <small>{escape(claim.where)}</small></h4>'
        f"<p>{escape(sentence(claim_sentence(claim)))}</p>{f'<dl>{rows}</dl>' if rows else ''}</div>"
    )
