"""A folder of Parquet files as a memory: what it holds, and what of a list it does not hold yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow


class ParquetFolder:
    """Rows that earlier runs and this one have written, one file after the other; a file never changes once it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: set[str] = set()

    def tidy(self) -> None:
        """Delete what a run that was killed has left half written; readers of the folder would stumble over it."""
        self.path.mkdir(parents=True, exist_ok=True)
        for file in self.path.glob("*.parquet"):
            if not is_whole(file):
                file.unlink(missing_ok=True)

    def fresh(self) -> Iterator[pyarrow.Table]:
        """The files that became whole since the last time, in turn."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for file in sorted(self.path.glob("*.parquet")):
            if file.name in self._read or not is_whole(file):
                continue
            try:
                table = pq.ParquetFile(file).read()
            except (OSError, pa.ArrowInvalid):
                # Being written once more, after the worker that wrote it has died: its turn will come.
                continue
            self._read.add(file.name)
            yield table

    def without_known(self, wanted: pyarrow.Table, keys: Sequence[str], passing: Sequence[str] | None = None) -> pyarrow.Table:
        """The rows of `wanted` whose keys the folder does not hold, by anti-join. A `passing` error is no answer; without a list none is."""
        import pyarrow.dataset as ds

        whole = [str(file) for file in self.path.glob("*.parquet") if is_whole(file)]
        if not whole:
            return wanted
        code = ds.field("error_code")
        answers = code.is_null() if passing is None else code.is_null() | ~code.isin(list(passing))
        known = ds.dataset(whole, format="parquet").to_table(columns=list(keys), filter=answers)
        return wanted.join(known, keys=list(keys), join_type="left anti")


def is_whole(file: Path) -> bool:
    """Whether a file was written to its end: Parquet writes its table of contents last."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        pq.read_metadata(file)
    except (OSError, pa.ArrowInvalid):
        return False
    return True


def blocks_of(table: pyarrow.Table, slots: int, most: int) -> list[pyarrow.Table]:
    """Cut into blocks: what a worker gets at once, what is lost with it, and what ends up in one file."""
    size = max(1, min(most, -(-table.num_rows // (slots * 4))))
    return [table.slice(start, size) for start in range(0, table.num_rows, size)]
