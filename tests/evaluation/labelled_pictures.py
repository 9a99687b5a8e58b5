"""Tiny labelled folders and seeded weights, and what the plain networks say of them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from safetensors.torch import save_file

from tests.detectors.helpers_networks import photo_like, plain_logit, seeded

EACH = 6


def picture_of(seed: int):
    return photo_like(64, 64 + 16 * (seed % 3), seed)


def write_pictures(folder: Path, start: int, suffix: str = ".png", count: int = EACH) -> None:
    folder.mkdir(parents=True)
    for seed in range(start, start + count):
        Image.fromarray(picture_of(seed)).save(folder / f"{seed}{suffix}")


def write_set(folder: Path) -> Path:
    """Two generators that the papers have too, each with reals of its own, all PNG."""
    for number, name in enumerate(("AttGAN", "BEGAN")):
        write_pictures(folder / name / "0_real", 100 * number)
        write_pictures(folder / name / "1_fake", 100 * number + 10)
    return folder


def write_weights(folder: Path, name: str = "lfm") -> Path:
    file = folder / f"{name}_seeded.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in seeded(name).state_dict().items()}, file)
    return file


def true_logits(folder: Path, name: str = "lfm") -> list[float]:
    """One logit per picture of a folder of `write_pictures`, from the network as it was trained, not as it is run."""
    network = seeded(name)
    return [plain_logit(network, picture_of(int(path.stem))) for path in folder.iterdir() if path.stem.isdigit()]
