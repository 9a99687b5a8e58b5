"""How well a network tells the classes apart, as they come and after what the world does to pictures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
import torch
from PIL import Image
from torch import nn

from forensics_ui.core.errors import ForensicsError
from forensics_ui.detectors.networks import normalise
from forensics_ui.imaging.npr import whole_cells
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.folders import Sample
from forensics_ui.train.history import resave
from forensics_ui.train.pictures import decode

Condition = Callable[[np.ndarray], np.ndarray]
SMALLEST = 64  # smaller pictures, after halving, give LFM hardly more than its k places


def halved(rgb: np.ndarray) -> np.ndarray:
    """Half the width and height, by Lanczos."""
    return np.asarray(Image.fromarray(rgb).resize((rgb.shape[1] // 2, rgb.shape[0] // 2), Image.Resampling.LANCZOS))


CONDITIONS: dict[str, Condition] = {
    "as_they_come": lambda rgb: rgb,
    "jpeg96": lambda rgb: resave(rgb, 96),
    "jpeg80": lambda rgb: resave(rgb, 80),
    "halved": halved,
}


def area_under_curve(real: Sequence[float], fake: Sequence[float]) -> float:
    """The probability that a fake scores above a real one; ties count half."""
    reals = np.sort(np.asarray(real))
    fakes = np.asarray(fake)
    below, up_to = np.searchsorted(reals, fakes, "left"), np.searchsorted(reals, fakes, "right")
    return float((below + up_to).sum() / (2 * len(reals) * len(fakes)))


@torch.inference_mode()
def logits_of(net: nn.Module, blocks: Sequence[np.ndarray], batch: int = 16) -> np.ndarray:
    """One logit for each block, in fp32; blocks of one shape are scored together."""
    by_shape: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for i, block in enumerate(blocks):
        by_shape[block.shape].append(i)
    device = next(net.parameters()).device
    logits = np.zeros(len(blocks), np.float32)
    for indices in by_shape.values():
        for start in range(0, len(indices), batch):
            part = indices[start : start + batch]
            x = torch.from_numpy(np.stack([blocks[i] for i in part])).to(device)
            logits[part] = net(normalise(x).contiguous(memory_format=torch.channels_last)).float().cpu().numpy()
    return logits


class Validation:
    """Labelled pictures, cut to one size before anything else happens to them, so that size cannot tell the classes apart."""

    def __init__(self, samples: list[Sample], limit: int = 120, side: int = 256, smallest: int = 2 * SMALLEST, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.blocks: dict[int, list[np.ndarray]] = {}
        for label in (0, 1):
            of_class = [s for s in samples if s.label == label]
            chosen = rng.permutation(len(of_class))[:limit]
            crops = [aligned_crop(decode(of_class[i].path), side).block for i in sorted(chosen)]
            self.blocks[label] = [np.ascontiguousarray(c) for c in crops if min(c.shape[:2]) >= smallest]
            if not self.blocks[label]:
                raise ForensicsError(f"The validation pictures need some of each class with sides of at least {smallest} pixels.")

    def figures(self, net: nn.Module) -> dict[str, float]:
        """AUC under every condition."""
        net.eval()
        return {name: round(self._auc(net, condition), 4) for name, condition in CONDITIONS.items()}

    def _auc(self, net: nn.Module, condition: Condition) -> float:
        real, fake = (logits_of(net, [whole_cells(condition(b)) for b in self.blocks[label]]) for label in (0, 1))
        return area_under_curve(real, fake)
