"""Load weights: hash, compare with the manifest, parse, rename. In that order, so that nothing unchecked meets a parser.

A `.pth` of the user's own choice cannot be compared with anything; it goes through the same restricted reader in a process
of its own. Formats that can hold code (`.pt2`, TorchScript) are refused, but for the one listed file that is checked by hash.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor

from forensics_ui.core.errors import WeightsError, WeightsMismatch, WeightsMissing
from forensics_ui.core.settings import WEIGHTS
from forensics_ui.weightstore import unpickle
from forensics_ui.weightstore.card import Card
from forensics_ui.weightstore.hashes import Digests, digests_of
from forensics_ui.weightstore.manifest import NO_CARD, WeightsEntry, entries, find, read_card
from forensics_ui.weightstore.names import expect, map_names

HEADER_BYTES = 1 << 20  # a network of 1,000 tensors needs a tenth of that
MOST_BYTES = 4 << 30
UNPICKLE_SECONDS = 180


@dataclass(frozen=True)
class LoadedWeights:
    """The parameters of one network under our names, and who they are."""

    name: str
    sha256: str
    detector: str
    state: dict[str, Tensor]
    card: Card = NO_CARD
    entry: WeightsEntry | None = None  # None: a file that no list names


def load_weights(name_or_path: str | Path, detector: str | None = None, weights_dir: Path = WEIGHTS) -> LoadedWeights:
    """Load by the name of an entry or by file; `detector` is whose weights they must be."""
    entry, path = resolve(name_or_path, weights_dir)
    with _open(path) as stream:
        found = digests_of(stream, os.fstat(stream.fileno()).st_size)
        entry = _checked(entry, path, found, weights_dir)
        stream.seek(0)
        # The bytes that were hashed are parsed: the same open file, even if another one takes its name meanwhile.
        state = map_names(_parse(stream, path, found.size, entry))
    owner = expect(state, detector or (entry.detector if entry else None))
    if entry and owner != entry.detector:
        raise WeightsMismatch(f"{path.name} is listed as weights of {entry.detector}, not of {owner}.")
    _refuse_not_finite(state)
    return LoadedWeights(entry.name if entry else path.name, found.sha256, owner, state, read_card(path), entry)


def resolve(name_or_path: str | Path, weights_dir: Path = WEIGHTS) -> tuple[WeightsEntry | None, Path]:
    """The entry of that name and its file, or no entry and the file of that path."""
    if entry := find(str(name_or_path), weights_dir):
        return entry, weights_dir / entry.file
    given = Path(name_or_path)
    # A bare file name may also be one of the weights folder; a path is only ever that path.
    for path in (given, weights_dir / given) if given.name == str(given) else (given,):
        if path.is_file():
            return None, path
    known = ", ".join(entry.name for entry in entries(weights_dir))
    raise WeightsMissing(f"No weights and no file are called {Path(name_or_path).name!r}; the known weights are {known}.")


def _open(path: Path) -> BinaryIO:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise WeightsError(f"{path.name} is larger than any weights that are used here.")
        return path.open("rb")
    except FileNotFoundError:
        raise WeightsMissing(f"{path.name} is not installed; `weights list` says where it can be had.") from None
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror}.") from None


def _checked(entry: WeightsEntry | None, path: Path, found: Digests, weights_dir: Path) -> WeightsEntry | None:
    """The entry that vouches for these bytes, if any; WeightsMismatch if one says that they are wrong."""
    if entry is None:
        known = entries(weights_dir)
        inside = path.resolve().parent == weights_dir.resolve()
        entry = next((each for each in known if inside and each.file == path.name), None)
        entry = entry or next((each for each in known if each.checked and each.agrees(found)), None)
    stated = entry.sha256 if entry else read_card(path).sha256
    if (entry and not entry.agrees(found)) or (stated and stated != found.sha256):
        raise WeightsMismatch(f"{path.name} is not the file it is listed as: its SHA-256 is {found.sha256[:12]}..., so it was not opened.")
    return entry


def _parse(stream: BinaryIO, path: Path, size: int, entry: WeightsEntry | None) -> dict[str, Tensor]:
    # Only a stated hash makes TorchScript acceptable, and only OpenAI's CLIP comes in it.
    torchscript = path.suffix == ".pt" and entry is not None and entry.checked and entry.role == "backbone"
    if path.suffix == ".safetensors":
        return _parse_safetensors(stream.read(), path.name)
    if path.suffix == ".pth" or torchscript:
        return _parse_apart(stream, path.name, torchscript)
    raise WeightsError(
        f"{path.name}: weights are read from .safetensors and from published .pth files; other formats can hold code and are not opened."
    )


def _parse_safetensors(data: bytes, name: str) -> dict[str, Tensor]:
    _check_header(data[:8], len(data), name)
    state = _sound(lambda: safetensors.torch.load(data), name)
    _refuse_ablation(data, name)
    return state


def _refuse_ablation(data: bytes, name: str) -> None:
    """Variants that training makes for comparison can have the shapes of the published network and would give wrong scores."""
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    if changes := header.get("__metadata__", {}).get("ablation"):
        raise WeightsMismatch(
            f"{name} holds a variant that was trained for comparison ({''.join(filter(str.isprintable, changes))[:120]}), not the published network; "
            "what it is worth stands in its card."
        )


def _check_header(start: bytes, size: int, name: str) -> None:
    header = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
    if not 2 <= header <= min(HEADER_BYTES, size - 8):
        raise WeightsMismatch(f"{name} is not a safetensors file that can be trusted: its header claims {header} bytes.")


def _sound(read: Callable[[], dict[str, Tensor]], name: str) -> dict[str, Tensor]:
    try:
        return read()
    except (SafetensorError, ValueError, KeyError, TypeError, RuntimeError, OverflowError) as error:
        raise WeightsMismatch(f"{name} is not a sound safetensors file ({str(error)[:120]}).") from None


def _parse_apart(stream: BinaryIO, name: str, torchscript: bool) -> dict[str, Tensor]:
    """Let a process of its own turn the pickle into plain tensors."""
    # Windows cannot delete what is mapped; the system's own cleaning of its temporary folder does it later.
    with tempfile.TemporaryDirectory(prefix="weights-", ignore_cleanup_errors=True) as folder:
        out = Path(folder) / "tensors.safetensors"
        # -P: the script's own folder must not answer its imports.
        command = [sys.executable, "-P", unpickle.__file__, str(out)] + ["--torchscript"] * torchscript
        try:
            ended = subprocess.run(command, stdin=stream, capture_output=True, timeout=UNPICKLE_SECONDS, cwd=folder, env=_plain_environment())
        except subprocess.TimeoutExpired:
            raise WeightsError(f"{name} took more than {UNPICKLE_SECONDS} seconds to read and was given up.") from None
        if ended.returncode:
            raise WeightsMismatch(_why_not(name, ended))
        with out.open("rb") as written:
            _check_header(written.read(8), out.stat().st_size, name)
        # Mapped, not read: nobody else writes this file, and CLIP is not copied once more.
        return _sound(lambda: safetensors.torch.load_file(out), name)


def _plain_environment() -> dict[str, str]:
    # No GPU is touched and one thread is enough: this process only copies numbers.
    return {**os.environ, "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1", "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD": "0"}


def _why_not(name: str, ended: subprocess.CompletedProcess[bytes]) -> str:
    try:
        answer = json.loads(ended.stdout.splitlines()[-1])
        kind, detail = str(answer["kind"]), str(answer["detail"])
    except (IndexError, ValueError, KeyError, TypeError):
        return f"{name} could not be read: the process that reads it ended by itself (code {ended.returncode})."
    if "No space left" in detail:
        return f"{name} could not be read: the disk that holds temporary files is full."
    if kind == "memory" or "allocate memory" in detail:
        return f"{name} asks for far more memory than a file of its size needs, and was not opened."
    if kind == "UnpicklingError" or "weights_only" in detail:
        return f"{name} holds something other than plain tensors (Python objects or code), and was not opened."
    return f"{name} is not a checkpoint that can be used ({kind}: {' '.join(detail.split())[:120]})."


def _refuse_not_finite(state: dict[str, Tensor]) -> None:
    for name, tensor in state.items():
        if not tensor.is_floating_point():
            continue
        # A finite sum has finite terms, and costs a fraction of looking at each; finite terms can overflow, so look then.
        if not torch.isfinite(tensor.sum(dtype=torch.float32)) and not torch.isfinite(tensor).all():
            raise WeightsMismatch(f"These weights hold values that are not numbers (in {name[:60]!r}); no score can come of them.")
