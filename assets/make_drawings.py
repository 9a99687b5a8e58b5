"""Draw pictures that no camera and no generative model made: reals of the kinds that photographs do not cover.

    .venv/bin/python assets/make_drawings.py FOLDER [--each 25] [--seed 1]

Plots, pages of words, diagrams, posters, ornaments, landscapes, renders, brush strokes, fractals and pixel art, all computed, go
to FOLDER/0_real/own-KIND. The same pictures come out for the same seed and versions of the packages. A few of each kind are
also saved lossily, or made larger or smaller, as happens to drawings on their way.
"""

from __future__ import annotations

import argparse
import io
import itertools
import string
import sys
from collections.abc import Callable
from pathlib import Path

import matplotlib

sys.path.insert(0, str(Path(__file__).resolve().parent))  # Python leaves it out where PYTHONSAFEPATH is set, as by launch.py
matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from make_examples import clouds
from PIL import Image, ImageDraw, ImageFont

RESAMPLING = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC, Image.Resampling.LANCZOS)
Rng = np.random.Generator


def size_of(rng: Rng) -> tuple[int, int]:
    """Width and height."""
    return int(rng.integers(400, 901)), int(rng.integers(360, 801))


def colour(rng: Rng, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    """Any colour between two brightnesses."""
    return tuple(int(c) for c in rng.integers(low, high, 3))


def as_image(scene: np.ndarray) -> Image.Image:
    """From 0..1 to 8 bits."""
    return Image.fromarray(np.rint(255 * np.clip(scene, 0, 1)).astype(np.uint8))


def word(rng: Rng) -> str:
    """Letters that mean nothing."""
    return "".join(rng.choice(list(string.ascii_lowercase), int(rng.integers(2, 11))))


def font(rng: Rng, size: int) -> ImageFont.FreeTypeFont:
    """One of the fonts that Matplotlib carries."""
    names = sorted(Path(matplotlib.get_data_path(), "fonts", "ttf").glob("DejaVu*.ttf"))
    return ImageFont.truetype(names[rng.integers(len(names))], size)


def plot(rng: Rng) -> Image.Image:
    """Curves, bars, points, maps of values or contours, in one of Matplotlib's styles."""
    with plt.style.context(rng.choice(["default", "ggplot", "bmh", "dark_background", "classic", "seaborn-v0_8", "fivethirtyeight", "grayscale"])):
        figure, axes = plt.subplots(1, int(rng.integers(1, 3)), figsize=rng.uniform((4, 3.5), (9, 7)), dpi=int(rng.integers(80, 121)), squeeze=False)
        for axis in axes.flat:
            draw_axis(rng, axis)
        buffer = io.BytesIO()
        figure.savefig(buffer)
        plt.close(figure)
    return Image.open(buffer).convert("RGB")


def draw_axis(rng: Rng, axis: plt.Axes) -> None:
    """One pair of axes with something in it."""
    kind, x = rng.integers(6), np.linspace(0, 10, int(rng.integers(10, 300)))
    if kind == 0:
        for _ in range(rng.integers(1, 6)):
            axis.plot(x, np.cumsum(rng.normal(size=len(x))), lw=rng.uniform(0.5, 3), label=word(rng))
        axis.legend()
    elif kind == 1:
        axis.bar(range(8), rng.uniform(1, 9, 8), color=[np.array(colour(rng)) / 255 for _ in range(8)])
    elif kind == 2:
        axis.scatter(*rng.normal(size=(2, 200)), s=rng.uniform(3, 120, 200), c=rng.uniform(size=200), alpha=rng.uniform(0.3, 1))
    elif kind == 3:
        axis.imshow(
            clouds(rng, 40, 60, rng.uniform(0, 2)),
            cmap=rng.choice(["viridis", "jet", "gray", "magma"]),
            interpolation=rng.choice(["nearest", "bicubic"]),
        )
    elif kind == 4:
        axis.contourf(clouds(rng, 60, 80, 1.6), levels=int(rng.integers(5, 25)), cmap=rng.choice(["terrain", "coolwarm", "plasma"]))
    else:
        axis.pie(rng.uniform(1, 5, 6), labels=[word(rng) for _ in range(6)])
    axis.set_title(f"{word(rng)} {word(rng)}")


def page(rng: Rng) -> Image.Image:
    """Lines of words on an even ground: a document, a terminal, a form."""
    width, height = size_of(rng)
    dark = rng.random() < 0.4
    image = Image.new("RGB", (width, height), colour(rng, 0, 60) if dark else colour(rng, 215, 256))
    pen, top = ImageDraw.Draw(image), 12
    while top < height - 20:
        size = int(rng.choice([11, 12, 14, 16, 22, 36], p=[0.2, 0.25, 0.25, 0.15, 0.1, 0.05]))
        face, left = font(rng, size), 14 + 20 * int(rng.integers(3))
        ink = colour(rng, 160, 256) if dark else colour(rng, 0, 110)
        if rng.random() < 0.08:
            pen.rectangle((left, top, left + int(rng.integers(60, width)), top + int(rng.integers(20, 120))), fill=colour(rng), outline=ink)
        pen.text((left, top), " ".join(word(rng) for _ in range(int(rng.integers(2, 14)))), font=face, fill=ink)
        top += int(size * rng.uniform(1.2, 2.2))
    return image


def diagram(rng: Rng) -> Image.Image:
    """Boxes, ellipses and lines between them, with or without smooth edges."""
    width, height = size_of(rng)
    times = int(rng.choice([1, 2, 4]))
    image = Image.new("RGB", (width * times, height * times), colour(rng, 225, 256))
    pen = ImageDraw.Draw(image)
    places = [(int(rng.integers(0, width - 90)) * times, int(rng.integers(0, height - 50)) * times) for _ in range(int(rng.integers(5, 14)))]
    for (x, y), (x2, y2) in itertools.pairwise(places):
        pen.line((x, y, x2, y2), fill=colour(rng, 0, 130), width=times * int(rng.integers(1, 4)))
    for x, y in places:
        box = (x, y, x + times * int(rng.integers(50, 140)), y + times * int(rng.integers(26, 80)))
        shape = pen.rectangle if rng.random() < 0.6 else pen.ellipse
        shape(box, fill=colour(rng, 130, 256), outline=colour(rng, 0, 100), width=times)
        pen.text((x + 8 * times, y + 8 * times), word(rng), font=font(rng, 12 * times), fill=(10, 10, 10))
    return image.resize((width, height), RESAMPLING[rng.integers(len(RESAMPLING))])


def poster(rng: Rng) -> Image.Image:
    """Large flat or shaded shapes with smooth edges, and a word."""
    width, height = size_of(rng)
    image = Image.new("RGB", (2 * width, 2 * height), colour(rng))
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(4, 40))):
        points = (rng.normal(0, 0.18, (int(rng.integers(3, 9)), 2)) + rng.uniform(0, 1, 2)) * (2 * width, 2 * height)
        pen.polygon([tuple(point) for point in points], fill=colour(rng))
    pen.text((width * 0.2, height * 1.5), word(rng), font=font(rng, int(rng.integers(60, 260))), fill=colour(rng))
    scene = np.asarray(image.resize((width, height), RESAMPLING[rng.integers(len(RESAMPLING))])) / 255
    if rng.random() < 0.6:  # a shade over everything, in steps of 8 bits
        scene = scene * np.linspace(rng.uniform(0.4, 1), 1, height)[:, None, None] + rng.uniform(0, 0.2) * np.linspace(0, 1, width)[None, :, None]
    return as_image(scene)


def ornament(rng: Rng) -> Image.Image:
    """Thin lines of harmonic motion."""
    width, height = size_of(rng)
    times = int(rng.choice([1, 2, 3]))
    image = Image.new("RGB", (width * times, height * times), colour(rng, 200, 256) if rng.random() < 0.7 else colour(rng, 0, 60))
    pen, t = ImageDraw.Draw(image), np.linspace(0, 80 * np.pi, 9000)
    for _ in range(int(rng.integers(1, 5))):
        a, b, c, d = rng.integers(1, 9, 4)
        fade = np.exp(-t * rng.uniform(0, 0.01))
        x = width * times * (0.5 + 0.3 * fade * np.sin(a * t + rng.uniform(0, 6)) + 0.15 * np.sin(c * t * 1.003))
        y = height * times * (0.5 + 0.3 * fade * np.sin(b * t) + 0.15 * np.cos(d * t * 0.997))
        pen.line(list(zip(x, y, strict=True)), fill=colour(rng), width=times * int(rng.integers(1, 3)))
    return image.resize((width, height), RESAMPLING[rng.integers(len(RESAMPLING))])


def landscape(rng: Rng) -> Image.Image:
    """A sky and ranges of hills with the noise of clouds in them."""
    width, height = size_of(rng)
    y = np.mgrid[:height, :width][0]
    depth = (y / height)[..., None]
    scene = (
        rng.uniform(0, 1, 3) * (1 - depth)
        + rng.uniform(0, 1, 3) * depth
        + 0.4 * rng.random() * clouds(rng, height, width, rng.uniform(1.2, 2))[..., None]
    )
    for base in np.linspace(0.4, 0.85, int(rng.integers(2, 6))):
        line = height * (base - rng.uniform(0.1, 0.4) * (clouds(rng, 8, 2 * width, rng.uniform(1, 1.6))[0][:width] - 0.5))
        rock = 1 + rng.uniform(0, 0.8) * (clouds(rng, height, width, rng.uniform(0.6, 1.5))[..., None] - 0.5)
        # The share of a pixel below the line, so that the edge is smooth.
        inside = np.clip(y - line[None], 0, 1)[..., None]
        scene = scene * (1 - inside) + inside * rng.uniform(0, 0.8, 3) * rock
    return as_image(scene)


def render(rng: Rng) -> Image.Image:
    """Balls over a chequered floor with light, shadow and, sometimes, the noise of few rays."""
    width, height = size_of(rng)
    times = int(rng.choice([1, 2]))
    x, y = np.meshgrid((np.arange(width * times) / times - width / 2) / height, 0.5 - np.arange(height * times) / times / height)
    ray = np.stack([x, y, np.ones_like(x)], axis=2)
    ray /= np.linalg.norm(ray, axis=2, keepdims=True)
    floor = np.where(y < 0, -0.8 / np.minimum(ray[..., 1], -1e-4), np.inf)
    square = (np.floor(ray[..., 0] * np.minimum(floor, 99)) + np.floor(ray[..., 2] * np.minimum(floor, 99))) % 2
    scene = np.where(
        (floor < 60)[..., None],
        np.where(square[..., None] > 0, rng.uniform(0, 1, 3), rng.uniform(0, 1, 3)),
        rng.uniform(0.3, 1, 3) * (0.6 + y[..., None]),
    )
    near, light = np.where(np.isfinite(floor), floor, 1e9), np.array([0.5, 0.75, -0.43])
    for _ in range(int(rng.integers(2, 7))):
        centre, radius = rng.uniform((-1.2, -0.4, 2.5), (1.2, 0.8, 6)), rng.uniform(0.25, 0.7)
        along = ray @ centre
        inside = along**2 - centre @ centre + radius**2
        distance = along - np.sqrt(np.maximum(inside, 0))
        hit = (inside > 0) & (distance < near)
        normal = (ray * distance[..., None] - centre) / radius
        glance = np.maximum(normal @ light, 0)
        ball = rng.uniform(0, 1, 3) * (0.15 + 0.85 * glance[..., None]) + 0.6 * (glance ** rng.uniform(8, 60))[..., None]
        scene, near = np.where(hit[..., None], ball, scene), np.where(hit, distance, near)
    scene = scene + rng.normal(0, rng.choice([0, 0, 0.02, 0.05]), scene.shape)
    return as_image(scene).resize((width, height), RESAMPLING[rng.integers(len(RESAMPLING))])


def strokes(rng: Rng) -> Image.Image:
    """Brush strokes along a field of directions, darker and lighter within each, on a ground with grain."""
    width, height = size_of(rng)
    image, field = Image.new("RGB", (width, height), colour(rng, 120, 256)), clouds(rng, height, width, 1.8)
    hues = [clouds(rng, height, width, rng.uniform(1.4, 2)) for _ in range(3)]
    pen = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(1500, 6000))):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        turn, length = 6.3 * field[y, x], rng.uniform(6, 40)
        ink = np.clip([255 * hue[y, x] + rng.normal(0, 18) for hue in hues], 0, 255).astype(int)
        for bristle in range(int(rng.integers(2, 7))):
            shift = np.array([-np.sin(turn), np.cos(turn)]) * bristle * 1.3
            end = (x + shift[0] + length * np.cos(turn), y + shift[1] + length * np.sin(turn))
            pen.line((x + shift[0], y + shift[1], *end), fill=tuple(np.clip(ink + int(rng.normal(0, 8)), 0, 255)), width=2)
    grain = rng.uniform(0, 0.12) * (clouds(rng, height, width, rng.uniform(0, 1))[..., None] - 0.5)
    return as_image(np.asarray(image) / 255 + grain)


def fractal(rng: Rng) -> Image.Image:
    """A Julia set in the colours of a colour map."""
    width, height = size_of(rng)
    span = rng.uniform(0.4, 1.5)
    z = (np.linspace(-span, span, width)[None] + 1j * np.linspace(-span, span, height)[:, None]).astype(complex)
    c, count = 0.7885 * np.exp(1j * rng.uniform(0, 2 * np.pi)), np.zeros(z.shape)
    for _ in range(80):
        alive = np.abs(z) < 4
        z[alive] = z[alive] ** 2 + c
        count += alive
    smooth = count + 1 - np.log2(np.maximum(np.log(np.maximum(np.abs(z), 1.001)), 1e-3)) * (count < 80)
    return as_image(plt.get_cmap(rng.choice(["twilight", "inferno", "cubehelix", "Spectral"]))(np.clip(smooth / rng.uniform(30, 90), 0, 1))[..., :3])


def pixel_art(rng: Rng) -> Image.Image:
    """Few colours on a coarse grid, enlarged without a filter, or another drawing with dithered colours."""
    if rng.random() < 0.5:
        other = (poster, landscape, render)[rng.integers(3)](rng)
        return other.quantize(int(rng.choice([8, 16, 64, 256])), dither=Image.Dither.FLOYDSTEINBERG).convert("RGB")
    side, times = int(rng.integers(24, 120)), int(rng.integers(4, 12))
    palette = rng.integers(0, 256, (int(rng.integers(4, 17)), 3)).astype(np.uint8)
    level = clouds(rng, side, side + int(rng.integers(0, 30)), rng.uniform(0.8, 1.8))
    return Image.fromarray(palette[(level * (len(palette) - 0.01)).astype(int)].repeat(times, 0).repeat(times, 1))


KINDS: tuple[Callable[[Rng], Image.Image], ...] = (plot, page, diagram, poster, ornament, landscape, render, strokes, fractal, pixel_art)


def keep(image: Image.Image, path: Path, rng: Rng) -> None:
    """Save it, seven of ten without loss and as it is."""
    luck = rng.random()
    if luck < 0.1 and min(image.size) > 300:
        factor = rng.uniform(0.5, 1.6)
        image = image.resize((round(image.width * factor), round(image.height * factor)), RESAMPLING[rng.integers(len(RESAMPLING))])
    if luck > 0.8:
        image.save(path.with_suffix(".jpg"), quality=int(rng.integers(70, 99)), subsampling=int(rng.choice([0, 2])))
    else:
        image.save(path.with_suffix(".png"))


def main() -> None:
    """Draw so many of each kind."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--each", type=int, default=25)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for number, kind in enumerate(KINDS):
        folder = arguments.folder / "0_real" / f"own-{kind.__name__.replace('_', '-')}"
        folder.mkdir(parents=True, exist_ok=True)
        for index in range(arguments.each):
            rng = np.random.default_rng([arguments.seed, number, index])
            keep(kind(rng), folder / f"{index:03d}.png", rng)


if __name__ == "__main__":
    main()
