"""Walk a folder: which files will be scored, and which are skipped and why. Nothing is followed out of the folder."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.reasons import Reason, because
from forensics_ui.core.settings import Limits
from forensics_ui.imaging import sniff
from forensics_ui.imaging.source import FLAGS, KINDS, refusal
from forensics_ui.words import say

MAX_DEPTH = 32
MAX_FILES = 1_000_000
# What `sniff` looks at.
HEAD_BYTES = 2048
SYSTEM_NAMES = {"thumbs.db", "desktop.ini", "ehthumbs.db", "$recycle.bin", "system volume information", "__macosx", "lost+found"}
PREVIEW_SKIPPED = 500
# What leads elsewhere, by the code of its reason.
NOT_FOLLOWED = frozenset({"skipped_link", "skipped_junction"})


@dataclass(frozen=True)
class Found:
    """A file that begins like a picture, or is named like one. `path` is what is shown and sorted by, `location` is how to open it."""

    path: str
    location: str
    size: int
    mtime_ns: int


@dataclass(frozen=True)
class Skipped:
    """A file, folder or link that is not scored, and why."""

    path: str
    why: Reason

    @property
    def reason(self) -> str:
        return say(self.why)

    @property
    def leads_elsewhere(self) -> bool:
        return self.why.code in NOT_FOLLOWED


@dataclass(frozen=True)
class Source:
    """Where the pictures are: one folder, or files that somebody picked."""

    folder: Path | None = None
    files: tuple[Path, ...] = ()

    @classmethod
    def of(cls, what: Path | str | Iterable[Path | str]) -> Source:
        """A folder, one file, or several files; ForensicsError if there is nothing of that name."""
        if isinstance(what, str | os.PathLike):
            path = Path(os.path.abspath(what))
            if path.is_dir():
                return cls(folder=path)
            if not path.exists():
                raise ForensicsError(f"There is no folder called {path.name!r} here.")
            return cls(files=(path,))
        return cls(files=tuple(Path(os.path.abspath(each)) for each in what))

    def where(self) -> str:
        """The folder, or the files, as one text: what two runs must not share."""
        return os.path.realpath(self.folder) if self.folder else "\n".join(sorted(os.path.realpath(file) for file in self.files))


@dataclass(frozen=True)
class Preview:
    """What a run would do: how many files of how many bytes, and what it would leave out."""

    files: int
    bytes: int
    formats: dict[str, int]
    skipped: int
    reasons: dict[str, int]
    examples: tuple[Skipped, ...] = field(default=())  # the first ones
    links: int = 0  # skipped ones that lead elsewhere


Watch = Callable[["Found | Skipped"], None]


def preview(source: Source, limits: Limits | None = None, exclude: Iterable[Path] = (), watch: Watch | None = None) -> Preview:
    """Walk without scoring; `watch` is shown every entry, so that nobody has to walk again."""
    formats: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    examples: list[Skipped] = []
    size = links = 0
    for each in scan(source, limits, exclude):
        if watch:
            watch(each)
        if isinstance(each, Found):
            formats[sniff.declared_type(each.path) or "other names"] += 1
            size += each.size
        else:
            reasons[each.reason] += 1
            links += each.leads_elsewhere
            if len(examples) < PREVIEW_SKIPPED:
                examples.append(each)
    return Preview(
        sum(formats.values()), size, dict(formats.most_common()), sum(reasons.values()), dict(reasons.most_common()), tuple(examples), links
    )


def scan(source: Source, limits: Limits | None = None, exclude: Iterable[Path] = ()) -> Iterator[Found | Skipped]:
    """Everything there is, in a fixed order, as scored or skipped."""
    limits = limits or Limits()
    if source.folder is None:
        yield from _picked(source.files, limits)
        return
    left = MAX_FILES
    for each in _Walk(source.folder, limits, exclude).entries():
        if isinstance(each, Found):
            left -= 1
            if left < 0:
                yield Skipped(each.path, because("skipped_too_many", most=MAX_FILES))
                return
        yield each


def shown(path: str) -> str:
    """A path that can be stored and printed: bytes that are no text are written out as escapes."""
    return path.replace(os.sep, "/").encode("utf-8", "backslashreplace").decode("utf-8")


def _picked(files: tuple[Path, ...], limits: Limits) -> Iterator[Found | Skipped]:
    """Files by their last name; a name that comes again gets the first number that makes it new."""
    taken: set[str] = set()
    for file in files:
        numbered = (shown(f"{file.stem} ({number}){file.suffix}") for number in itertools.count(2))
        name = next(name for name in itertools.chain([shown(file.name)], numbered) if name not in taken)
        taken.add(name)
        try:
            yield judge(name, os.fspath(file), os.lstat(file), limits)
        except OSError as error:
            yield Skipped(name, refusal(error))


def judge(path: str, location: str, status: os.stat_result, limits: Limits) -> Found | Skipped:
    """Scored if it is a regular file of a bearable size that begins, or is named, like a picture."""
    if not stat.S_ISREG(status.st_mode):
        what = next((words for test, words in KINDS if test(status.st_mode)), "not a regular file")
        link = stat.S_ISLNK(status.st_mode)
        return Skipped(path, because("skipped_link", what=what) if link else because("skipped_kind", what=what))
    if not status.st_size:
        return Skipped(path, because("skipped_empty"))
    if status.st_size > limits.file_bytes:
        return Skipped(path, because("skipped_too_long", limit=limits.file_bytes))
    try:
        head = _head(location)
    except OSError as error:
        return Skipped(path, refusal(error))
    # What is named like a picture and is none gets a row with its hash and the reason: it may be what somebody looks for.
    if sniff.detect(head) is None and sniff.declared_type(path) is None:
        return Skipped(path, because("skipped_not_a_picture", what=sniff.describe(head)))
    return Found(path, location, status.st_size, status.st_mtime_ns)


def _head(location: str) -> bytes:
    descriptor = os.open(location, FLAGS)
    try:
        return os.read(descriptor, HEAD_BYTES)
    finally:
        os.close(descriptor)


class _Walk:
    """One walk of one folder, depth first, by name."""

    def __init__(self, root: Path, limits: Limits, exclude: Iterable[Path]) -> None:
        self._root, self._limits = os.fspath(root), limits
        self._excluded = {os.path.realpath(path) for path in exclude}
        status = os.stat(root)
        self._device = status.st_dev
        # A folder that is mounted into itself has the same number again, and no link gives it away.
        self._seen = {(status.st_dev, status.st_ino)}

    def entries(self, inside: str = "", depth: int = 0) -> Iterator[Found | Skipped]:
        """What lies in the folder `inside` and below it."""
        try:
            with os.scandir(os.path.join(self._root, inside) if inside else self._root) as listing:
                entries = sorted(listing, key=lambda entry: shown(entry.name))
        except OSError as error:
            yield Skipped(shown(inside) or ".", because("skipped_unlisted", problem=error.strerror))
            return
        for entry in entries:
            path = f"{inside}{os.sep}{entry.name}" if inside else entry.name
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                yield Skipped(shown(path), refusal(error))
                continue
            if entry.name.startswith(".") or entry.name.lower() in SYSTEM_NAMES:
                yield Skipped(shown(path), because("skipped_hidden"))
            elif entry.is_dir(follow_symlinks=False):
                yield from self._folder(entry, path, status, depth + 1)
            else:
                yield judge(shown(path), entry.path, status, self._limits)

    def _folder(self, entry: os.DirEntry[str], path: str, status: os.stat_result, depth: int) -> Iterator[Found | Skipped]:
        if reason := self._why_not(entry, status, depth):
            yield Skipped(shown(path), reason)
        else:
            yield from self.entries(path, depth)

    def _why_not(self, entry: os.DirEntry[str], status: os.stat_result, depth: int) -> Reason | None:
        if getattr(entry, "is_junction", lambda: False)():
            return because("skipped_junction")
        if self._excluded and os.path.realpath(entry.path) in self._excluded:
            return because("skipped_own_results")
        if depth > MAX_DEPTH:
            return because("skipped_too_deep", most=MAX_DEPTH)
        # Windows gives no numbers here.
        if status.st_ino and status.st_dev:
            if status.st_dev != self._device:
                return because("skipped_other_disk")
            if (status.st_dev, status.st_ino) in self._seen:
                return because("skipped_seen_folder")
            self._seen.add((status.st_dev, status.st_ino))
        return None
