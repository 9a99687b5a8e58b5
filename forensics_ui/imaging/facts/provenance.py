"""C2PA content credentials, read offline: valid, invalid and absent are three different answers, and so is not having looked.

A valid manifest says who signed what, not that it is true; an absent one says nothing at all.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from functools import cache
from typing import Any

from forensics_ui.imaging.facts import credentials
from forensics_ui.imaging.facts.text import clean, jsonable

MIME = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
REMOTE = re.compile(rb"dcterms:provenance\s*(?:=\s*[\"']|>\s*)(https?://[^\"'<\s]{1,500})")
MAX_CODES = 32
# Nothing may be fetched: not a manifest kept elsewhere, not the state of a certificate.
OFFLINE = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}


@cache
def offline_context() -> Any:
    """The reader's settings; loading the library waits until a file has a manifest."""
    import c2pa

    return c2pa.Context(c2pa.Settings.from_dict(OFFLINE))


def read(data: bytes, kind: str, limit: int) -> dict[str, Any]:
    """The state of the manifest and what it claims."""
    # The label of every manifest store is this word, uncompressed: without it there is none, and no parser has to look.
    if b"c2pa" not in data:
        remote = REMOTE.search(data)
        elsewhere = (
            {"remote": clean(remote.group(1), 500), "reason": "the file names a manifest kept elsewhere, which is not fetched"} if remote else {}
        )
        return {"state": "absent", **elsewhere}
    if kind not in MIME:
        return {"state": "not checked", "reason": f"manifests in {kind} files are not read"}
    try:
        import c2pa
    except (ImportError, OSError) as error:
        return {"state": "not checked", "reason": clean(f"the reader is not installed here ({error})", 300)}
    try:
        with c2pa.Reader(MIME[kind], io.BytesIO(data), context=offline_context()) as reader:
            return summary(json.loads(reader.json()), limit)
    except c2pa.C2paError as error:
        text = str(error)
        if "ManifestNotFound" in type(error).__name__ + text:
            return {"state": "absent"}
        return {"state": "unreadable", "reason": clean(text, 300)}
    except Exception as error:
        return {"state": "unreadable", "reason": clean(f"{type(error).__name__}: {error}", 300)}


def summary(store: dict[str, Any], limit: int) -> dict[str, Any]:
    """What a store of manifests says, in a few fields."""
    state = str(store.get("validation_state", ""))
    failures = codes(store, "failure")
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    found = {
        "state": "valid" if state in ("Valid", "Trusted") else "invalid",
        # Without a list of trusted signers nobody is known: the signature fits, whose it is stays a claim.
        "signer_trusted": state == "Trusted",
        "codes": failures,
        "claim_generator": generator(manifest),
        "signer": manifest.get("signature_info", {}).get("issuer"),
        "signed_at": manifest.get("signature_info", {}).get("time"),
        "actions": actions(manifest),
        **credentials.sources(store),
        "manifests": len(store.get("manifests", {})),
    }
    return {key: jsonable(value, limit) for key, value in found.items()}


def codes(store: dict[str, Any], kind: str) -> list[str]:
    """The validation codes of the active manifest."""
    results = store.get("validation_results", {}).get("activeManifest", {}).get(kind, [])
    return list(dict.fromkeys(str(each.get("code")) for each in results))[:MAX_CODES]


def generator(manifest: dict[str, Any]) -> str | None:
    """The program that wrote the manifest."""
    for each in manifest.get("claim_generator_info") or []:
        return " ".join(str(each[key]) for key in ("name", "version") if each.get(key))
    return manifest.get("claim_generator")


def actions(manifest: dict[str, Any]) -> list[str]:
    """What the manifest says was done, with the source type where one is given."""
    found = []
    for assertion in manifest.get("assertions", []):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            with contextlib.suppress(AttributeError, TypeError):
                for action in assertion["data"]["actions"]:
                    source = str(action.get("digitalSourceType", "")).rsplit("/", 1)[-1]
                    found.append(f"{action.get('action')} ({source})" if source else str(action.get("action")))
    return found
