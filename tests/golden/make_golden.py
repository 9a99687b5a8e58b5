"""Make the golden pictures and the logits that the plain networks give for them.

    .venv/bin/python -m tests.golden.make_golden

Pictures are computed, saved beside this file and kept: another Pillow or libjpeg may write other bytes. Logits come from the
networks as their papers draw them, in fp32 on the processor, under input rules that are written out here once more.
`logits.json` is made anew when weights that ship are exchanged, and only then: its old lines must come out unchanged.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.detectors.networks import LFMNet, NPRNet, normalise
from forensics_ui.detectors.patterns import frequencies
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
from forensics_ui.weightstore.load import load_weights
from tests.golden import clip_golden

HERE = Path(__file__).resolve().parent
LOGITS = HERE / "logits.json"
RULES = ("native", "crop", "paper")
SHIPPED = ("lfm_distilled", "prc_joined")
CLIP_SIDE = 224
State = dict[str, Tensor]
Score = Callable[[np.ndarray], float]


def clouds(rng: np.random.Generator, height: int, width: int, slope: float = 1.3) -> np.ndarray:
    """Noise whose power falls with frequency, in three colours that go together, 0..1."""
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    frequency[0, 0] = np.inf
    waves = rng.normal(size=(4, *frequency.shape)) + 1j * rng.normal(size=(4, *frequency.shape))
    fields = np.fft.irfft2(waves / frequency**slope, (height, width))
    scene = np.moveaxis(fields[:1] + 0.3 * fields[1:], 0, 2)
    return (scene - scene.min()) / (scene.max() - scene.min())


def as_image(scene: np.ndarray) -> Image.Image:
    """From 0..1 to 8 bits."""
    return Image.fromarray(np.rint(255 * np.clip(scene, 0, 1)).astype(np.uint8))


def drawing(height: int, width: int) -> np.ndarray:
    """Flat shapes and a ramp: wide areas in which nothing varies."""
    y, x = np.mgrid[:height, :width]
    scene = np.full((height, width, 3), 0.95)
    scene[(x - 70) ** 2 + (y - 50) ** 2 < 900] = 0.8, 0.2, 0.1
    scene[60:90, 120:220] = 0.1, 0.3, 0.6
    scene[10:30, 100:240] = (x[10:30, 100:240, None] - 100) / 140
    return scene


def paint(folder: Path) -> None:
    """The five pictures: lossless and JPEG, even and odd, one up-sampled, one flat."""
    rng = np.random.default_rng(11)
    as_image(clouds(rng, 131, 173)).save(folder / "clouds_173x131.png", optimize=True)
    grain = rng.normal(0, 0.015, (229, 243, 3))
    as_image(clouds(rng, 229, 243) + grain).save(folder / "grain_243x229.jpg", quality=88)
    as_image(clouds(rng, 301, 500)).save(folder / "saved_500x301.jpg", quality=60, subsampling=0)
    small = as_image(clouds(rng, 128, 120, 1.0))
    # What a decoder's last layers do: twice the size, and a little of its own on every other pixel.
    large = np.asarray(small.resize((240, 256), Image.Resampling.BILINEAR)) / 255
    large[::2, ::2] += 0.012
    as_image(large).save(folder / "upsampled_240x256.png", optimize=True)
    as_image(drawing(101, 250)).save(folder / "drawing_250x101.png", optimize=True)


def drawn(shapes: State, seed: int) -> State:
    """Parameters of given shapes out of NumPy's generator, whose numbers no version of torch changes."""
    rng, state = np.random.default_rng(seed), {}
    for name, tensor in sorted(shapes.items()):
        values = rng.normal(size=tuple(tensor.shape))
        if name.endswith("num_batches_tracked"):
            values = np.zeros(())
        elif name.endswith("running_var"):
            values = 1 + 0.3 * np.tanh(values)
        elif tensor.ndim < 2:
            values = 0.1 * values + (name.endswith("weight") and "conv" not in name)
        else:
            values = values * (2 / np.prod(tensor.shape[1:])) ** 0.5
        state[name] = torch.from_numpy(values).to(tensor.dtype)
    return state


def npr_seeded() -> State:
    """NPR with random parameters; its last layer is quiet enough for logits of a few units."""
    state = drawn(NPRNet().state_dict(), 1)
    return state | {"fc1.weight": state["fc1.weight"] * 0.5}


def lfm_seeded() -> State:
    """LFM with random parameters, its last layer loud enough to show a wrong place among its 16."""
    state = drawn(LFMNet().state_dict(), 2)
    return state | {"fc1.weight": state["fc1.weight"] * 4}


def univfd_tiny() -> State:
    """A CLIP image tower of two layers and a head on it, under the names that UnivFD reads."""
    ensure_torchvision()
    from open_clip.transformer import VisionTransformer

    tower = VisionTransformer(CLIP_SIDE, 32, 128, 2, 2, 4.0, output_dim=48)
    state = {f"backbone.visual.{name}": t for name, t in drawn(tower.state_dict(), 3).items()}
    return state | drawn({"weight": torch.zeros(1, 48), "bias": torch.zeros(1)}, 4)


STATES: dict[str, tuple[str, Callable[[], State]]] = {
    "npr_seeded": ("npr", npr_seeded),
    "lfm_seeded": ("lfm", lfm_seeded),
    "univfd_tiny": ("univfd", univfd_tiny),
    "lfm_distilled": ("lfm", lambda: load_weights("lfm_distilled", "lfm").state),
    "prc_joined": ("prc", lambda: load_weights("prc_joined", "prc").state),
}


def block_of(rgb: np.ndarray, rule: str, side: int) -> np.ndarray:
    """The pixels that a rule gives to NPR, LFM and PRC (side 256), or to CLIP (224): one square, in whole patches."""
    height, width = rgb.shape[:2]
    if rule == "native" and side == 256:
        return rgb[: height // 2 * 2, : width // 2 * 2]
    if rule != "paper":
        rows, columns = (min(side, length // 2 * 2) for length in (height, width))
        if side == CLIP_SIDE:
            rows = columns = min(rows, columns) // 16 * 16
        top, left = corner(height, rows), corner(width, columns)
        return rgb[top : top + rows, left : left + columns]
    if side == 256:
        return np.asarray(Image.fromarray(rgb).resize((256, 256), Image.Resampling.BILINEAR))
    from torchvision.transforms.functional import center_crop

    return center_crop(torch.tensor(rgb).permute(2, 0, 1), [side, side]).permute(1, 2, 0).numpy()


def corner(length: int, taken: int) -> int:
    """Where a centred piece begins: on a multiple of eight."""
    return (length - taken) // 2 // 8 * 8


def plain_score(detector: str, state: State) -> Score:
    """The network as its paper draws it."""
    if detector == "univfd":
        return clip_score(state)
    if detector == "prc":
        return prc_score(state)
    network: nn.Module = {"npr": NPRNet, "lfm": LFMNet}[detector]()
    network.load_state_dict(state, strict=False)  # published files carry constants of their own too
    network.eval()
    return lambda block: float(network(normalise(torch.tensor(block)[None])))


def clip_score(state: State) -> Score:
    """CLIP's normalisation, its tower made for a square of this size, and a linear layer on what it gives."""
    below = {n.removeprefix("backbone."): t for n, t in state.items() if "visual." in n}
    place, patch = "visual.positional_embedding", below["visual.conv1.weight"].shape[-1]
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (CLIP_MEAN, CLIP_STD))

    def score(block: np.ndarray) -> float:
        image = (torch.tensor(block).permute(2, 0, 1).float() / 255 - mean) / std
        tower = build_tower(below | {place: spread(below[place], image.shape[-1] // patch)})
        return float(F.linear(tower(image[None]), state["weight"], state["bias"]))

    return score


def spread(positions: Tensor, grid: int) -> Tensor:
    """Position embeddings for a grid of so many patches a side: the class token's, and a bicubic surface through the others."""
    known, width = round((len(positions) - 1) ** 0.5), positions.shape[1]
    surface = positions[1:].view(known, known, width).permute(2, 0, 1)[None]
    surface = F.interpolate(surface, size=(grid, grid), mode="bicubic", align_corners=False)[0]
    return torch.cat([positions[:1], surface.permute(1, 2, 0).reshape(grid * grid, width)])


def prc_score(state: State) -> Score:
    """The formula at the head of `prc.py`, with the plain LFM network; for at most 256 pixels a side."""
    network = plain_score("lfm", {n[4:]: t for n, t in state.items() if n.startswith("lfm.")})

    def score(block: np.ndarray) -> float:
        counted = torch.from_numpy(frequencies(block)).double()
        power = state["saved.power"].double()
        clean = counted @ state["clean.weight"].double() + state["clean.bias"]
        saved = counted**power @ state["saved.weight"].double() + state["saved.bias"]
        share = torch.sigmoid(counted @ state["gate.weight"].double() + state["gate.bias"])
        return float((1 - share) * (clean + network(block)) + share * saved)

    return score


@torch.inference_mode()
def main() -> None:
    """Paint what is missing and write `logits.json`."""
    if not any(HERE.glob("*.png")):
        paint(HERE)
    scores = {name: (kind, plain_score(kind, make())) for name, (kind, make) in STATES.items()}
    cases = []
    for path in sorted([*HERE.glob("*.png"), *HERE.glob("*.jpg")]):
        rgb = np.asarray(Image.open(path).convert("RGB"))
        for rule in RULES:
            case = {"picture": path.name, "rule": rule, "logits": {}}
            for name, (kind, score) in scores.items():
                side = CLIP_SIDE if kind == "univfd" else 256
                if side == CLIP_SIDE and rule != "paper" and min(rgb.shape[:2]) < 96:
                    continue
                block = block_of(rgb, rule, side)
                if kind != "prc" or max(block.shape) <= 256:
                    case["logits"][name] = round(score(block), 5)
            cases.append(case)
    weights = {name: load_weights(name).sha256 for name in SHIPPED}
    pixels = {
        path.name: hashlib.sha256(np.asarray(Image.open(path).convert("RGB"))).hexdigest()
        for path in sorted([*HERE.glob("*.png"), *HERE.glob("*.jpg")])
    }
    text = json.dumps({"weights_sha256": weights, "pixels_sha256": pixels, "cases": cases}, indent=1)
    LOGITS.write_text(text + "\n", encoding="utf-8")
    clip_golden.main()


if __name__ == "__main__":
    main()
