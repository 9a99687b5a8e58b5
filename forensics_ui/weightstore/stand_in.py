"""Another file of the network that a head stands on: which one is taken, and whether the head's limits hold on it.

OpenAI's own CLIP, laid into the weights folder, goes before the copy that set-up fetches. The limits of our head were
measured on the copy; they hold where both see a few drawn pictures alike. What was found is written beside the file.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.manifest import WeightsEntry, entries, find, inspect, read_card

ALIKE = 0.999  # the lowest cosine of their features at which limits hold
# What is known where the weights folder cannot be written to.
_found: dict[tuple[str, str], float] = {}


def below(name: str, weights_dir: Path) -> WeightsEntry | None:
    """The entry to use of the network of that name: the intact one that stands in for it, else itself, if it is intact."""
    candidates = [*(entry for entry in entries(weights_dir) if entry.instead_of == name), find(name, weights_dir)]
    return next((entry for entry in candidates if entry and inspect(entry, weights_dir).status == "ok"), None)


def remember(entry: WeightsEntry, of_sha256: str, cosine: float, weights_dir: Path) -> None:
    """Keep how alike its features are to those of the network with that hash."""
    _found[str(entry.sha256), of_sha256] = cosine
    try:
        _note(entry, weights_dir).write_text(json.dumps({"sha256": entry.sha256, "of": of_sha256, "cosine": cosine}), encoding="utf-8")
    except OSError:
        return


def cosine_to(entry: WeightsEntry, of_sha256: str, weights_dir: Path) -> float | None:
    """What was found; None if nobody looked yet."""
    key = str(entry.sha256), of_sha256
    if key not in _found:
        try:
            noted = json.loads(_note(entry, weights_dir).read_text(encoding="utf-8"))
            if (noted["sha256"], noted["of"]) == key:
                _found[key] = float(noted["cosine"])
        except (OSError, ValueError, LookupError, TypeError):
            return None
    return _found.get(key)


def _note(entry: WeightsEntry, weights_dir: Path) -> Path:
    return weights_dir / f"{entry.file}.likeness"


def card_of(weights: str, weights_sha256: str, detector: str, weights_dir: Path, file: str | Path | None = None) -> Card:
    """The card that speaks of exactly these bytes, by the name of the weights or by their `file`;
    an unknown one where there is none."""
    # A head's scores bear the name of its backbone too.
    entry = find(weights, weights_dir) or find(weights.partition("+")[0], weights_dir)
    card = read_card(weights_dir / entry.file if entry else Path(file or weights))
    if card.speaks_of(weights_sha256):
        return card
    own, _, hash_below = weights_sha256.partition("+")
    if not card.backbone_sha256 or own != card.sha256 or not hash_below:
        return Card.unknown(detector, weights_sha256)
    stands_in = next((each for each in entries(weights_dir) if each.instead_of and each.sha256 == hash_below), None)
    cosine = cosine_to(stands_in, card.backbone_sha256, weights_dir) if stands_in else None
    if cosine is not None and cosine > ALIKE:
        return replace(card, backbone_sha256=hash_below)
    return replace(Card.unknown(detector, weights_sha256), measured_on=(entry and entry.backbone) or "another network")
