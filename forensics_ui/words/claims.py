"""What a file says of itself, one short sentence a claim: who says what, who vouches for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from forensics_ui.core import claims as c
from forensics_ui.core.claims import Claim

# "The file says: ..."
STATEMENTS = {
    c.GENERATED: "made by a generative model",
    c.EDITED_BY_MODEL: "edited with a generative model",
    c.CAMERA: "taken with a camera",
    c.EDITOR: "edited with an ordinary program",
    c.OTHER: "something else about its origin",
}
WITH_TOOL = {
    c.GENERATED: "made with {tool}",
    c.EDITED_BY_MODEL: "edited with {tool}, a generative model",
    c.CAMERA: "taken with {tool}",
    c.EDITOR: "saved by {tool}",
    c.OTHER: "written by {tool}",
}
SOURCE_TYPES = {
    "trainedalgorithmicmedia": "made by a generative model",
    "compositewithtrainedalgorithmicmedia": "partly made by a generative model",
    "compositesynthetic": "put together with generated parts",
    "algorithmicmedia": "made by an algorithm that was not trained on pictures",
    "digitalcapture": "taken with a digital camera",
    "computationalcapture": "taken with a camera that computes its pictures",
    "compositecapture": "put together from several photographs",
    "negativefilm": "scanned from a film negative",
    "positivefilm": "scanned from a film positive",
    "print": "scanned from a print",
    "humanedits": "edited by a person",
    "minorhumanedits": "slightly edited by a person",
    "composite": "put together from several pictures",
    "digitalart": "drawn by a person with a program",
    "digitalcreation": "drawn by a person with a program",
    "virtualrecording": "recorded from a virtual scene",
    "datadrivenmedia": "drawn from data",
    "screencapture": "a picture of a screen",
}
LABELS = {
    "label 1": "made by a generative model",
    "label 2": "perhaps made by a generative model",
    "label 3": "suspected to be made by a generative model",
}
CAUTIONS = {
    c.SIGNED_VALID: "the signature holds",
    c.SIGNED_UNTRUSTED: "the signature fits these bytes; who signed is not verified",
    c.ANYONE: "anyone can write this",
    c.SIGNED_BROKEN: "the signature does not fit these bytes",
}
MARKS = {
    c.SIGNED_VALID: "signed",
    c.SIGNED_UNTRUSTED: "signed, signer not verified",
    c.ANYONE: "unsigned",
    c.SIGNED_BROKEN: "signature broken",
}
KIND_WORDS = {
    c.GENERATOR_PARAMETERS: "Generator parameters",
    c.WORKFLOW: "Workflow",
    c.C2PA: "Content credentials (C2PA)",
    c.IPTC_SOURCE_TYPE: "IPTC digital source type",
    c.AIGC_LABEL: "AIGC label",
    c.EXIF_SOFTWARE: "Name of a program",
    c.EXIF: "EXIF",
    c.XMP: "XMP",
    c.IPTC: "IPTC",
    c.TEXT: "Text in the file",
    c.CAMERA_TAGS: "Camera tags",
}
LONGEST, MOST_SHORT = 80, 3


def statement(claim: Claim) -> str:
    """What is said, without who says it: `made with ComfyUI, model "sd_xl_base_1.0"`."""
    tool, model = _name(claim.tool), _name(claim.model)
    said = _coded(claim)
    if claim.kind == c.C2PA:
        return _credentials(claim, said, tool)
    if claim.kind == c.AIGC_LABEL:
        return said + (f' (label by "{tool}")' if tool else "")
    if said:
        return said
    words = WITH_TOOL[claim.says].format(tool=tool) if tool else STATEMENTS[claim.says]
    return words + (f', model "{model}"' if model else "")


def _credentials(claim: Claim, said: str, tool: str) -> str:
    if claim.detail == "unreadable":
        return "content credentials that cannot be read"
    by = f" ({tool})" if tool and tool != _name(claim.signer) else ""
    if claim.says == c.OTHER and not said:
        return f"nothing about how the picture was made{by}"
    return (said or STATEMENTS[claim.says]) + by


def _coded(claim: Claim) -> str:
    """The meaning of a source type or a label; empty where the claim holds none that is known."""
    if claim.kind == c.AIGC_LABEL:
        return LABELS.get(claim.detail, "labelled as AI-generated content")
    if claim.kind not in (c.IPTC_SOURCE_TYPE, c.C2PA):
        return ""
    types = claim.detail.lower().split(", ")
    known = next((SOURCE_TYPES[each] for each in types if each in SOURCE_TYPES), "")
    if not known and claim.kind == c.IPTC_SOURCE_TYPE:
        return f'of the source type "{_name(claim.detail)}"'
    signed_says_more = claim.kind == c.C2PA and claim.says != c.OTHER
    return STATEMENTS[claim.says] if signed_says_more else known


def caution(claim: Claim) -> str:
    """What to keep in mind: anyone can write this, or the state of the signature."""
    return CAUTIONS[claim.trust]


def speaker(claim: Claim) -> str:
    """Who says it."""
    signer = _name(claim.signer)
    if claim.kind != c.C2PA:
        return "The file says"
    if claim.trust == c.SIGNED_VALID:
        return f"Signed by {signer}" if signer else "Signed"
    return f'Signed in the name of "{signer}"' if signer else "Signed"


def sentence(claim: Claim) -> str:
    """The whole sentence."""
    if claim.kind != c.C2PA:
        return f"{speaker(claim)}: {statement(claim)} ({caution(claim)})."
    if claim.detail == "unreadable":
        return "The file holds content credentials that cannot be read."
    return f"{speaker(claim)}: {statement(claim)}; {caution(claim)}."


def short(claims: Iterable[Claim]) -> str:
    """The first statements in a cell of a table; empty where there are none."""
    told = [f"{statement(each)} ({MARKS[each.trust]})" for each in claims]
    rest = [f"{len(told) - MOST_SHORT} more"] if len(told) > MOST_SHORT else []
    return "; ".join([*told[:MOST_SHORT], *rest])


def told(claims: Iterable[Claim]) -> list[dict[str, Any]]:
    """The claims as JSON, each with its sentence."""
    return [{**each.as_dict(), "sentence": sentence(each)} for each in claims]


def _name(text: str) -> str:
    """A name out of the file, on one line and without quotes of its own."""
    line = " ".join(text.replace('"', "'").split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
