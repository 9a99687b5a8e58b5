"""What a file says of itself: one statement, where it stands, and who vouches for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

GENERATOR_PARAMETERS, WORKFLOW, C2PA, IPTC_SOURCE_TYPE, AIGC_LABEL = (
    "generator_parameters",
    "workflow",
    "c2pa",
    "iptc_source_type",
    "aigc_label",
)
EXIF_SOFTWARE, EXIF, XMP, IPTC, TEXT, CAMERA_TAGS = (
    "exif_software",
    "exif",
    "xmp",
    "iptc",
    "text",
    "camera",
)
# The order is that of how much a statement of this kind tells.
KINDS = (
    C2PA,
    WORKFLOW,
    GENERATOR_PARAMETERS,
    AIGC_LABEL,
    EXIF,
    IPTC_SOURCE_TYPE,
    IPTC,
    XMP,
    TEXT,
    EXIF_SOFTWARE,
    CAMERA_TAGS,
)
GENERATED, EDITED_BY_MODEL, CAMERA, EDITOR, OTHER = SAYS = (
    "generated",
    "edited_by_model",
    "camera",
    "editor",
    "other",
)
SIGNED_VALID, SIGNED_UNTRUSTED, ANYONE, SIGNED_BROKEN = TRUST = (
    "signed_valid",
    "signed_untrusted_issuer",
    "anyone_can_write",
    "signed_broken",
)
MOST_CLAIMS, MOST_FIELDS, LONGEST_FIELD, LONGEST_NAME = 24, 40, 2000, 200
# What tells of a person or of one copy of a device: left out of what is passed on.
PRIVATE = frozenset({"serial number", "lens serial number", "artist", "owner", "image id"})


@dataclass(frozen=True)
class Field:
    """One parsed value, as text that can be copied."""

    name: str
    text: str


@dataclass(frozen=True)
class Claim:
    """One statement of a file about itself. `where` names its place in the file.

    `tool` is the program, service or camera it names, `model` the network, `signer` who signed.
    `detail` says what a source type or another code says, in its own word.
    """

    kind: str
    says: str
    where: str
    trust: str = ANYONE
    tool: str = ""
    model: str = ""
    signer: str = ""
    detail: str = ""
    fields: tuple[Field, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The claim as JSON."""
        names = ("kind", "says", "where", "trust", "tool", "model", "signer", "detail")
        fields = [{"name": each.name, "text": each.text} for each in self.fields]
        return {**{name: getattr(self, name) for name in names}, "fields": fields}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Claim | None:
        """The claim that some JSON holds; None if it is none."""
        known = {"kind": KINDS, "says": SAYS, "trust": TRUST}
        if any(found.get(name) not in allowed for name, allowed in known.items()):
            return None
        names = ("where", "tool", "model", "signer", "detail")
        texts = {name: _text(found.get(name), LONGEST_NAME) for name in names}
        listed = found.get("fields")
        fields = listed if isinstance(listed, list) else []
        return cls(**{name: found[name] for name in known}, **texts, fields=tuple(_fields(fields)))

    def for_others(self) -> Claim:
        """The same claim without what tells of a person or of one copy of a device."""
        kept = tuple(each for each in self.fields if each.name not in PRIVATE)
        return Claim(**{**vars(self), "fields": kept})


def _fields(listed: Iterable[Any]) -> Iterable[Field]:
    for each in list(listed)[:MOST_FIELDS]:
        if isinstance(each, Mapping):
            yield Field(_text(each.get("name"), 80), _text(each.get("text"), LONGEST_FIELD))


def _text(value: Any, longest: int) -> str:
    return value[:longest] if isinstance(value, str) else ""


def claims_from(listed: Any) -> tuple[Claim, ...]:
    """The claims in a list of JSON objects; what is none is passed over."""
    found = listed if isinstance(listed, (list, tuple)) else []
    made = [Claim.from_dict(each) for each in found[:MOST_CLAIMS] if isinstance(each, Mapping)]
    return tuple(each for each in made if each)


def most_telling_first(claims: Iterable[Claim]) -> tuple[Claim, ...]:
    """A statement of a known signer first, then what is said, then who vouches for it."""

    def rank(claim: Claim) -> tuple[bool, int, int, int, int]:
        places = (SAYS.index(claim.says), TRUST.index(claim.trust), KINDS.index(claim.kind))
        return claim.trust != SIGNED_VALID, *places, -len(claim.fields)

    return tuple(sorted(dict.fromkeys(claims), key=rank)[:MOST_CLAIMS])
