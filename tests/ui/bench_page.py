"""The workbench in the browser, as a person uses it: choose a view, wait for it, read the viewer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from app_pages import given
from app_samples import encoded, noise
from app_server import PROJECT, App
from PIL import Image

RGB = noise(360, 288, seed=4)
NAME = "sample.png"
ENDED = """(name) => { const bench = forensicsWorkbench?.(); return bench?.current === name && bench.panel?.getAttribute('aria-busy') === 'false'
  && (bench.made?.view === name || document.querySelector('.wb-state.problem')); }"""
STILL = "(() => { const s = forensicsWorkbench().viewer?.state(); return !s || (s.draws > 0 && !s.pending && s.panes.every((p) => p.hidden || !p.missing)); })()"


def sample() -> bytes:
    """The picture that most tests look at, lossless."""
    return encoded(Image.fromarray(RGB), "PNG")


def lay(page: Any, name: str = NAME, data: bytes | None = None) -> None:
    """Give a picture, and wait for its first view."""
    given(page, name, data or sample())
    page.wait_for_function("forensicsWorkbench?.()?.made", timeout=60_000)
    ended(page, page.evaluate("forensicsWorkbench().current"))


def look(page: Any, name: str) -> None:
    """Choose a view by its tab."""
    page.click(f"#wb-tab-{name}")
    ended(page, name)


def ended(page: Any, name: str) -> None:
    """Wait until a view is there with all that the screen shows of it."""
    page.wait_for_function(ENDED, arg=name, timeout=60_000)
    page.wait_for_timeout(60)
    page.wait_for_function(STILL, timeout=20_000)


def made(page: Any) -> dict[str, Any]:
    """What the server answered for the view on the screen."""
    return page.evaluate("forensicsWorkbench().made")


def state(page: Any) -> dict[str, Any]:
    """What the viewer shows."""
    return page.evaluate("forensicsWorkbench().viewer.state()")


def point(page: Any, pane: int, x: float, y: float) -> tuple[float, float]:
    """Where a pixel of the picture is on the page, in one of the panes."""
    told = state(page)
    stage = page.locator(".wb-stage .fv-pane:not([hidden]) .fv-stage").nth(pane)
    stage.scroll_into_view_if_needed()
    area, (left, top) = stage.bounding_box(), told["panes"][pane]["origin"]
    scale = told["zoom"] * told["unit"]
    ratio = page.evaluate("devicePixelRatio")
    return area["x"] + (left + (x + 0.5) * scale) / ratio, area["y"] + (top + (y + 0.5) * scale) / ratio


def command_line(app: App, folder: Path, view: str, *options: str) -> dict[str, Any]:
    """The record that `view` prints for the same picture and the same weights."""
    file = folder / NAME
    file.write_bytes(sample())
    command = [sys.executable, "-m", "forensics_ui", "view", view, str(file), "--json", "--device", "cpu", *options]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **app.environment()}, cwd=PROJECT, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def near(one: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Whether two records are the same but for the last digits of floats."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key], tolerance) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(near(a, b, tolerance) for a, b in zip(one, other, strict=True))
    if isinstance(one, float) or isinstance(other, float):
        return one is not None and other is not None and bool(np.isclose(one, other, rtol=tolerance, atol=tolerance))
    return one == other
