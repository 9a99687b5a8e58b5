"""What was chosen in the app and is to be found again after a restart: one small JSON file in the data folder.

Only the app reads it. Commands are told everything on their line, so that the same line gives the same answer everywhere.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from forensics_ui.report.files import atomic

FILE = "settings.json"
LARGEST = 64 * 1024
logger = logging.getLogger(__name__)


def kept(data_dir: Path) -> dict[str, Any]:
    """All that is kept; nothing where the file is not there or cannot be read."""
    path = data_dir / FILE
    try:
        found = json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST else None
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def keep(data_dir: Path, **choices: str | None) -> bool:
    """Change some of it, None being no choice; False where the disk does not take it, and then it lasts as long as the app runs."""
    whole = {name: value for name, value in {**kept(data_dir), **choices}.items() if value is not None}
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with atomic(data_dir / FILE) as stream:
            stream.write(json.dumps(whole, indent=1).encode())
    except OSError:
        logger.warning("a choice could not be kept", exc_info=True)
        return False
    return True
