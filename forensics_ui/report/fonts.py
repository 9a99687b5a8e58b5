"""Fonts for the PDF: DejaVu from matplotlib, and for Chinese, Japanese and Korean whatever this system has."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

# File and the face in it, in the order of preference; faces of Noto's collections: 0 JP, 1 KR, 2 SC, 3 TC.
CJK = (
    ("NotoSansCJK-Regular.ttc", 2),
    ("NotoSansCJKsc-Regular.otf", 0),
    ("SourceHanSansSC-Regular.otf", 0),
    ("DroidSansFallbackFull.ttf", 0),
    ("wqy-microhei.ttc", 0),
    ("wqy-zenhei.ttc", 0),
    ("Arial Unicode.ttf", 0),
    ("STHeiti Light.ttc", 0),
    ("msyh.ttc", 0),
    ("simsun.ttc", 0),
    ("malgun.ttf", 0),
    ("msgothic.ttc", 0),
)


def own_fonts() -> dict[str, Path]:
    """The fonts that come with matplotlib, by the style they are used for."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return {"": folder / "DejaVuSans.ttf", "B": folder / "DejaVuSans-Bold.ttf", "mono": folder / "DejaVuSansMono.ttf"}


def font_folders() -> list[Path]:
    """Where this kind of system keeps fonts."""
    home = Path.home()
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
        return [Path(os.environ.get("WINDIR") or r"C:\Windows") / "Fonts", local / "Microsoft" / "Windows" / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    return [Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local" / "share" / "fonts", home / ".fonts"]


@cache
def cjk_font() -> tuple[Path, int] | None:
    """The best font for Chinese, Japanese and Korean, with its face; None if there is none."""
    there: dict[str, Path] = {}
    for folder in font_folders():
        for place, _, files in os.walk(folder):
            for name in files:
                there.setdefault(name.lower(), Path(place) / name)
    return next(((there[name.lower()], face) for name, face in CJK if name.lower() in there), None)
