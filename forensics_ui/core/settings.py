"""Where things are and how much is allowed: made once at start, then only read. Written into every report."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent
PROJECT = PACKAGE.parent
ASSETS = PROJECT / "assets"
WEIGHTS = PROJECT / "weights"


@dataclass(frozen=True)
class Limits:
    """What the intake lets in. Each refusal names the limit and the value that broke it."""

    file_bytes: int = 200 * 1024**2
    pixels: int = 120_000_000
    side: int = 20_000
    seconds: float = 10.0
    memory_bytes: int = 3 * 1024**3
    text_bytes: int = 4096  # of any one string that comes from a file


def default_data_dir() -> Path:
    """The per-user folder of this operating system, outside the project."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Application Support"
    else:
        base = Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")
    return base / "forensics_ui"


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, with its default. Precedence: defaults < environment < command line."""

    data_dir: Path = field(default_factory=default_data_dir)
    weights_dir: Path = WEIGHTS
    device: str = "auto"
    host: str = "127.0.0.1"
    port: int = 7860
    queue_size: int = 64
    # The stored set of own photographs to judge by; the verdicts that it moves name it.
    own_reals: str | None = None
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def load(cls, **flags: Any) -> Settings:
        """Defaults, then `FORENSICS_DATA_DIR`, `FORENSICS_WEIGHTS_DIR`, `FORENSICS_DEVICE` and `FORENSICS_OWN_REALS`, then the flags that are not None."""
        values: dict[str, Any] = {}
        for name, kind in (("data_dir", Path), ("weights_dir", Path), ("device", str), ("own_reals", str)):
            if found := os.environ.get(f"FORENSICS_{name.upper()}"):
                values[name] = kind(found)
        values.update({name: value for name, value in flags.items() if value is not None})
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """For reports and `doctor`: JSON-ready."""
        return {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}
