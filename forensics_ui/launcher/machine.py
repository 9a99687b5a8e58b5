"""Is this machine fit for the set-up? Asked before it starts, so that the answer is a sentence and not a failure half way."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys

from forensics_ui.launcher import CannotRun, say
from forensics_ui.launcher.state import PROJECT, STATE, torch_index

GIB = 1024**3
FRESH_BYTES, UPDATE_BYTES = 4 * GIB, GIB  # 1.8 GiB with a CPU build of torch, and as much again on the way there
CUDA_BYTES = 10 * GIB


def machine_problem(system: str, machine: str, can_make_venv: bool) -> str:
    """Say in one sentence what is missing on this machine, or give an empty string."""
    if (system, machine) == ("darwin", "x86_64"):
        return "There is no torch for this Python: on macOS it needs an Apple-silicon Mac and a Python built for it (this one is x86_64)."
    if not can_make_venv:
        package = "python{}.{}-venv".format(*sys.version_info[:2])
        return f"This Python cannot make a virtual environment. On Debian or Ubuntu: sudo apt install {package}"
    return ""


def disk_problem(free: int, fresh: bool) -> str:
    """Say in one sentence that the disk is too full, or give an empty string."""
    needed = FRESH_BYTES if fresh else UPDATE_BYTES
    if free >= needed:
        return ""
    return f"Not enough free disk: set-up needs about {needed / GIB:.0f} GB where forensics_ui lies, and {free / GIB:.1f} GB are free."


def hint(system: str, has_nvidia: bool, free: int) -> str:
    """What may turn out otherwise than hoped on this machine, though set-up can go on."""
    if torch_index():
        return ""
    if system == "win32" and has_nvidia:
        return "There is an NVIDIA GPU, but the usual torch for Windows is CPU only. For the GPU set TORCH_INDEX_URL to the cu130 index that the PyTorch site names."
    if system == "linux" and free < CUDA_BYTES:
        return f"If pip picks the CUDA build of torch, {free / GIB:.1f} GB may be too little; TORCH_INDEX_URL with the cpu index of the PyTorch site gives the small one."
    return ""


def check_machine() -> None:
    """Refuse now what cannot work; say what may surprise."""
    free = shutil.disk_usage(PROJECT).free
    can_make_venv = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    if problem := machine_problem(sys.platform, platform.machine(), can_make_venv) or disk_problem(free, not STATE.exists()):
        raise CannotRun(problem)
    if not os.access(PROJECT, os.W_OK):
        raise CannotRun("The folder of forensics_ui cannot be written to; put it where you may write.")
    if told := hint(sys.platform, shutil.which("nvidia-smi") is not None, free):
        say(f"Note: {told}")
