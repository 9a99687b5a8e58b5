"""Folders of small pictures for the Batch tab, and the ways a test walks through it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app_samples import encoded, noise
from PIL import Image

HOSTILE = "<img src=x onerror=window.hacked=1>${window.hacked=2}.png"


def small_jpeg(seed: int, width: int = 96, height: int = 64) -> bytes:
    return encoded(Image.fromarray(noise(width, height, seed=seed)), "JPEG", quality=85)


def picture_folder(folder: Path, count: int = 10) -> Path:
    """`count` different pictures, one of them twice, one that is broken, one with a hostile name, and a file that is none."""
    (folder / "sub folder").mkdir(parents=True)
    for seed in range(count):
        place = folder / "sub folder" if seed % 3 == 2 else folder
        (place / f"picture {seed:03}.jpg").write_bytes(small_jpeg(seed))
    (folder / "twice.jpg").write_bytes(small_jpeg(0))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture" * 9)
    (folder / HOSTILE).write_bytes(encoded(Image.fromarray(noise(seed=99)), "PNG"))
    (folder / "notes.txt").write_text("no picture")
    return folder


def batch_tab(page: Any, app: Any, place: str = "") -> Any:
    """The Batch tab of a fresh page, with its choices loaded."""
    page.goto(app.url + (place or "/#batch"))
    page.wait_for_selector("#batch .b-head h2", timeout=60_000)
    return page


def choose(page: Any, folder: Path) -> None:
    page.get_by_role("combobox", name="Folder on this machine").fill(str(folder))
    page.keyboard.press("Enter")


def start(page: Any, folder: Path) -> str:
    """Start a batch with the screen; its id."""
    choose(page, folder)
    page.wait_for_selector(".b-found b")
    page.get_by_role("button", name="Start").click()
    # Earlier batches are listed with their states too: the page has to be that of the new one.
    page.wait_for_selector(".b-progress .b-state", timeout=60_000)
    page.wait_for_function("location.hash.startsWith('#batch/')")
    return page.evaluate("location.hash").removeprefix("#batch/")


def reaches(page: Any, state: str, timeout: float = 60_000) -> None:
    page.wait_for_selector(f".b-progress .b-state:text-is('{state}')", timeout=timeout)


def names(page: Any) -> list[str]:
    return page.locator(".b-table .b-name").all_inner_texts()


def labelled_folder(folder: Path, start: int = 300) -> Path:
    """Two generators with reals of their own, JPEG against PNG; a broken fake, a picture without a label, and a link."""
    for number, name in enumerate(("one", "two")):
        for label in ("0_real", "1_fake"):
            (folder / name / label).mkdir(parents=True)
        for seed in range(start + 50 * number, start + 50 * number + 7 - number):
            (folder / name / "0_real" / f"{seed}.jpg").write_bytes(small_jpeg(seed))
            (folder / name / "1_fake" / f"{seed}.png").write_bytes(encoded(Image.fromarray(noise(seed=seed + 20)), "PNG"))
    (folder / "one" / "1_fake" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"no picture" * 9)
    (folder / "two" / "0_real" / "1.jpg").write_bytes(small_jpeg(start + 90))
    (folder / "cover.jpg").write_bytes(small_jpeg(start + 91))
    (folder / "linked").symlink_to(folder / "one", target_is_directory=True)
    return folder
