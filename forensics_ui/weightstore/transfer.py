"""One HTTP request into a `.part` file: from where it ends if the server can do that, else from the start."""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path
from typing import IO, BinaryIO
from urllib.parse import urlsplit
from urllib.request import Request

from forensics_ui import __version__
from forensics_ui.core.errors import WeightsError, WeightsMismatch
from forensics_ui.weightstore.hashes import CHUNK
from forensics_ui.weightstore.manifest import WeightsEntry

TIMEOUT_SECONDS = 30
MOST_BYTES = 4 << 30  # of a file whose size is not listed
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Progress = Callable[[int, int | None], None]  # bytes so far, bytes in all if known


class DownloadFailed(WeightsError):
    """The file could not be had now; what has arrived is kept for the next attempt."""

    code = "download"


class ConnectionBroke(Exception):
    """The connection ended early: worth another try from where it broke."""


def receive(entry: WeightsEntry, address: str, part: Path, progress: Progress) -> None:
    """Append to the part what it lacks, or fill it anew."""
    have = part.stat().st_size if part.exists() else 0
    if have and have == entry.size:
        return
    try:
        response = _open(address, have, _read_tag(part))
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:
            raise
        # The part is as long as the file, or of another one: the hash decides, and a wrong part is deleted then.
        return
    with response:
        resumed = response.status == 206 and response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        if response.status == 206 and not resumed:
            forget(part)
            raise ConnectionBroke
        start = have if resumed else 0
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdigit() else entry.size
        _refuse_size(entry, part, total, start)
        _write_tag(part, response.headers.get("ETag"))
        with part.open("ab" if resumed else "wb") as out:
            _copy(response, out, start, total, entry, progress)


def forget(part: Path) -> None:
    """Delete a part and what is known of it."""
    part.unlink(missing_ok=True)
    tag_file(part).unlink(missing_ok=True)


def tag_file(part: Path) -> Path:
    """Where the server's name for exactly these bytes is kept while they are incomplete."""
    return part.with_name(part.name + ".etag")


def host(address: str) -> str:
    """Whom to name in a sentence."""
    return urlsplit(address).hostname or "the server"


def _copy(response: http.client.HTTPResponse, out: BinaryIO, start: int, total: int | None, entry: WeightsEntry, progress: Progress) -> None:
    done, most = start, entry.size or MOST_BYTES
    progress(done, total)
    while chunk := response.read1(CHUNK):
        done += len(chunk)
        if done > most:
            forget(Path(out.name))
            raise WeightsMismatch(f"{entry.name}: the server sends more than the {most:,} bytes that the file has; nothing was installed.")
        out.write(chunk)
        progress(done, total)
    out.flush()
    os.fsync(out.fileno())
    if total is not None and done < total:
        raise ConnectionBroke


def _open(address: str, start: int, tag: str | None) -> http.client.HTTPResponse:
    request = urllib.request.Request(address, headers={"User-Agent": f"forensics_ui/{__version__}", "Accept-Encoding": "identity"})
    if start:
        request.add_header("Range", f"bytes={start}-")
        if tag:
            request.add_header("If-Range", tag)
    return _opener.open(_allowed(request), timeout=TIMEOUT_SECONDS)


def _allowed(request: urllib.request.Request) -> urllib.request.Request:
    where = urlsplit(request.full_url)
    if where.scheme == "https" or (where.scheme == "http" and where.hostname in LOOPBACK):
        return request
    raise DownloadFailed(f"{host(request.full_url)} was not asked: weights are fetched over https only.")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects, but never off https."""

    def redirect_request(self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str) -> Request | None:
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        return _allowed(following) if following else None


_opener = urllib.request.build_opener(_SafeRedirects)


def _refuse_size(entry: WeightsEntry, part: Path, total: int | None, start: int) -> None:
    if total is None:
        return
    if (entry.size and total != entry.size) or total > MOST_BYTES:
        forget(part)
        expected = f"{entry.size:,}" if entry.size else f"at most {MOST_BYTES:,}"
        raise WeightsMismatch(f"{entry.name}: the server offers {total:,} bytes where the file has {expected}; nothing was installed.")
    if shutil.disk_usage(part.parent).free < total - start:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _read_tag(part: Path) -> str | None:
    file = tag_file(part)
    return file.read_text(encoding="ascii") if file.is_file() else None


def _write_tag(part: Path, tag: str | None) -> None:
    # Only a strong tag vouches for identical bytes; If-Range takes no other.
    if tag and tag.isascii() and tag.isprintable() and not tag.startswith("W/"):
        tag_file(part).write_text(tag, encoding="ascii")
    else:
        tag_file(part).unlink(missing_ok=True)
