"""The list of a pool: every picture that was kept, its kind and size, near-duplicates left out."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".gif")
COLUMNS = ("label", "source", "file", "origin", "kind", "width", "height")
SMALLEST = 128
MOST_PIXELS = 80_000_000
FEWEST_GREYS = 12  # of 72: plainer ones are icons and blanks


def sides(path: Path) -> tuple[int, int]:
    """Width and height without decoding; (0, 0) of what is no picture or too large a one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                return image.size if image.size[0] * image.size[1] <= MOST_PIXELS else (0, 0)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return 0, 0


def look(path: Path) -> int | None:
    """64 bits of what brightens to the right in 9 x 8 pixels: near-duplicates have the same. None of what is nearly plain."""
    try:
        with Image.open(path) as image:
            image.draft("L", (64, 64))
            small = np.asarray(image.convert("RGBA").convert("L").resize((9, 8)), np.int16)
    except (OSError, ValueError, SyntaxError):
        return None
    if len(np.unique(small)) < FEWEST_GREYS:
        return None
    return int("".join("01"[bit] for bit in (small[:, :-1] > small[:, 1:]).astype(int).ravel()), 2)


def listed(folder: Path, kinds: Mapping[str, str]) -> Iterator[dict[str, str | int]]:
    """Rows of all pictures under manager/package; `kinds` of sources, photographs where it names none."""
    seen: set[int] = set()
    for path in sorted(folder.glob("*/*/*")):
        width, height = sides(path) if path.suffix.lower() in SUFFIXES else (0, 0)
        if min(width, height) < SMALLEST:
            continue
        bits = look(path)
        if bits is None or bits in seen:
            continue
        seen.add(bits)
        package = path.parent.name.replace("+", "/") if path.parent.name.startswith("@") else path.parent.name
        source = f"{path.parent.parent.name}:{package}"
        file = path.relative_to(folder).as_posix()
        row = {"label": "real", "source": source, "file": file, "origin": package, "kind": kinds.get(source, "photo")}
        yield {**row, "width": width, "height": height}


def write(folder: Path, rows: Iterator[dict[str, str | int]]) -> str:
    """Write `pool.csv`; says how many pictures of which kinds it lists."""
    found = list(rows)
    with (folder / "pool.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(found)
    kinds = Counter(str(row["kind"]) for row in found)
    return f"{len(found)} pictures: " + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
