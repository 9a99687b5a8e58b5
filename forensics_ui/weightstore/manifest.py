"""The weights that are known: `manifest.json` lists the published ones, every card beside a safetensors file is an entry too.

A card is `<stem>.json` beside `<stem>.safetensors`, and the stem is the name. Of its fields only `detector` must be there
for it to be an entry; `sha256`, `size`, `licence`, `preliminary`, `note`, `source` and `role` are used where given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from forensics_ui.core.errors import WeightsError
from forensics_ui.core.settings import WEIGHTS
from forensics_ui.weightstore.alike import ALIKE, cosine_to
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.hashes import Digests, digest_file, remembered_digests

Status = Literal["ok", "mismatch", "missing", "unlisted"]
SUFFIXES = (".safetensors", ".pth", ".pt", ".pt2", ".ckpt", ".bin")
CARD_BYTES = 1 << 20
NO_CARD = Card()


@dataclass(frozen=True)
class WeightsEntry:
    """One set of weights: whose it is, where it can be had, and what its bytes must be."""

    name: str
    detector: str
    file: str
    source: str | None = None  # None: trained here, not published elsewhere
    licence: str | None = None  # None: its authors state none
    sha256: str | None = None
    git_blob: str | None = None
    size: int | None = None
    preliminary: bool = False
    note: str = ""
    role: Literal["network", "head", "backbone", "inverter", "joined"] = "network"
    mirrors: tuple[str, ...] = ()
    converted_from: str | None = None  # SHA-256 of the file that these were converted from
    # Where weights lie inside a Python package: package, sha256, size, member, member_sha256, converter.
    wheel: Mapping[str, Any] | None = None
    backbone: str | None = None  # of a head: the network that it stands on
    title: str | None = None  # for people
    instead_of: str | None = None  # of a backbone: the one that it is taken for where both are here
    features: str | None = None  # of a backbone: what it makes of a few drawn squares; see `service/likeness.py`

    def __post_init__(self) -> None:
        if not self.file or Path(self.file).name != self.file or "\\" in self.file:
            raise WeightsError(f"The entry {self.name!r} names a file outside the weights folder.")

    def agrees(self, found: Digests) -> bool:
        """Whether these can be the bytes: every identity that is stated must be the same."""
        pairs = ((self.sha256, found.sha256), (self.git_blob, found.git_blob), (self.size, found.size))
        return all(stated is None or stated == actual for stated, actual in pairs)

    @property
    def origin(self) -> str:
        """Where it can be had, for people."""
        return self.source or (f"the Python package {self.wheel['package']}" if self.wheel else "this project")

    @property
    def checked(self) -> bool:
        """Whether a hash is stated at all."""
        return bool(self.sha256 or self.git_blob)

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> WeightsEntry:
        """Take the fields that an entry has; a card holds more."""
        kept = {key: fields[key] for key in cls.__dataclass_fields__ if key in fields}
        backbone = fields.get("backbone")
        named = backbone.get("name") if isinstance(backbone, Mapping) else backbone
        return cls(**{**kept, "backbone": named, "mirrors": tuple(fields.get("mirrors") or ())})


@dataclass(frozen=True)
class InstalledWeights:
    """What is (or is not) in the weights folder under one entry; a file that nobody listed has none."""

    entry: WeightsEntry | None
    path: Path
    sha256: str | None
    status: Status
    sentence: str


def read_card(weights: Path) -> Card:
    """The card beside a weights file, an empty one where there is none that can be read.

    Parsed once, and again only when the file changed.
    """
    path = weights.with_suffix(".json")
    try:
        status = path.stat()
    except OSError:
        return NO_CARD
    if status.st_size > CARD_BYTES:
        return NO_CARD
    return _parsed(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _parsed(path: Path, mtime_ns: int, size: int) -> Card:
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return NO_CARD
    return Card.from_json(fields) if isinstance(fields, dict) else NO_CARD


def card_of(weights: str, weights_sha256: str, detector: str, weights_dir: Path, file: str | Path | None = None) -> Card:
    """The card that speaks of exactly these bytes, by the name of the weights or by their `file`;
    an unknown one where there is none."""
    # A head's scores bear the name of its backbone too.
    entry = find(weights, weights_dir) or find(weights.partition("+")[0], weights_dir)
    card = read_card(weights_dir / entry.file if entry else Path(file or weights))
    if card.speaks_of(weights_sha256):
        return card
    own, _, below = weights_sha256.partition("+")
    if card.backbone_sha256 and own == card.sha256 and below:
        return _on_another_backbone(card, below, detector, weights_dir)
    return Card.unknown(detector, weights_sha256)


def _on_another_backbone(card: Card, below: str, detector: str, weights_dir: Path) -> Card:
    """The card of a head on another file than it names: as it is where that sees alike, else one that only says so."""
    measured_on = str(card.backbone_sha256)
    stands_in = next((each for each in entries(weights_dir) if each.instead_of and each.sha256 == below), None)
    cosine = cosine_to(weights_dir / stands_in.file, below, measured_on) if stands_in else None
    if cosine is not None and cosine > ALIKE:
        return replace(card, backbone_sha256=below)
    named = next((each.name for each in entries(weights_dir) if each.sha256 == measured_on), "another network")
    return replace(Card.unknown(detector, f"{card.sha256}+{below}"), measured_on=named)


def _from_card(weights: Path) -> WeightsEntry | None:
    fields = read_card(weights).fields
    if not isinstance(fields.get("detector"), str):
        return None
    return WeightsEntry.from_json({**fields, "name": weights.stem, "file": weights.name, "mirrors": ()})


def entries(weights_dir: Path = WEIGHTS) -> list[WeightsEntry]:
    """Our own first, then the published ones in the order of the manifest."""
    listed = weights_dir / "manifest.json"
    listed = listed if listed.is_file() else WEIGHTS / "manifest.json"
    status = listed.stat()
    published = _published(listed, status.st_mtime_ns, status.st_size)
    cards = [entry for file in sorted(weights_dir.glob("*.safetensors")) if (entry := _from_card(file))]
    taken = {entry.name for entry in published}
    return [*(entry for entry in cards if entry.name not in taken), *published]


@lru_cache(maxsize=16)
def _published(listed: Path, mtime_ns: int, size: int) -> tuple[WeightsEntry, ...]:
    fields = json.loads(listed.read_text(encoding="utf-8"))["weights"]
    return tuple(WeightsEntry.from_json(each) for each in fields)


def find(name: str, weights_dir: Path = WEIGHTS) -> WeightsEntry | None:
    """The entry of that name."""
    return next((entry for entry in entries(weights_dir) if entry.name == name), None)


def inspect(entry: WeightsEntry, weights_dir: Path = WEIGHTS, rehash: bool = False) -> InstalledWeights:
    """Compare what lies in the folder with what the entry says of it."""
    path = weights_dir / entry.file
    if not path.is_file():
        how = f"`weights get {entry.name}` fetches it" if entry.source or entry.wheel else "it is not part of this copy of the project"
        return InstalledWeights(entry, path, None, "missing", f"{entry.file} is not installed; {how}.")
    found = digest_file(path) if rehash else remembered_digests(path)
    if not entry.agrees(found):
        return InstalledWeights(
            entry,
            path,
            found.sha256,
            "mismatch",
            f"{entry.file} is not the file that is listed as {entry.name}: its hash or size differs, so it is not used.",
        )
    if not entry.checked:
        return InstalledWeights(entry, path, found.sha256, "unlisted", f"{entry.file} has a card without a hash, so nothing vouches for its bytes.")
    return InstalledWeights(entry, path, found.sha256, "ok", f"{entry.file} is the file that is listed as {entry.name}.")


def installed(weights_dir: Path = WEIGHTS, rehash: bool = False) -> list[InstalledWeights]:
    """Every entry with its state, then the weights files that no entry names."""
    known = entries(weights_dir)
    files = {entry.file for entry in known}
    strays = [path for path in sorted(weights_dir.glob("*")) if path.suffix in SUFFIXES and path.is_file() and path.name not in files]
    return [inspect(entry, weights_dir, rehash) for entry in known] + [_stray(path, rehash) for path in strays]


def _stray(path: Path, rehash: bool) -> InstalledWeights:
    sha256 = (digest_file(path) if rehash else remembered_digests(path)).sha256
    return InstalledWeights(
        None, path, sha256, "unlisted", f"{path.name} is in no list and has no card that can be read; it can be used by giving its file name."
    )


def default_for(detector: str, weights_dir: Path = WEIGHTS, role: str | None = None) -> WeightsEntry | None:
    """The installed, intact weights to use when nobody chose; see `usable`."""
    return next(iter(usable(detector, weights_dir, role)), None)


def usable(detector: str, weights_dir: Path = WEIGHTS, role: str | None = None) -> list[WeightsEntry]:
    """The installed, intact weights: our own first, finished before preliminary, then published ones.

    Backbones are given only when asked for by `role`.
    """

    def wanted(entry: WeightsEntry) -> bool:
        return entry.detector == detector and (entry.role == role if role else entry.role != "backbone")

    intact = [entry for entry in entries(weights_dir) if wanted(entry) and inspect(entry, weights_dir).status == "ok"]
    return sorted(intact, key=lambda entry: (bool(entry.source or entry.converted_from), entry.preliminary))
