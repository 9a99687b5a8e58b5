"""A script, run as a process of its own: a checkpoint on standard input becomes safetensors in the file that is named.

    python unpickle.py OUT [--torchscript]

A pickle can try to run code and to fill the memory. So it is parsed here, by torch's restricted reader, under limits;
all that leaves this process is tensors. On failure one line of JSON on standard output says what kind it was.
It imports nothing of this package, so that it can be started from anywhere.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, BinaryIO

import torch
from safetensors.torch import save_file

SPARE_BYTES = 256 << 20
CPU_SECONDS = 120
MOST_TENSORS = 10_000
NESTS = ("model", "state_dict", "model_state_dict", "net")


def limit(size: int) -> None:
    """Bound memory, time and output of this process by the size of its input; Windows has no such limits."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * size + SPARE_BYTES,) * 2)
    if sys.platform == "linux":
        # What torch reserved while it was imported (a CUDA build reserves much) is not the file's doing.
        with open("/proc/self/statm", encoding="ascii") as statm:
            reserved = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (reserved + 5 * size + SPARE_BYTES,) * 2)


def tensors_of(loaded: Any) -> dict[str, torch.Tensor]:
    """The named tensors of a state dict, or of the one that a training script nested in its checkpoint."""
    for candidate in (loaded, *(loaded[key] for key in NESTS if isinstance(loaded, Mapping) and key in loaded)):
        if isinstance(candidate, Mapping):
            found = {name: value for name, value in candidate.items() if isinstance(name, str) and isinstance(value, torch.Tensor)}
            if found:
                return found
    raise ValueError("no named tensors in it")


def compact(state: dict[str, torch.Tensor], size: int) -> dict[str, torch.Tensor]:
    """Give every tensor its own plain memory. A tensor may claim to be far larger than the file: that is refused."""
    claimed = sum(tensor.numel() * tensor.element_size() for tensor in state.values())
    if len(state) > MOST_TENSORS or claimed > 4 * size:
        raise ValueError("it claims to hold more than a file of its size can")
    if any(tensor.layout != torch.strided or tensor.is_quantized or tensor.is_meta for tensor in state.values()):
        raise ValueError("tensors of a kind that no network here has")
    owners = Counter(tensor.untyped_storage().data_ptr() for tensor in state.values())
    return {
        name: tensor if _is_plain(tensor, owners) else tensor.detach().clone(memory_format=torch.contiguous_format) for name, tensor in state.items()
    }


def _is_plain(tensor: torch.Tensor, owners: Counter[int]) -> bool:
    # Copying what is plain already would double the memory of CLIP's 0.9 GB.
    storage = tensor.untyped_storage()
    return tensor.is_contiguous() and storage.nbytes() == tensor.numel() * tensor.element_size() and owners[storage.data_ptr()] == 1


def read(stream: BinaryIO, torchscript: bool) -> Any:
    """Parse with torch's restricted reader; TorchScript only for files whose hash is listed, as the caller has checked."""
    if torchscript:
        # The same open file by a name: from a stream, torch takes eight times as long.
        opened = f"/proc/self/fd/{stream.fileno()}"
        return torch.jit.load(opened if os.path.exists(opened) else stream, map_location="cpu").state_dict()
    return torch.load(stream, map_location="cpu", weights_only=True)


def main(out: str, torchscript: bool) -> int:
    """Convert, or say why not."""
    warnings.simplefilter("ignore")
    stream = sys.stdin.buffer
    size = os.fstat(stream.fileno()).st_size
    limit(size)
    try:
        save_file(compact(tensors_of(read(stream, torchscript)), size), out)
    except MemoryError:
        kind, detail = "memory", ""
    except Exception as error:  # whatever a hostile file makes the reader raise is an answer, not a crash
        kind, detail = type(error).__name__, str(error)[:300]
    else:
        return 0
    print(json.dumps({"kind": kind, "detail": detail}))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], "--torchscript" in sys.argv[2:]))
