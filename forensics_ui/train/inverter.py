"""Train the built-in inverter on photographs: rebuild random crops as closely as a quarter-size latent space allows.

    python -m forensics_ui.train.inverter FOLDER --out weights/inverter.safetensors --minutes 30

FOLDER holds photographs at any depth; whole sources (its sub-folders) are held out to measure on. The card names what
was reached on them, the worst ones too.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, IterableDataset

from forensics_ui.imaging.closeness import psnr
from forensics_ui.inversion.invert import invert
from forensics_ui.inversion.network import Inverter
from forensics_ui.train.folders import SUFFIXES, Sample
from forensics_ui.train.pictures import Pictures

CROP = 96
BATCH = 16


@dataclass
class Progress:
    """Where a training is; what a checkpoint holds."""

    step: int = 0
    seconds: float = 0.0
    log: list[dict[str, float]] = field(default_factory=list)


class Crops(IterableDataset):
    """Random crops, flipped and turned, some of them reduced first so that grain of every size occurs."""

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self.pictures, self.seed = pictures, seed

    def __iter__(self) -> Iterator[torch.Tensor]:
        rng = np.random.default_rng(self.seed)
        count = len(self.pictures.samples)
        while True:
            variants = self.pictures.variants(int(rng.integers(count)))
            crop = random_crop(variants[rng.integers(len(variants))], rng)
            if crop is not None:
                yield torch.from_numpy(crop).permute(2, 0, 1)


def random_crop(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray | None:
    """A crop in one of its eight orientations; None from a picture that is too small."""
    step = 2 if rng.random() < 0.3 and min(rgb.shape[:2]) >= 2 * CROP else 1
    height, width = (length - step * CROP for length in rgb.shape[:2])
    if min(height, width) < 0:
        return None
    top, left = rng.integers(height + 1), rng.integers(width + 1)
    part = rgb[top : top + step * CROP, left : left + step * CROP]
    if step == 2:
        part = part.reshape(CROP, 2, CROP, 2, 3).mean((1, 3)).round().astype(np.uint8)
    part = np.rot90(part, rng.integers(4))
    return np.ascontiguousarray(part[:, ::-1] if rng.random() < 0.5 else part)


def split_photographs(folder: Path, share: float = 0.15) -> tuple[list[Sample], list[Sample]]:
    """Photographs to train on and to measure on, apart by source: every seventh or so source is held out."""
    samples = [Sample(p, 0, p.relative_to(folder).parent.as_posix()) for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    sources = sorted({s.source for s in samples})
    held = set(sources[:: max(2, round(1 / share))])
    return [s for s in samples if s.source not in held], [s for s in samples if s.source in held]


def train(network: Inverter, crops: DataLoader, minutes: float, progress: Progress, checkpoint: Path | None = None) -> Inverter:
    """Train by the clock, resumably; the learning rate falls to nothing over the minutes given. Returns the averaged network."""
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-5)
    average = torch.optim.swa_utils.AveragedModel(network, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998))
    if checkpoint and checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        for part, state in zip((network, optimiser, average), saved["parts"], strict=True):
            part.load_state_dict(state)
        progress.step, progress.seconds, progress.log = saved["step"], saved["seconds"], saved["log"]
    began, before = time.monotonic(), progress.seconds
    for batch in crops:
        progress.seconds = before + time.monotonic() - began
        done = progress.seconds / (60 * minutes)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = 2e-3 * min(1.0, (progress.step + 1) / 100) * (1 - done)
        loss = _step(network, optimiser, batch)
        average.update_parameters(network)
        progress.step += 1
        if progress.step % 100 == 0:
            progress.log.append(
                {"step": progress.step, "seconds": round(progress.seconds), "psnr_of_batch": round(float(10 * np.log10(4 / loss)), 2)}
            )
            print(progress.log[-1], file=sys.stderr, flush=True)
            if checkpoint:
                _save(checkpoint, (network, optimiser, average), progress)
    return average.module


def _step(network: Inverter, optimiser: torch.optim.Optimizer, batch: torch.Tensor) -> float:
    x = (batch.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
    # Half the time of fp32 where the processor has bf16 units; the picture itself and its error stay in fp32.
    with torch.autocast("cpu", torch.bfloat16):
        y = network(x)
    y = y.float()
    # The logarithm of the squared error is PSNR: smooth pictures count as much as busy ones.
    error = F.mse_loss(y, x, reduction="none").mean((1, 2, 3))
    loss = (error + 1e-5).log().mean()
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimiser.step()
    return float(error.detach().mean())


def _save(path: Path, parts: tuple, progress: Progress) -> None:
    temporary = path.with_suffix(".part")
    torch.save({"parts": [p.state_dict() for p in parts], "step": progress.step, "seconds": progress.seconds, "log": progress.log}, temporary)
    temporary.replace(path)


def measure(network: Inverter, samples: list[Sample], side: int = 512) -> list[tuple[float, str]]:
    """PSNR of every held-out photograph (its centre, at most `side` px a side, unscaled), the worst first."""
    network = network.eval()
    found = []
    for sample, rgb in ((s, Pictures([s]).variants(0)[0]) for s in samples):
        height, width = (min(length, side) // 4 * 4 for length in rgb.shape[:2])
        top, left = (rgb.shape[0] - height) // 2, (rgb.shape[1] - width) // 2
        if min(height, width) >= CROP:
            part = np.ascontiguousarray(rgb[top : top + height, left : left + width])
            found.append((psnr(part, invert(network, part)), f"{sample.source}/{sample.path.name}"))
    return sorted(found)


def card(network_bytes_sha256: str, found: list[tuple[float, str]], trained_on: list[Sample], progress: Progress) -> dict:
    """What the weights are, what they reach on photographs they never saw, and where they are worst."""
    values = [value for value, _ in found]
    return {
        "name": "inverter",
        "detector": "inverter",
        "role": "inverter",
        "licence": "MIT",
        "sha256": network_bytes_sha256,
        "note": "Rebuilds a picture through a quarter-size latent space and two nearest up-samplings.",
        "data": {"photographs": len(trained_on), "sources": sorted({s.source for s in trained_on})},
        "figures": {
            "held_out_photographs": len(values),
            "psnr_mean": round(float(np.mean(values)), 2),
            "psnr_median": round(float(np.median(values)), 2),
            "psnr_5th_percentile": round(float(np.percentile(values, 5)), 2),
            "worst": [{"picture": name, "psnr": round(value, 2)} for value, name in found[:8]],
        },
        "training": {"steps": progress.step, "minutes": round(progress.seconds / 60, 1), "log": progress.log[:: max(1, len(progress.log) // 20)]},
    }


def main(argv: list[str] | None = None) -> int:
    """Train, measure, write weights and card."""
    import hashlib

    from safetensors.torch import save_file

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--checkpoint", type=Path)
    arguments = parser.parse_args(argv)
    torch.manual_seed(arguments.seed)
    trained_on, held = split_photographs(arguments.folder)
    crops = DataLoader(Crops(Pictures(trained_on, budget_bytes=2 * 1024**3), arguments.seed), BATCH, num_workers=1)
    progress = Progress()
    network = train(Inverter().to(memory_format=torch.channels_last), crops, arguments.minutes, progress, arguments.checkpoint)
    save_file({name: tensor.contiguous() for name, tensor in network.state_dict().items()}, arguments.out, metadata={"detector": "inverter"})
    digest = hashlib.sha256(arguments.out.read_bytes()).hexdigest()
    found = measure(network, held)
    arguments.out.with_suffix(".json").write_text(json.dumps(card(digest, found, trained_on, progress), indent=1) + "\n", encoding="utf-8")
    print(f"mean PSNR {np.mean([v for v, _ in found]):.2f} dB on {len(found)} photographs never trained on", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
