"""What a file says of itself: read in the decoder process, joined with signed credentials."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from forensics_ui.core.claims import LONGEST_NAME, TEXT, Claim, claims_from, most_telling_first
from forensics_ui.imaging.facts import (
    claim_comfy,
    claim_marks,
    claim_parameters,
    claim_signed,
    claim_texts,
)
from forensics_ui.imaging.facts.claim_texts import Said, loaded
from forensics_ui.imaging.facts.names import generator_named

if TYPE_CHECKING:
    from forensics_ui.imaging.facts import Source

HIDDEN = "lowest bits of the pixels"


def claims_of(facts: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Everything that the facts of a picture hold of its own statements, the most telling first."""
    credentials = facts.get("c2pa")
    signed = claim_signed.read(credentials) if isinstance(credentials, Mapping) else None
    return most_telling_first([*([signed] if signed else []), *claims_from(facts.get("claims"))])


def read(source: Source, written: dict[str, Any], exif: dict[str, Any], hidden: str | None) -> list[dict[str, Any]]:
    """The unsigned statements as JSON. A reader that stumbles is remarked and the others go on."""
    texts = claim_texts.collect(source, written)
    texts += _hidden(hidden)
    program = _program(texts)
    readers = {
        "A workflow": lambda: list(filter(None, [claim_comfy.read(texts)])),
        "Generator parameters": lambda: list(_parameters(texts, program)),
        "Marks of services": lambda: list(claim_marks.services(texts, source.data)),
        "A content label": lambda: list(claim_marks.aigc(texts)),
        "Digital source types": lambda: list(claim_marks.source_types(written["digital_source_type"])),
        "Names of programs": lambda: list(claim_marks.named(texts, written["software"])),
        "Camera tags": lambda: list(claim_marks.camera(exif)),
    }
    found = [claim for what, reader in readers.items() for claim in source.attempt(what, reader, [])]
    return [claim.as_dict() for claim in most_telling_first(map(_capped, found))]


def _hidden(message: str | None) -> list[Said]:
    """Texts hidden in the pixels: parameters, or the whole table of texts as JSON."""
    if not message:
        return []
    table = loaded(message)
    if isinstance(table, Mapping) and "Comment" in table:
        return [Said(TEXT, f"{key} (in the {HIDDEN})", text) for key, text in list(table.items())[:20] if isinstance(text, str)]
    return [Said(TEXT, HIDDEN, message)]


def _program(texts: list[Said]) -> str:
    """The generator that the file names as its program, for parameters that name none."""
    naming = ("Software", "Source", "CreatorTool", "ProcessingSoftware")
    return next(
        (name for said in texts if said.key.split(" (")[0].endswith(naming) and (name := generator_named(said.text))),
        "",
    )


def _parameters(texts: list[Said], program: str) -> Iterator[Claim]:
    keyed = {said.key: said.text for said in texts if said.place == TEXT}
    if several := claim_parameters.from_keys(keyed, "text"):
        yield several
        return
    for said in texts:
        if '"class_type"' not in said.text and '"nodes"' not in said.text[:2000]:
            found = claim_parameters.read(said, program)
            if found:
                yield found


def _capped(claim: Claim) -> Claim:
    return replace(claim, where=claim.where[:LONGEST_NAME], fields=claim.fields[:40])
