"""Paint the example picture: a landscape of our own, computed, then taken through a simulated camera sensor.

    python assets/make_examples.py

The same bytes come out every time. It is neither a photograph nor the work of a generative model, so it is free of both
rights and claims; with the built-in inverter it shows what up-sampling leaves behind.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, SEED = 960, 640, 7
HERE = Path(__file__).resolve().parent / "examples"


def clouds(rng: np.random.Generator, height: int, width: int, slope: float) -> np.ndarray:
    """Noise whose power falls with frequency, 0..1: clouds, rock and water are all of this kind."""
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None]
    size = np.hypot(fy, fx)
    size[0, 0] = 1
    waves = (rng.normal(size=size.shape) + 1j * rng.normal(size=size.shape)) / size**slope
    waves[0, 0] = 0
    field = np.fft.irfft2(waves, (height, width))
    return (field - field.min()) / (field.max() - field.min())


def ridge(rng: np.random.Generator, base: float, height: float, slope: float) -> np.ndarray:
    """The sky line of one mountain range, in rows from the top."""
    line = clouds(rng, 8, 2 * WIDTH, slope)[0][:WIDTH]
    return HEIGHT * (base - height * (line - line.mean()))


def landscape(rng: np.random.Generator) -> np.ndarray:
    """Sky, sun, four ranges that fade with distance, and a lake that mirrors them; linear light, 0..1."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    depth = (y / HEIGHT)[..., None]
    scene = np.array([0.16, 0.30, 0.58]) * (1 - depth) + np.array([0.98, 0.62, 0.34]) * depth * 1.3
    sun = np.exp(-(((x - 690) ** 2 + (y - 250) ** 2) / 2 / 26.0**2)) + 0.35 * np.exp(-(((x - 690) ** 2 + (y - 250) ** 2) / 2 / 120.0**2))
    scene = scene + sun[..., None] * np.array([1.0, 0.8, 0.5])
    veil = np.clip(clouds(rng, HEIGHT, WIDTH, 1.5) - 0.45, 0, 1)[..., None]
    scene = scene + veil * np.array([0.9, 0.75, 0.7])
    for number, (base, height, slope) in enumerate(((0.50, 0.30, 1.25), (0.55, 0.34, 1.2), (0.61, 0.26, 1.15), (0.68, 0.2, 1.1))):
        inside = (y > ridge(rng, base, height, slope)[None])[..., None]
        rock = 0.75 + 0.5 * clouds(rng, HEIGHT, WIDTH, 0.95)[..., None]
        near = (number + 1) / 4
        colour = np.array([0.46, 0.42, 0.50]) * (1 - near) + np.array([0.035, 0.05, 0.045]) * near
        scene = np.where(inside, colour * rock, scene)
    shore = int(HEIGHT * 0.76)
    rows = np.arange(HEIGHT - shore)
    ripple = (clouds(rng, HEIGHT - shore, WIDTH, 0.8) - 0.5) * (4 + rows[:, None] * 0.25)
    mirror = np.clip(shore - 1 - rows[:, None] * 1.6 + ripple * 3, 0, shore - 1).astype(int)
    scene[shore:] = scene[mirror, np.clip(x[shore:] + ripple * 2, 0, WIDTH - 1).astype(int)] * 0.72 + np.array([0.01, 0.02, 0.03])
    return np.clip(scene, 0, 1)


def camera(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A colour filter array, photon noise, the interpolation that every camera does, and gamma."""
    channel = np.array([[0, 1], [1, 2]])[np.arange(HEIGHT)[:, None] % 2, np.arange(WIDTH)[None] % 2]
    exposed = rng.poisson(np.take_along_axis(scene, channel[..., None], 2)[..., 0] * 9000) / 9000
    out = np.empty_like(scene)
    for c in range(3):
        known = (channel == c).astype(float)
        # Mirrored at the border pixel, so that the filter array goes on in step.
        total, weight = (np.pad(v, 1, "reflect") for v in (exposed * known, known))
        for axis in (0, 1):
            total, weight = (np.roll(v, 1, axis) + 2 * v + np.roll(v, -1, axis) for v in (total, weight))
        out[..., c] = np.where(channel == c, exposed, (total / np.maximum(weight, 1e-9))[1:-1, 1:-1])
    return np.rint(255 * np.clip(out, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def main() -> None:
    """Write assets/examples/landscape.png."""
    rng = np.random.default_rng(SEED)
    HERE.mkdir(exist_ok=True)
    Image.fromarray(camera(landscape(rng), rng)).save(HERE / "landscape.png", optimize=True)


if __name__ == "__main__":
    main()
