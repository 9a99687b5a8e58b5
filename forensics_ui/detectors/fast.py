"""Exact rewrites shared by the detectors: BN folded away, pixel relationships in integers, tiles that change nothing.

Every one of them is compared with the plain networks of `networks.py` in the tests.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.core.reasons import because
from forensics_ui.detectors.networks import IMAGENET_STD


def load_strictly(network: nn.Module, state: Mapping[str, Tensor], title: str) -> nn.Module:
    """Load every tensor or say in one sentence what does not fit."""
    own = network.state_dict()
    # Counters of training steps say nothing about the network; some published files lack them.
    state = {**{k: v for k, v in own.items() if k.endswith("num_batches_tracked")}, **state}
    odd = sorted(set(own) ^ set(state)) or [k for k in own if own[k].shape != state[k].shape]
    if odd:
        raise WeightsMismatch(because("tensors_do_not_fit", title=title, count=len(odd), first=odd[0]))
    network.load_state_dict(dict(state))
    return network.eval().requires_grad_(False)


def folded(conv: nn.Conv2d, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that equals `norm(conv(x))`; computed in float64."""
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = torch.zeros_like(scale) if conv.bias is None else conv.bias.double()
    return conv.weight.double() * scale.view(-1, 1, 1, 1), (bias - norm.running_mean.double()) * scale + norm.bias.double()


def per_level(weight: Tensor, scale: float = 1.0) -> Tensor:
    """Fold the ImageNet normalisation into a first layer that eats differences of 8-bit levels (the mean cancels)."""
    return weight * (scale / (255 * torch.tensor(IMAGENET_STD, dtype=weight.dtype, device=weight.device))).view(1, 3, 1, 1)


def placed(tensor: Tensor, device: torch.device, dtype: torch.dtype) -> Tensor:
    """The tensor where and as it is computed with; weights of convolutions in the order of memory that suits pictures."""
    tensor = tensor.to(device, dtype)
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def relationships_of_levels(block: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The differences of the three other pixels of each 2 x 2 cell to its top left one: (batch, rows, columns, 3) int16 each."""
    cells = block.to(torch.int16)
    first = cells[:, ::2, ::2]
    return cells[:, ::2, 1::2] - first, cells[:, 1::2, ::2] - first, cells[:, 1::2, 1::2] - first


@dataclass(frozen=True)
class Tile:
    """Feature cells `start..stop` of one direction, and the pixels and leading cells that computing them takes."""

    start: int
    stop: int
    first_pixel: int
    last_pixel: int
    skip: int  # feature cells at the front of the tile that belong to its neighbour


def tiles(cells: int, pixels: int, cells_per_tile: int, before: int, after: int) -> list[Tile]:
    """Split one direction of a feature map with stride 8 into equal tiles.

    `before` and `after` are whole cells of context. At the picture's own border there is none to take, and the padding
    of the convolutions is then that of the whole picture.
    """
    count = -(-cells // cells_per_tile)
    edges = [round(i * cells / count) for i in range(count + 1)]
    made = []
    for start, stop in itertools.pairwise(edges):
        skip = min(before, start)
        made.append(Tile(start, stop, 8 * (start - skip), min(pixels, 8 * (stop + after)), skip))
    return made


def in_tiles(
    pixels: Tensor, cells_per_tile: int, context: tuple[int, int], compute: Callable[[Tensor], Tensor], told: Callable[[int, int], None]
) -> np.ndarray:
    """A map with a cell for every 8 x 8 pixels, (batch, rows, columns, ...), computed in tiles of bounded memory.

    `compute` gets pixels and gives their cells; `context` is what it needs before and after, in cells; `told` is called with (done, total).
    """
    count, height, width, _ = pixels.shape
    grid = -(-height // 8), -(-width // 8)
    rows, columns = (tiles(cells, length, cells_per_tile, *context) for cells, length in zip(grid, (height, width), strict=True))
    maps = None
    for done, (row, column) in enumerate(each_tile(rows, columns), 1):
        cells = compute(pixels[:, row.first_pixel : row.last_pixel, column.first_pixel : column.last_pixel])
        cells = cells[:, row.skip : row.skip + row.stop - row.start, column.skip : column.skip + column.stop - column.start]
        maps = np.empty((count, *grid, *cells.shape[3:]), np.float32) if maps is None else maps
        maps[:, row.start : row.stop, column.start : column.stop] = cells.cpu().numpy()
        told(done, len(rows) * len(columns))
    assert maps is not None, "no picture is without a cell"
    return maps


def each_tile(rows: list[Tile], columns: list[Tile]) -> Iterator[tuple[Tile, Tile]]:
    """All tiles, row by row."""
    return ((row, column) for row in rows for column in columns)


def squares(height: int, width: int, side: int) -> list[tuple[int, int]]:
    """Top left corners of as few squares as cover a picture (its last 7 pixels aside), whole ones, at multiples of 8."""
    return [(top, left) for top in _spread(height, side) for left in _spread(width, side)]


def _spread(length: int, side: int) -> list[int]:
    count = max(1, -(-length // side))
    room = max(0, length - side)
    return [0] if count == 1 else [round(room * i / (count - 1)) // 8 * 8 for i in range(count)]


def single_cores() -> ThreadPoolExecutor:
    """As many threads as torch uses cores, each with one of its own: many small operations wait longer for a second core than they take."""
    count = torch.get_num_threads()
    pool, all_there = ThreadPoolExecutor(count, "single-core"), threading.Barrier(count)
    list(pool.map(_stay_on_one_core, [all_there] * count))
    torch.set_num_threads(count)  # threads to come begin with what was set last
    return pool


def _stay_on_one_core(all_there: threading.Barrier) -> None:
    torch.get_num_threads()  # a thread takes over what was set for all when it is first asked, and after that keeps its own
    torch.set_num_threads(1)
    all_there.wait()
