"""How the service finds weights by itself. A service that is given another source needs no files."""

from __future__ import annotations

from pathlib import Path

from forensics_ui.core.errors import WeightsMissing
from forensics_ui.detectors import DETECTORS
from forensics_ui.service.likeness import measure
from forensics_ui.service.models import Weights
from forensics_ui.weightstore import manifest
from forensics_ui.weightstore.backbone import backbone_file, with_backbone
from forensics_ui.weightstore.load import load_weights


def load_installed(name: str, detector: str, weights_dir: Path) -> Weights:
    """Read weights by name or path, checked, and those of the backbone if the detector stands on one."""
    own = load_weights(name, detector, weights_dir)
    if DETECTORS.get(detector).spec.backbone is None:
        return own
    below = load_weights(backbone_installed(detector, weights_dir, name), detector, weights_dir)
    measure(own.entry, below, weights_dir)
    return with_backbone(own, below)


def default_installed(detector: str, weights_dir: Path) -> str:
    """The name of the weights to use when nobody chose; WeightsMissing says what to run to have some."""
    whole = DETECTORS.get(detector).spec.backbone is None
    for entry in manifest.usable(detector, weights_dir):
        if whole or backbone_file(detector, weights_dir, entry.name):
            return entry.name
    raise WeightsMissing(what_to_do(detector, weights_dir))


def backbone_installed(detector: str, weights_dir: Path, head: str | None = None) -> str:
    """The name or file of the network below the detector's head; WeightsMissing if it is not here."""
    found = backbone_file(detector, weights_dir, head)
    if found is None:
        raise WeightsMissing(what_to_do(detector, weights_dir))
    return found


def lacking_backbone(detector: str, weights_dir: Path) -> manifest.WeightsEntry | None:
    """What makes the detector answer once it is fetched: the network that an installed head stands on. None where it answers already."""
    heads = [entry for entry in manifest.usable(detector, weights_dir) if entry.backbone]
    if not heads or any(backbone_file(detector, weights_dir, head.name) for head in heads):
        return None
    below = (manifest.find(str(head.backbone), weights_dir) for head in heads)
    return next((entry for entry in below if entry and entry.licence and (entry.wheel or entry.source)), None)


def what_to_do(detector: str, weights_dir: Path) -> str:
    """Why no weights of a detector can be used: the one thing that is lacking, or entry by entry, each with the command that helps."""
    if lack := lacking_backbone(detector, weights_dir):
        return f"Its own weights are here, but not {lack.title or lack.name}, the network that they stand on; `weights get {lack.name}` fetches it."
    looked_at = [manifest.inspect(entry, weights_dir) for entry in manifest.entries(weights_dir) if entry.detector == detector]
    return " ".join([f"No complete weights of {detector} are installed.", *(found.sentence for found in looked_at if found.status != "ok")])
