"""Find the frozen network that a head stands on: in the weights folder, or where other programs keep the same file."""

from __future__ import annotations

import os
from pathlib import Path

from forensics_ui.core.settings import WEIGHTS
from forensics_ui.weightstore.load import LoadedWeights
from forensics_ui.weightstore.manifest import WeightsEntry, default_for, entries, find, inspect

# The same tensors as open_clip and timm publish them on the Hugging Face hub.
HUB_REPOSITORY, HUB_FILE = "timm/vit_large_patch14_clip_224.openai", "open_clip_model.safetensors"


def elsewhere() -> list[Path]:
    """Files of other programs that may hold it: OpenAI's own cache, then the hub's. Nothing is fetched."""
    found = [Path.home() / ".cache" / "clip" / "ViT-L-14.pt"]
    hub = Path(os.environ.get("HF_HUB_CACHE") or Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface") / "hub")
    found += sorted((hub / f"models--{HUB_REPOSITORY.replace('/', '--')}" / "snapshots").glob(f"*/{HUB_FILE}"))
    return [path for path in found if path.is_file()]


# The only one that other programs keep.
OPENAI_L14 = "clip_vit_l14_openai"


def backbone_file(detector: str, weights_dir: Path = WEIGHTS, head: str | None = None) -> str | None:
    """Name or path to load it by, of the network that this head says it stands on; None if it is nowhere."""
    known = find(head, weights_dir) if head else None
    if known and known.backbone:
        if found := _intact(known.backbone, weights_dir):
            return found.name
        return str(others[0]) if known.backbone == OPENAI_L14 and (others := elsewhere()) else None
    if entry := default_for(detector, weights_dir, role="backbone"):
        return entry.name
    return str(others[0]) if (others := elsewhere()) else None


def _intact(name: str, weights_dir: Path) -> WeightsEntry | None:
    """The network of that name: OpenAI's own file of it, laid there by hand, before the one that set-up fetches."""
    candidates = [*(entry for entry in entries(weights_dir) if entry.instead_of == name), find(name, weights_dir)]
    return next((entry for entry in candidates if entry and inspect(entry, weights_dir).status == "ok"), None)


def with_backbone(head: LoadedWeights, below: LoadedWeights) -> LoadedWeights:
    """Head and backbone as one; name and hash name both, because a score is made by both."""
    state = {**head.state, **{f"backbone.{key}": tensor for key, tensor in below.state.items()}}
    return LoadedWeights(f"{head.name}+{below.name}", f"{head.sha256}+{below.sha256}", head.detector, state, head.card, head.entry)
