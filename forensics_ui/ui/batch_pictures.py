"""The files behind the rows: their very bytes, and small looks at them. Both only if the bytes are still those that were scored."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from forensics_ui.core.errors import BadImage, ForensicsError
from forensics_ui.imaging.source import read_bytes
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.words import sentence_of

SIDE = 112
REMEMBERED = 4000
# The address holds the hash of the bytes, so what it shows never changes.
KEPT = {"cache-control": "private, max-age=86400, immutable"}


class Changed(ForensicsError):
    """The file is not what it was."""

    code = "changed"


def original(desk: BatchDesk, batch: str, path: str, sha256: str) -> bytes:
    """The bytes of a row, if they still have that hash."""
    location = desk.manager.rows(batch).location(path)
    if location is None:
        raise ForensicsError("This batch has no such file.")
    try:
        data, _ = read_bytes(location, desk.settings.limits.file_bytes)
    except BadImage as error:
        raise Changed(f"The file cannot be read any more. {sentence_of(error)}") from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Changed("The file has changed since it was scored; start the batch again to score it as it is now.")
    return data


class Thumbnails:
    """Made one at a time, so that looking at a table never holds up what is being scored."""

    def __init__(self, desk: BatchDesk) -> None:
        self._desk = desk
        self._made: OrderedDict[str, bytes] = OrderedDict()
        self._turn, self._lock = threading.Lock(), threading.Lock()

    def of(self, batch: str, path: str, sha256: str) -> bytes:
        """A small JPEG; the bytes go through the same limited process as every picture."""
        from forensics_ui.imaging import colour

        with self._turn:
            with self._lock:
                known = self._made.get(sha256)
            # Also for known bytes the row must exist: a hash alone opens nothing.
            if known and self._desk.manager.rows(batch).location(path):
                return known
            picture = self._desk.bench.get().open(original(self._desk, batch, path, sha256), partial=True)
            made = colour.preview(picture.rgb, SIDE, 80)
        with self._lock:
            self._made[sha256] = made
            while len(self._made) > REMEMBERED:
                self._made.popitem(last=False)
        return made
