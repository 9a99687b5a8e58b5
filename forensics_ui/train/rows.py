"""What is counted in the copies of all pictures, by as many processes as there are: the numbers that PRC's lines are fitted to."""

from __future__ import annotations

import multiprocessing
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
import torch

from forensics_ui.train.counted import Past, copies_of
from forensics_ui.train.folders import Sample
from forensics_ui.train.pictures import Pictures

TOLD_EVERY_SECONDS = 10.0
DRAW = 0  # another number draws other copies of the same pictures

Counted = tuple[list[int], list[bool], np.ndarray]  # the family of every copy of one picture, whether it was edited, and its numbers


class Rows:
    """The rows, which picture and family each is of, and whether it was edited. They do not depend on the number of processes."""

    def __init__(self, samples: list[Sample], past: Past, seed: int, processes: int, say: Callable[[str], None]) -> None:
        numbers, families, edits, owners, told = [], [], [], [], time.monotonic()
        for index, (family, edited, counted) in enumerate(_counted(samples, past, seed, processes)):
            numbers.append(counted)
            families += family
            edits += edited
            owners += [index] * len(family)
            if time.monotonic() - told > TOLD_EVERY_SECONDS:
                told = time.monotonic()
                say(f"counted in {index + 1} of {len(samples)} pictures")
        self.numbers = np.concatenate(numbers)
        self.sample, self.family, self.edited = np.array(owners), np.array(families), np.array(edits, bool)


def _counted(samples: list[Sample], past: Past, seed: int, processes: int) -> Iterator[Counted]:
    count = partial(_count, past=past, seed=seed)
    if processes < 2:
        yield from map(count, samples)
        return
    # A forked process would share the threads of torch, which do not survive a fork.
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), initializer=torch.set_num_threads, initargs=(1,)) as pool:
        yield from pool.map(count, samples, chunksize=4)


def _count(sample: Sample, past: Past, seed: int) -> Counted:
    # What is drawn depends on the picture alone: others beside it, or another order of folders, change nothing.
    own = zlib.crc32(f"{sample.source}/{sample.path.name}".encode())
    variants = Pictures([sample], seed=own + seed).variants(0)
    copies = list(copies_of(variants, sample, past, [seed, own, DRAW]))
    families, edits = [family for family, _, _ in copies], [edited for _, edited, _ in copies]
    return families, edits, np.array([shares for _, _, shares in copies], np.float32).reshape(len(copies), -1)
