"""Where networks run, in which precision, and how much they may hold. Every choice comes with the sentence why."""

from __future__ import annotations

import gc
import math
import os
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import torch

from forensics_ui.core.errors import ForensicsError, NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.detectors.base import Detector, Precision

MAX_DRIFT = 0.1  # of a logit, against the reference
GIB = 1024**3
OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "defaultcpuallocator", "cudnn_status_alloc_failed", "cublas_status_alloc_failed")


def choose_device(wanted: str = "auto") -> tuple[torch.device, str]:
    """The device and why; an error if one was asked for by name that is not there."""
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        name = next(name for name, usable in there.items() if usable)
        missing = " and ".join(other.upper() for other, usable in there.items() if not usable)
        return torch.device(name), f"{describe(name)}, chosen by itself" + (f" ({missing} not available)" if name == "cpu" else "")
    if wanted not in there:
        raise ForensicsError(because("no_such_device", name=wanted, known=list(there)))
    if not there[wanted]:
        raise ForensicsError(because("device_not_here", name=wanted, torch=torch.__version__))
    return torch.device(wanted), f"{describe(wanted)}, as asked for"


def describe(name: str) -> str:
    """The device in words."""
    if name == "cuda":
        return f"{torch.cuda.get_device_name()} (CUDA)"
    return "Apple GPU (MPS)" if name == "mps" else f"processor with {cpu_threads()} threads"


def set_up(device: torch.device) -> None:
    """Make arithmetic exact and the number of threads right, for the whole process."""
    # TF32 is PyTorch's default for convolutions on CUDA and keeps 10 bits: that is not fp32.
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.deterministic = True
    if device.type == "cpu":
        torch.set_num_threads(cpu_threads())


@cache
def cpu_threads() -> int:
    """Physical cores that this process may use, but never more than PyTorch itself would take."""
    if sys.platform != "linux":
        return torch.get_num_threads()
    own = sorted(os.sched_getaffinity(0))
    try:
        # Siblings of one core share this line.
        cores = {Path(f"/sys/devices/system/cpu/cpu{n}/topology/thread_siblings_list").read_text() for n in own}
    except OSError:
        cores = {str(n) for n in own}
    return max(1, min(len(cores), cpu_quota(), torch.get_num_threads()))


def cpu_quota() -> int:
    """Whole processors that a container is given; a large number outside one."""
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, round(int(quota) / int(period)))
    except (OSError, ValueError):
        return 1 << 16


def physical_memory() -> int:
    """Bytes of RAM; 8 GiB where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 8 * GIB


def model_budget(device: torch.device) -> int:
    """Bytes of weights to keep loaded: UnivFD and the small ones fit, several of its size only on large machines."""
    total = torch.cuda.mem_get_info()[1] if device.type == "cuda" else physical_memory()
    return max(2 * GIB, total // 4)


def batch_pixels(device: torch.device) -> int:
    """Pixels to compute at once: those of one crop on a processor, of 128 crops on a GPU.

    On a processor a batch of crops falls out of the cache: LFM took 15 % more processor time per crop in fours than one by one.
    """
    return (1 if device.type == "cpu" else 128) * 256 * 256


def device_bytes(device: torch.device) -> int | None:
    """Bytes that PyTorch holds on an accelerator."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated()
    return torch.mps.current_allocated_memory() if device.type == "mps" else None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out, on whichever device."""
    if isinstance(error, (MemoryError, torch.cuda.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY_WORDS)


def release_memory() -> None:
    """Give back what is not used any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()


def drift_ok(candidate: Detector, reference: Detector) -> tuple[bool, str]:
    """Compare a faster path with the exact one on seeded pictures: at most 0.1 of a logit apart, and no change of sign."""
    worst = 0.0
    for picture in seeded_pictures():
        try:
            block = type(reference).prepare(picture, "crop").block
        except NotApplicable:
            continue
        fast, exact = (detector.findings([block])[0].logit for detector in (candidate, reference))
        if not math.isfinite(fast) or (fast > 0) != (exact > 0):
            return False, f"a test picture scored {fast:.3f} instead of {exact:.3f}"
        worst = max(worst, abs(fast - exact))
    return worst <= MAX_DRIFT, f"test pictures moved by at most {worst:.3f} of a logit (allowed: {MAX_DRIFT})"


def seeded_pictures(side: int = 256) -> list[np.ndarray]:
    """Pictures of different character, always the same: noise, a soft gradient with grain, up-sampled noise, flat patches."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side
    soft = np.stack([255 * y, 255 * x, 255 * (1 - x) * y], -1) + rng.normal(0, 2, (side, side, 3))
    coarse = rng.integers(0, 256, (side // 2, side // 2, 3)).repeat(2, 0).repeat(2, 1)
    patches = rng.integers(0, 256, (side // 32, side // 32, 3)).repeat(32, 0).repeat(32, 1) + rng.integers(-1, 2, (side, side, 3))
    return [np.clip(p, 0, 255).astype(np.uint8) for p in (rng.integers(0, 256, (side, side, 3)), soft, coarse, patches)]


def build(make: type[Detector], state: Mapping[str, torch.Tensor], device: torch.device, exact_only: str = "") -> tuple[Detector, str]:
    """The fastest path that passes the drift test, else the exact one, and why. `exact_only` is a reason not to try."""
    if device.type == "cpu":
        return make(state, device), "fp32: exact, and the fastest on processors"
    wanted: Precision = "fp16" if device.type == "cuda" else "fp32"
    # Only fp32 is used on MPS, and it is compared with the processor.
    place = device if device.type == "cuda" else torch.device("cpu")
    return choose_path(make, state, (device, wanted), place, exact_only)


def choose_path(
    make: type[Detector], state: Mapping, fast: tuple[torch.device, Precision], place: torch.device, exact_only: str
) -> tuple[Detector, str]:
    """Build the exact path at `place` and the fast one, and keep the fast one if it agrees."""
    reference = make(state, place, "fp32")
    name = f"{fast[1]} on {fast[0].type}"
    if exact_only:
        return reference, f"fp32 on {place.type}, not {name}: {exact_only}"
    candidate = make(state, *fast)
    good, sentence = drift_ok(candidate, reference)
    return (candidate, f"{name}: {sentence}") if good else (reference, f"fp32 on {place.type}, not {name}: {sentence}")
