"""An up-sampling autoencoder: what it gives back looks like the picture and carries the traces of a generator.

*Inverted* is meant as in the NPR paper: found back in a generator's latent space and rebuilt from there. The decoder
doubles twice by nearest neighbours, each time followed by convolutions, as the decoders of many generators do.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

REDUCTION = 4  # latent cells are 4 x 4 pixels
LATENT = 24  # numbers per cell, half of the 48 that the pixels have


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


class Inverter(nn.Module):
    """Encoder to a quarter of the size, decoder with two nearest up-samplings. Pixels are scaled to -1..1."""

    def __init__(self, widths: tuple[int, int, int] = (24, 48, 96)) -> None:
        super().__init__()
        near, middle, far = widths
        self.encoder = nn.Sequential(
            nn.Conv2d(3, near, 3, 1, 1), nn.ReLU(), nn.Conv2d(near, middle, 4, 2, 1), nn.ReLU(), nn.Conv2d(middle, far, 4, 2, 1), Residual(far), nn.Conv2d(far, LATENT, 1)
        )  # fmt: skip
        self.decoder = nn.Sequential(
            nn.Conv2d(LATENT, far, 3, 1, 1), Residual(far),
            nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(far, middle, 3, 1, 1), Residual(middle),
            nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(middle, near, 3, 1, 1), nn.ReLU(), nn.Conv2d(near, 3, 3, 1, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.decoder(self.encoder(x))
