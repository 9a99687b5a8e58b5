"""CLIP's tokens of every copy, kept in shards; a run that was stopped goes on with what is missing.

    nice -n 5 python -m tests.bench.lab_pool.features --lab LAB --manifest DATA/manifest.csv --pool LAB/pool/pool.csv --minutes 90

A shard of `LAB/features` holds `keys`, `f` (copies, blocks, class token and mean of patch tokens, width) in half precision and
the embeddings `e`. The square is the one that UnivFD takes of a picture; copies that are too small for it are left out.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forensics_ui.core.errors import BadImage, NotApplicable
from forensics_ui.detectors.univfd import UnivFD
from forensics_ui.words import sentence_of
from tests.bench.lab_pool.histories import copy_of
from tests.bench.lab_pool.pictures import parsed
from tests.bench.lab_pool.tasks import Task, all_tasks, key_of
from tests.bench.lab_pool.tower import Tower
from tests.bench.machine import describe_machine

BACKBONE = "clip_vit_b16"
AT_ONCE, IN_SHARD, AHEAD = 8, 300, 24


@dataclass(frozen=True)
class Features:
    """What is known of copies, row by row."""

    keys: list[str]
    tokens: np.ndarray
    embedding: np.ndarray


def main() -> None:
    """Compute what is missing until all is there or time is up."""
    number = {"type": int}
    arguments = parsed(__doc__, threads={**number, "default": 2}, minutes={"type": float, "default": 1e9}, most={**number, "default": 10**9})
    shards = Shards(arguments.lab / "features")
    wanted = [task for task in all_tasks(arguments) if key_of(task) not in shards.known][: arguments.most]
    tower = Tower(BACKBONE, arguments.threads)
    print(f"{len(shards.known)} copies known, {len(wanted)} to do, by {tower.by}; {describe_machine()}", flush=True)
    began = time.monotonic()
    try:
        for done, (keys, squares) in enumerate(batches(squares_of(wanted)), 1):
            shards.add(keys, *tower(squares))
            if done % 40 == 0:
                print(f"{done * AT_ONCE} copies, {done * AT_ONCE / (time.monotonic() - began):.2f} a second", flush=True)
            if time.monotonic() - began > arguments.minutes * 60:
                break
    finally:
        shards.write()


def squares_of(wanted: Iterable[Task]) -> Iterator[tuple[str, np.ndarray]]:
    """Keys and squares, made ahead of use on other threads."""
    waiting: deque = deque()
    left = iter(wanted)
    with ThreadPoolExecutor(2) as threads:
        while True:
            while len(waiting) < AHEAD and (task := next(left, None)):
                waiting.append((key_of(task), threads.submit(square_of, task)))
            if not waiting:
                return
            key, made = waiting.popleft()
            if (square := made.result()) is not None:
                yield key, square


def square_of(task: Task) -> np.ndarray | None:
    """The pixels that UnivFD looks at; None where it does not apply or there is no picture."""
    try:
        return np.ascontiguousarray(UnivFD.prepare(copy_of(*task)[0], "crop").block)
    except NotApplicable:
        return None
    except BadImage as error:
        print(sentence_of(error), flush=True)
        return None


def batches(squares: Iterable[tuple[str, np.ndarray]]) -> Iterator[tuple[list[str], np.ndarray]]:
    """Squares of one size together; what is left over comes last."""
    waiting: dict[int, list[tuple[str, np.ndarray]]] = defaultdict(list)
    for key, square in squares:
        mine = waiting[square.shape[0]]
        mine.append((key, square))
        if len(mine) == AT_ONCE:
            yield _together(waiting.pop(square.shape[0]))
    yield from map(_together, waiting.values())


def _together(pairs: Sequence[tuple[str, np.ndarray]]) -> tuple[list[str], np.ndarray]:
    return [key for key, _ in pairs], np.stack([square for _, square in pairs])


class Shards:
    """The files of a folder: a shard is there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.files = sorted(folder.glob("*.npz"))
        self.known = {str(key) for file in self.files for key in np.load(file)["keys"]}
        self._waiting: list[tuple[str, np.ndarray, np.ndarray]] = []

    def add(self, keys: Sequence[str], tokens: np.ndarray, embedding: np.ndarray) -> None:
        """Keep these; on disk when a shard is full, and by `write`."""
        self._waiting += zip(keys, tokens.astype(np.float16), embedding.astype(np.float32), strict=True)
        if len(self._waiting) >= IN_SHARD:
            self.write()

    def write(self) -> None:
        """Write what waits."""
        if self._waiting:
            keys, tokens, embedding = zip(*self._waiting, strict=True)
            number = max((int(file.stem) for file in self.folder.glob("*.npz")), default=-1) + 1
            unfinished = self.folder / "unfinished"
            with unfinished.open("wb") as file:
                np.savez(file, keys=np.array(keys), f=np.stack(tokens), e=np.stack(embedding))
            unfinished.rename(self.folder / f"{number:05d}.npz")
            self._waiting = []

    def read(self, blocks: Sequence[int]) -> Features:
        """All of it: the tokens of these blocks in single precision, one flat row a copy."""
        keys: list[str] = []
        tokens, embeddings = [], []
        for file in self.files:
            with np.load(file) as shard:
                keys += map(str, shard["keys"])
                tokens.append(shard["f"][:, list(blocks)].astype(np.float32).reshape(len(shard["keys"]), -1))
                embeddings.append(shard["e"])
        return Features(keys, np.concatenate(tokens), np.concatenate(embeddings))


if __name__ == "__main__":
    main()
