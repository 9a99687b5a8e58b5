"""What a bug report needs: versions, device, codecs, weights, limits. Nothing about the person or their pictures."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forensics_ui import __version__
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import PROJECT, Settings
from forensics_ui.words import sentence_of

PACKAGES = (
    "torch",
    "torchvision",
    "gradio",
    "pillow",
    "pillow-heif",
    "numpy",
    "opencv-python-headless",
    "grad-cam",
    "open_clip_torch",
    "c2pa-python",
    "matplotlib",
)
CODECS = ("jpg", "libjpeg_turbo", "zlib", "webp", "avif", "jpg_2000", "libtiff")
GIB = 1024**3


def examine(settings: Settings) -> dict[str, Any]:
    """Look at everything; a part that cannot be looked at says so instead of stopping the rest."""
    parts: dict[str, Callable[[], Any]] = {
        "app": app,
        "packages": packages,
        "codecs": codecs,
        "device": lambda: device(settings.device),
        "weights": lambda: weights(settings.weights_dir),
        "data": lambda: data(settings.data_dir),
        "limits": lambda: asdict(settings.limits),
        "decoder": lambda: decoder(settings),
        "desktop": desktop,
    }
    return without_home({name: tried(look) for name, look in parts.items()})


def tried(look: Callable[[], Any]) -> Any:
    """What was found, or the sentence why nothing was."""
    try:
        return look()
    except ForensicsError as error:
        return {"problem": sentence_of(error)}
    except Exception as error:  # a broken installation is exactly what this command is for
        return {"problem": f"{type(error).__name__}: {error}"}


def without_home(value: Any) -> Any:
    """The same with the user's folder written as ~."""
    if isinstance(value, Mapping):
        return {key: without_home(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_home(each) for each in value]
    return re.sub(re.escape(str(Path.home())) + r"(?=[\\/]|$)", "~", value) if isinstance(value, str) and str(Path.home()) != os.sep else value


def app() -> dict[str, Any]:
    """This program, its Python and its system."""
    return {
        "version": __version__,
        "commit": commit(PROJECT),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "own_venv": Path(sys.prefix).resolve() == PROJECT / ".venv",
        "platform": platform.platform(),
        "machine": platform.machine(),
    }


def commit(folder: Path) -> str | None:
    """The git commit, with `+changes` if files differ from it; None where this is not a git checkout of its own."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != folder.resolve():
            return None
        return git("rev-parse", "HEAD") + ("+changes" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):
        return None


def packages() -> dict[str, str | None]:
    """The versions that are installed; a build that differs from the package's own number is told apart."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    # The number of a wheel does not say for which CUDA it was built; the package's own file does, without importing it.
    for name in ("torch", "torchvision"):
        spec = importlib.util.find_spec(name)
        if spec and spec.origin and (match := re.search(r"__version__ = '([^']+)'", Path(spec.origin).with_name("version.py").read_text())):
            found[name] = match.group(1)
    return found


def codecs() -> dict[str, str | None]:
    """The libraries that decode pictures, with versions; None for one that is missing."""
    from PIL import features

    found = {name: (features.version(name) or "present") if features.check(name) else None for name in CODECS}
    if importlib.util.find_spec("pillow_heif"):
        import pillow_heif

        found["libheif"] = pillow_heif.libheif_version()
    return found


def device(wanted: str) -> dict[str, Any]:
    """Where networks would run, and why there."""
    from forensics_ui.service.device import choose_device, cpu_threads, physical_memory

    chosen, why = choose_device(wanted)
    return {"chosen": str(chosen), "why": why, "cpu_threads": cpu_threads(), "memory_gib": round(physical_memory() / GIB, 1), "gpus": gpus()}


def gpus() -> list[str]:
    """What the graphics driver says of its cards, whether torch can use them or not."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    asked = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    return [line.strip() for line in subprocess.run(asked, capture_output=True, text=True, timeout=20).stdout.splitlines() if line.strip()]


def weights(folder: Path) -> list[dict[str, Any]]:
    """Every weights file that is there, hashed anew."""
    from forensics_ui.weightstore import manifest

    there = [found for found in manifest.installed(folder, rehash=True) if found.status != "missing"]
    return [{"file": found.path.name, "status": found.status, "sha256": found.sha256} for found in there]


def data(folder: Path) -> dict[str, Any]:
    """Where the app keeps its files, and the room that is left there."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    return {"folder": str(folder), "exists": folder.is_dir(), "free_gib": round(shutil.disk_usage(there).free / GIB, 1)}


def decoder(settings: Settings) -> dict[str, Any]:
    """Start a real decoder process and ask which of its limits this system enforces."""
    from forensics_ui.imaging.process import Decoder

    process = Decoder(settings.limits)
    try:
        return dict(process.report)
    finally:
        process.close()


def desktop() -> dict[str, Any]:
    """Whether `ui --desktop` can open a window of its own."""
    if importlib.util.find_spec("webview") is None:
        return {"available": False, "why": "pywebview is not installed; `python launch.py ui --desktop` adds it"}
    if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return {"available": False, "why": "there is no screen (neither DISPLAY nor WAYLAND_DISPLAY is set)"}
    return {"available": True, "why": f"pywebview {importlib.metadata.version('pywebview')}"}


def as_text(report: Mapping[str, Any]) -> str:
    """The report for people: one heading a part, one line a fact."""
    lines: list[str] = []
    for heading, found in report.items():
        lines.append(heading)
        rows = found.items() if isinstance(found, Mapping) else [(each["file"], f"{each['status']}  {each['sha256']}") for each in found]
        lines += [f"  {name:<24} {in_words(value)}" for name, value in rows] or ["  none"]
    return "\n".join(lines)


def in_words(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    if isinstance(value, list):
        return "; ".join(map(str, value)) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)
