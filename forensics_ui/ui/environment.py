"""What must be set before Gradio is imported: no analytics, no hub, no share, uploads in a folder of our own."""

from __future__ import annotations

import os
from pathlib import Path

SWITCHES = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_RUN_HISTORY": "False",
    "GRADIO_MCP_SERVER": "False",
    "GRADIO_SSR_MODE": "False",
    "GRADIO_SHARE": "False",
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TRANSFORMERS_OFFLINE": "1",
}
# Gradio reads these when an argument is left out; none of them may widen what we serve.
UNWANTED = ("GRADIO_ALLOWED_PATHS", "GRADIO_BLOCKED_PATHS", "GRADIO_ROOT_PATH", "GRADIO_NUM_WORKERS", "GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT")


def uploads_folder(data_dir: Path) -> Path:
    """Where the bytes that reach the server lie until they are deleted."""
    return data_dir.resolve() / "uploads"


def go_offline(data_dir: Path) -> Path:
    """Set the switches and make the uploads folder, readable by this user alone."""
    folder = uploads_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    os.environ.update(SWITCHES, GRADIO_TEMP_DIR=str(folder))
    for name in UNWANTED:
        os.environ.pop(name, None)
    _never_through_a_proxy()
    return folder


def _never_through_a_proxy() -> None:
    """Gradio asks its own server whether it is up; a proxy set for the user's other programs must not see that."""
    for name in ("NO_PROXY", "no_proxy"):
        known = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(dict.fromkeys([*known, "127.0.0.1", "localhost"]))
