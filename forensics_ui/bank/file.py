"""A bank as one safetensors file: features, labels, and who each row is. What is read is checked; nothing in it is trusted.

The rows (name, source, SHA-256 of each picture) are JSON in a tensor of bytes, because headers are limited in size. The
metadata hold a hash of all of it, so that a bank that was changed by hand is told from the one that was built.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.types import INPUT_RULES, InputRule
from forensics_ui.imaging.facts.text import clean
from forensics_ui.train.card import write_weights

FORMAT = "forensics_ui feature bank 1"
MOST_BYTES = 8 << 30
HEADER_BYTES = 1 << 16
HASH = re.compile("[0-9a-f]{64}")
FIELDS = ("name", "source", "sha256")
TEXT_BYTES = 1024


class BadBank(ForensicsError):
    """The file is not a bank that can be used; the message says why."""

    code = "bad_bank"


@dataclass(frozen=True)
class Row:
    """One picture of a bank: its file name, its generator or collection, and its hash."""

    name: str
    source: str
    sha256: str


@dataclass(frozen=True)
class Bank:
    """Features (n, width) with label (0 real, 1 generated) and row of each; made by this network under this rule."""

    features: np.ndarray
    labels: np.ndarray
    rows: tuple[Row, ...]
    backbone: str
    backbone_sha256: str
    rule: InputRule
    name: str = ""
    sha256: str = ""

    def counts(self) -> dict[str, int]:
        """Pictures of each class."""
        return {"real": int((self.labels == 0).sum()), "fake": int((self.labels == 1).sum())}


def _content_hash(features: np.ndarray, labels: np.ndarray, rows: bytes) -> str:
    digest = hashlib.sha256(features.astype("<f4").tobytes())
    digest.update(labels.astype(np.uint8).tobytes())
    digest.update(rows)
    return digest.hexdigest()


def write_bank(bank: Bank, path: Path) -> str:
    """Write beside and rename; gives the SHA-256 of the file. The same bank gives the same bytes."""
    rows = json.dumps([[row.name, row.source, row.sha256] for row in bank.rows], ensure_ascii=False, separators=(",", ":")).encode()
    arrays: dict[str, np.ndarray] = {
        "features": bank.features.astype(np.float32),
        "labels": bank.labels.astype(np.uint8),
        "rows": np.frombuffer(rows, np.uint8).copy(),
    }
    metadata = {
        "format": FORMAT,
        "backbone": bank.backbone,
        "backbone_sha256": bank.backbone_sha256,
        "input_rule": bank.rule,
        "content_sha256": _content_hash(arrays["features"], arrays["labels"], rows),
    }
    try:
        return write_weights({name: torch.from_numpy(array) for name, array in arrays.items()}, path, metadata)
    except OSError as error:
        raise ForensicsError(f"The bank {path.name!r} cannot be written: {error.strerror}.") from None


def read_bank(path: Path) -> Bank:
    """Read and check; BadBank says in a sentence what is wrong."""
    data = _bytes_of(path)
    metadata = _metadata(data, path.name)
    arrays = _arrays(data, path.name)
    rows = _rows(arrays["rows"].tobytes(), path.name)
    features, labels = arrays["features"], arrays["labels"]
    if not len(features) == len(labels) == len(rows):
        raise BadBank(f"{path.name} contradicts itself: {len(features)} features, {len(labels)} labels and {len(rows)} names.")
    if not len(features) or not features.shape[1] or not np.isfinite(features).all() or not features.any(1).all():
        raise BadBank(f"{path.name} holds no features, or some that are not numbers or only zeros; no distance can come of them.")
    if set(np.unique(labels).tolist()) != {0, 1}:
        raise BadBank(f"{path.name} must hold real and generated pictures, marked 0 and 1, and nothing else.")
    if metadata["content_sha256"] != _content_hash(features, labels, arrays["rows"].tobytes()):
        raise BadBank(f"{path.name} was changed after it was built: its content does not have the hash that stands in it.")
    sha256 = hashlib.sha256(data).hexdigest()
    return Bank(features, labels, rows, metadata["backbone"], metadata["backbone_sha256"], metadata["input_rule"], path.name, sha256)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadBank(f"{path.name} is larger than any bank that is used here.")
        return path.read_bytes()
    except FileNotFoundError:
        raise BadBank(f"There is no bank called {path.name!r}; `bank build` makes one.") from None
    except OSError as error:
        raise BadBank(f"The bank {path.name!r} cannot be read: {error.strerror}.") from None


def _metadata(data: bytes, name: str) -> dict[str, Any]:
    length = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    found: Any = None
    if 2 <= length <= min(HEADER_BYTES, len(data) - 8):
        try:
            found = json.loads(data[8 : 8 + length]).get("__metadata__")
        except (ValueError, RecursionError, AttributeError):
            found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise BadBank(f"{name} is not a feature bank of this program (a safetensors file that `bank build` made).")
    hashes = [str(found.get(key, "")) for key in ("backbone_sha256", "content_sha256")]
    if found.get("input_rule") not in INPUT_RULES or not all(map(HASH.fullmatch, hashes)):
        raise BadBank(f"{name} does not say by which network and input rule it was made, so nothing can be compared with it.")
    return {**found, "backbone": clean(str(found.get("backbone", "")), TEXT_BYTES).replace("\n", " ")}


def _arrays(data: bytes, name: str) -> dict[str, np.ndarray]:
    try:
        arrays = load(data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError, MemoryError, AttributeError) as error:
        raise BadBank(f"{name} is not a sound safetensors file ({str(error)[:100]}).") from None
    shapes = {key: (array.dtype.name, array.ndim) for key, array in arrays.items()}
    if shapes != {"features": ("float32", 2), "labels": ("uint8", 1), "rows": ("uint8", 1)}:
        raise BadBank(f"{name} does not hold what a bank holds: features, labels and the names of its pictures.")
    return arrays


def _rows(text: bytes, name: str) -> tuple[Row, ...]:
    try:
        listed = json.loads(text)
        made = tuple(Row(*(clean(part, TEXT_BYTES).replace("\n", " ") for part in entry)) for entry in listed)
    except (ValueError, TypeError, RecursionError, AttributeError):
        raise BadBank(f"The list of pictures in {name} cannot be read.") from None
    if not all(HASH.fullmatch(row.sha256) for row in made):
        raise BadBank(f"The list of pictures in {name} lacks the hash of some of them.")
    return made
