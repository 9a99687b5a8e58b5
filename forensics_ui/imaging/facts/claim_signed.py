"""What signed content credentials say, and whether the signature fits these bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.core import claims as c
from forensics_ui.core.claims import Claim
from forensics_ui.imaging.facts.claim_marks import SOURCE_TYPES
from forensics_ui.imaging.facts.claim_texts import fields

# What a list of source types says when they differ: the part of a model first.
STRONGEST = (c.GENERATED, c.EDITED_BY_MODEL, c.CAMERA, c.EDITOR)


def read(found: Mapping[str, Any]) -> Claim | None:
    """The claim of a manifest as `provenance` sums it up; None where there is none."""
    state = found.get("state")
    if state == "unreadable":
        return Claim(c.C2PA, c.OTHER, "C2PA", c.SIGNED_BROKEN, detail="unreadable")
    if state not in ("valid", "invalid"):
        return None
    trust = c.SIGNED_BROKEN
    if state == "valid":
        trust = c.SIGNED_VALID if found.get("signer_trusted") is True else c.SIGNED_UNTRUSTED
    own, others = _types(found, "source_types"), _types(found, "parent_source_types")
    agents = [each for each in found.get("agents") or [] if isinstance(each, str)]
    pairs = {
        "signer": found.get("signer"),
        "signed at": found.get("signed_at"),
        "program": found.get("claim_generator"),
        "agents": agents,
        "actions": found.get("actions"),
        "problems": found.get("codes") if state == "invalid" else None,
    }
    return Claim(
        c.C2PA,
        _says(own, others, _types(found, "part_source_types")),
        "C2PA",
        trust,
        tool=(agents[0] if agents else str(found.get("claim_generator") or ""))[:120],
        signer=str(found.get("signer") or "")[:120],
        detail=", ".join(dict.fromkeys([*own, *others]))[:120],
        fields=fields(pairs),
    )


def _types(found: Mapping[str, Any], name: str) -> list[str]:
    return [each for each in found.get(name) or [] if isinstance(each, str)]


def _says(own: list[str], parents: list[str], parts: list[str]) -> str:
    """Its own actions, else what it was made from; a generated part makes an edited picture."""
    for types in (own, parents):
        meanings = {SOURCE_TYPES.get(each.lower()) for each in types}
        if said := next((each for each in STRONGEST if each in meanings), None):
            return said
    generated = {SOURCE_TYPES.get(each.lower()) for each in parts} & {
        c.GENERATED,
        c.EDITED_BY_MODEL,
    }
    return c.EDITED_BY_MODEL if generated else c.OTHER
