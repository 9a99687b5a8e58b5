"""CLIP features that are computed once: kept on disk under the hash of the pixels that the network saw, and of the network.

The key is the SHA-256 of a square's pixels as CLIP gets them, so file, input rule and random history are all in it: the same
square asked for by another training, a bank or another rule is not computed again. One SQLite file per network; what is in
it stays when a run is stopped at any moment.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from forensics_ui.core.errors import ForensicsError, NotApplicable, WeightsMismatch
from forensics_ui.core.settings import Settings
from forensics_ui.detectors.clip_heads import SIDE, EmbeddingHead
from forensics_ui.detectors.univfd import SQUARES_AT_ONCE, UnivFD
from forensics_ui.service.installed import backbone_installed
from forensics_ui.weightstore.load import LoadedWeights, load_weights

FOLDER = "features"
ASKED_AT_ONCE = 500  # below the number of placeholders that any SQLite takes


class FeatureStore:
    """Features of one network in one file."""

    def __init__(self, folder: Path, backbone_sha256: str, width: int) -> None:
        self.width = width
        self.path = folder / f"{backbone_sha256}.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = sqlite3.connect(self.path, timeout=60)
            self._file.execute("CREATE TABLE IF NOT EXISTS features (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID")
        except (OSError, sqlite3.Error) as error:
            raise self._trouble(error) from None

    def get(self, keys: list[bytes]) -> dict[bytes, np.ndarray]:
        """Those that are kept; a value of the wrong size or with a number missing counts as not kept."""
        found: dict[bytes, np.ndarray] = {}
        try:
            for part in _parts(keys, ASKED_AT_ONCE):
                rows = self._file.execute(f"SELECT key, value FROM features WHERE key IN ({','.join('?' * len(part))})", part)
                found |= {key: np.frombuffer(value, "<f4") for key, value in rows if len(value) == 4 * self.width}
        except sqlite3.Error as error:
            raise self._trouble(error) from None
        return {key: value for key, value in found.items() if np.isfinite(value).all()}

    def put(self, made: Mapping[bytes, np.ndarray]) -> None:
        """Keep these; they are on disk when this returns."""
        try:
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO features VALUES (?, ?)", [(k, v.astype("<f4").tobytes()) for k, v in made.items()])
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _trouble(self, error: Exception) -> ForensicsError:
        return ForensicsError(
            f"The kept features ({FOLDER}/{self.path.name[:12]}....sqlite in the data folder) cannot be used: {str(error)[:80]}. "
            "Delete that file; they are then computed anew."
        )


class CachedUnivFD(UnivFD):
    """UnivFD in fp32 whose features come from the store where they are in it. Its head can be set later."""

    def __init__(self, tower: LoadedWeights, device: torch.device, folder: Path) -> None:
        width = tower.state["visual.proj"].shape[1]
        head = {"weight": torch.zeros(1, width), "bias": torch.zeros(1)}
        super().__init__({**{f"backbone.{name}": tensor for name, tensor in tower.state.items()}, **head}, device)
        self.width, self.backbone = width, {"name": tower.name, "sha256": tower.sha256}
        self.store = FeatureStore(folder / FOLDER, tower.sha256, width)
        self.computed = self.recalled = 0
        # One by one on a processor: the last bits then do not depend on which others were computed with it, and it costs little.
        self._at_once = 1 if device.type == "cpu" else SQUARES_AT_ONCE

    @classmethod
    def installed(cls, wanted: str | None, device: torch.device, settings: Settings) -> CachedUnivFD:
        """On the tower of that name or file; by default on the installed one."""
        name = wanted or backbone_installed("univfd", settings.weights_dir)
        tower = load_weights(name, "univfd", settings.weights_dir)
        if "visual.proj" not in tower.state:
            raise WeightsMismatch(f"{tower.name} is a linear head; what is asked for is the CLIP image tower below it.")
        return cls(tower, device, settings.data_dir)

    def set_head(self, weight: Tensor, bias: Tensor) -> None:
        """Score with this linear layer from now on."""
        self._head = EmbeddingHead(weight, bias)

    def _places(self, squares: np.ndarray) -> np.ndarray:
        # Through the store: pictures are scored again for every head that is tried.
        scores = self.features(squares).astype(np.float64) @ self._head.weight.double().numpy()
        return scores.reshape(-1, 1, 1)

    def features(self, squares: np.ndarray) -> np.ndarray:
        keys = [hashlib.sha256(np.ascontiguousarray(square)).digest() for square in squares]
        known = self.store.get(keys)
        self.recalled += len(keys)
        missing = {key: i for i, key in enumerate(keys) if key not in known}
        for part in _parts(list(missing), self._at_once):
            values = self._compute(np.stack([squares[missing[key]] for key in part]))
            made = dict(zip(part, values, strict=True))
            self.store.put(made)
            known |= made
        self.computed += len(missing)
        self.recalled -= len(missing)
        return np.stack([known[key] for key in keys])

    @torch.inference_mode()
    def _compute(self, squares: np.ndarray) -> np.ndarray:
        return super().features(squares)

    def picture_feature(self, block: np.ndarray) -> np.ndarray:
        """The feature of a prepared block: that of its square, or the mean over its squares, as the linear head sees it."""
        height, width = block.shape[:2]
        if min(height, width) < SIDE:
            raise NotApplicable(
                f"the picture is too small for features of CLIP: {width} x {height} pixels were left of it, where {SIDE} each way are needed"
            )
        rows, columns = height // SIDE, width // SIDE
        squares = block.reshape(rows, SIDE, columns, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)
        return self.features(squares).mean(0, dtype=np.float64).astype(np.float32)


def _parts(keys: list[bytes], size: int) -> Iterator[list[bytes]]:
    return (keys[start : start + size] for start in range(0, len(keys), size))
