"""One line that says where figures come from: without it they mean nothing."""

from __future__ import annotations

import os
import platform

import torch

from forensics_ui import __version__


def describe_machine() -> str:
    """Processor, cores, load, versions."""
    processor = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), platform.processor() or platform.machine())
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no GPU"
    return (
        f"{processor}, {os.cpu_count()} cores, {load}, {gpu}; {platform.system()}, Python {platform.python_version()}, "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads, forensics_ui {__version__}"
    )


def _cpuinfo() -> list[str]:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return file.readlines()
    except OSError:
        return []
