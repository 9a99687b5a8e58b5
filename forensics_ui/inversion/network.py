"""An up-sampling autoencoder: what it gives back looks like the picture and carries the traces of a generator.

*Inverted* is meant as in the NPR paper: found back in a generator's latent space and rebuilt from there. The decoder
doubles twice by nearest neighbours, each time followed by convolutions, as the decoders of many generators do.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

REDUCTION = 4  # latent cells are 4 x 4 pixels
LATENT = 32  # numbers per cell, two thirds of the 48 that the pixels have


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(width, width, 3, 1, 1), nn.Conv2d(width, width, 3, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(F.relu(self.first(x)))


class Inverter(nn.Module):
    """Encoder to a quarter of the size, decoder with two nearest up-samplings. Pixels are scaled to -1..1.

    The first three latent numbers are added to the result as they are, doubled twice: they take the cell's mean colour,
    and the convolutions only have to find the rest.
    """

    def __init__(self, far: int = 80, middle: int = 48, near: int = 16) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.PixelUnshuffle(REDUCTION), nn.Conv2d(3 * REDUCTION**2, far, 3, 1, 1), nn.ReLU(), Residual(far), nn.Conv2d(far, LATENT, 1)
        )
        self.coarse = nn.Sequential(nn.Conv2d(LATENT, far, 3, 1, 1), nn.ReLU(), Residual(far))
        self.finer = nn.Sequential(nn.Conv2d(far, middle, 3, 1, 1), nn.ReLU(), nn.Conv2d(middle, middle, 3, 1, 1), nn.ReLU())
        self.finest = nn.Sequential(nn.Conv2d(middle, near, 3, 1, 1), nn.ReLU(), nn.Conv2d(near, 3, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        latent = self.encoder(x) + F.pad(F.avg_pool2d(x, REDUCTION), (0, 0, 0, 0, 0, LATENT - 3))
        y = _doubled(self.finer(_doubled(self.coarse(latent))))
        return self.finest(y) + _doubled(_doubled(latent[:, :3]))


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
