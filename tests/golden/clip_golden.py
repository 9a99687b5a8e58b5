"""The golden logits of UnivFD as it ships: our head on the real CLIP ViT-B/16, which set-up fetches; and that network's
features of the squares of `service/likeness.py`, kept in the manifest.

Apart from the other golden logits, because a machine without that network can make those and not these;
`tests.golden.make_golden` makes both.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from forensics_ui.core.settings import WEIGHTS
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.service.likeness import features, packed
from forensics_ui.weightstore.load import load_weights
from forensics_ui.weightstore.manifest import find, inspect

HERE = Path(__file__).resolve().parent
CLIP_LOGITS = HERE / "clip_logits.json"
RULES = ("native", "crop", "paper")
HEAD, BACKBONE = "univfd_blocks", "clip_vit_b16"
SIDE, PATCH = 224, 16
POSITIONS = "visual.positional_embedding"


def pictures() -> dict[str, np.ndarray]:
    """The golden pictures."""
    return {path.name: np.asarray(Image.open(path).convert("RGB")) for path in sorted([*HERE.glob("*.png"), *HERE.glob("*.jpg")])}


def square_of(rgb: np.ndarray, rule: str) -> np.ndarray:
    """The middle: of whole patches and on the grid of JPEG blocks, or with black borders as the authors' code cuts it."""
    if rule == "paper":
        from torchvision.transforms.functional import center_crop

        return center_crop(torch.tensor(rgb).permute(2, 0, 1), [SIDE, SIDE]).permute(1, 2, 0).numpy()
    height, width = rgb.shape[:2]
    side = min(height, width, SIDE) // PATCH * PATCH
    top, left = ((length - side) // 2 // 8 * 8 for length in (height, width))
    return rgb[top : top + side, left : left + side]


def plain_score(head: dict[str, Tensor], below: dict[str, Tensor]) -> Callable[[np.ndarray], float]:
    """A tower of the square's own size, its forward pass, hooks after the blocks that the head reads, and a sum."""

    def score(square: np.ndarray) -> float:
        tower, seen = build_tower({**below, POSITIONS: positions(below[POSITIONS], len(square) // PATCH)}), []
        for block in head["blocks"].tolist():
            tower.transformer.resblocks[block].register_forward_hook(lambda _, __, out: seen.append(out[0]))
        tower(((torch.tensor(square).float() / 255 - torch.tensor(CLIP_MEAN)) / torch.tensor(CLIP_STD)).permute(2, 0, 1)[None])
        parts = [out[0] @ a + out[1:].mean(0) @ b for out, a, b in zip(seen, head["of_class"], head["of_patches"], strict=True)]
        return float(sum(parts) + head["bias"])

    return score


def positions(known: Tensor, grid: int) -> Tensor:
    """CLIP's positions for a grid of another size, interpolated."""
    side = round((len(known) - 1) ** 0.5)
    plane = known[1:].float().reshape(1, side, side, -1).permute(0, 3, 1, 2)
    plane = plane if side == grid else F.interpolate(plane, (grid, grid), mode="bicubic")
    return torch.cat([known[:1].float(), plane[0].flatten(1).T])


@torch.inference_mode()
def main() -> None:
    """Write `clip_logits.json` and the manifest's features; without CLIP they stay as they are."""
    entry = find(BACKBONE, WEIGHTS)
    if entry is None or inspect(entry, WEIGHTS).status != "ok":
        print(f"{BACKBONE} is not installed: {CLIP_LOGITS.name} stays as it is, the manifest too.", file=sys.stderr)
        return
    head, below = load_weights(HEAD, "univfd", WEIGHTS), load_weights(BACKBONE, "univfd", WEIGHTS)
    score = plain_score(head.state, below.state)
    cases = [{"picture": name, "rule": rule, "logit": round(score(square_of(rgb, rule)), 5)} for name, rgb in pictures().items() for rule in RULES]
    known = {"weights_sha256": {HEAD: head.sha256, BACKBONE: below.sha256}, "cases": cases}
    CLIP_LOGITS.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
    manifest = WEIGHTS / "manifest.json"
    (text, count) = re.subn(r'"features": "[^"]*"', f'"features": "{packed(features(below.state))}"', manifest.read_text(encoding="utf-8"))
    assert count == 1  # of the one network that a head's limits were measured on
    manifest.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
