"""The intake: the only place that opens an untrusted file. Bytes, their SHA-256, then pixels and facts from a limited process."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import queue
import threading
from collections import Counter
from pathlib import Path
from typing import Any

from forensics_ui.core.errors import BadImage, DecodeMemory, DecoderDied, DecodeTimeout, ForensicsError, UnsupportedFormat
from forensics_ui.core.reasons import because
from forensics_ui.core.settings import Limits
from forensics_ui.core.types import Picture
from forensics_ui.imaging import sniff
from forensics_ui.imaging.facts.text import clean_name
from forensics_ui.imaging.process import Decoder, Died
from forensics_ui.imaging.source import read_bytes

DEATHS_TO_QUARANTINE = 3
# A process is replaced after this many pictures, so that what a codec leaks stays bounded.
PICTURES_PER_PROCESS = 1000


class Intake:
    """Opens pictures, up to `workers` at once; may be called from any number of threads."""

    def __init__(self, limits: Limits | None = None, workers: int = 1) -> None:
        self.limits = limits or Limits()
        self.workers = workers
        self._slots: queue.LifoQueue[Decoder | None] = queue.LifoQueue()
        for _ in range(workers):
            self._slots.put(None)
        self._deaths: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._running: set[Decoder] = set()
        self._closed = False

    def __enter__(self) -> Intake:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def open(self, source: Path | str | bytes, name: str | None = None, *, partial: bool = False) -> Picture:
        """The picture in a file or in bytes; one of the BadImage errors if there is none."""
        data, found_name = read_bytes(source, self.limits.file_bytes)
        shown = clean_name(name or found_name)
        sha256 = hashlib.sha256(data).hexdigest()
        try:
            return self._picture(data, sha256, shown, partial)
        except BadImage as error:
            error.sha256 = sha256
            raise

    def _picture(self, data: bytes, sha256: str, shown: str, partial: bool) -> Picture:
        kind = sniff.detect(data)
        if kind is None:
            raise UnsupportedFormat(because("unknown_format", what=sniff.describe(data), accepted=sniff.ACCEPTED))
        if self._deaths[sha256] >= DEATHS_TO_QUARANTINE:
            raise DecoderDied(because("ended_decoder_before", times=DEATHS_TO_QUARANTINE))
        request = {"kind": kind, "declared": sniff.declared_type(shown), "name": shown, "partial": partial}
        reply = self._decode(data, sha256, request)
        return Picture(shown, sha256, len(data), kind, reply.rgb, reply.facts, reply.complete)

    def prestart(self) -> None:
        """Start one decoder process in the background, so that the first picture does not wait for it."""
        threading.Thread(target=self._warm, name="intake-prestart", daemon=True).start()

    def isolation_report(self) -> dict[str, Any]:
        """What the decoder process is limited to on this system."""
        with self._slot() as decoder:
            return {"process": "separate", "seconds": self.limits.seconds, **decoder.report}

    def close(self) -> None:
        """End the decoder processes; a picture that is being opened ends with an error."""
        with self._lock:
            self._closed = True
            running = list(self._running)
        for decoder in running:
            decoder.stop()
        emptied = 0
        # Places in use are emptied by the threads that use them, when their pipes end.
        for _ in range(self.workers):
            with contextlib.suppress(queue.Empty):
                decoder = self._slots.get_nowait()
                if decoder is not None:
                    self._discard(decoder)
                emptied += 1
        for _ in range(emptied):
            self._slots.put(None)

    def _warm(self) -> None:
        # Whatever goes wrong here goes wrong again, and is told, when the first picture is opened.
        with contextlib.suppress(ForensicsError), self._slot():
            pass

    def _decode(self, data: bytes, sha256: str, request: dict[str, Any]) -> Any:
        """Ask a process; a process that ran out of memory on a used heap gets one more try on a fresh one."""
        for fresh in (False, True):
            with self._slot(fresh) as decoder:
                try:
                    return decoder.decode(data, request)
                except DecodeMemory:
                    used = decoder.pictures > 1
                    decoder.stop()
                    if fresh or not used:
                        raise
                except Died as death:
                    raise self._count_death(sha256, death) from None
        raise AssertionError("unreachable: the second try returns or raises")

    def _count_death(self, sha256: str, death: Died) -> BadImage:
        if self._closed:
            return DecoderDied(because("intake_closed_meanwhile"))
        with self._lock:
            self._deaths[sha256] += 1
        if death.timed_out:
            return DecodeTimeout(because("decoder_too_slow", seconds=self.limits.seconds))
        return DecoderDied(because("decoder_ended"))

    @contextlib.contextmanager
    def _slot(self, fresh: bool = False) -> Any:
        """Wait for one of the places, with a living process in it."""
        decoder = self._slots.get()
        try:
            if decoder is not None and (fresh or not decoder.alive or decoder.pictures >= PICTURES_PER_PROCESS):
                self._discard(decoder)
                decoder = None
            decoder = decoder or self._start()
            yield decoder
        finally:
            if decoder is not None and not decoder.alive:
                self._discard(decoder)
                decoder = None
            self._slots.put(decoder)

    def _start(self) -> Decoder:
        try:
            decoder = Decoder(self.limits)
        except Died:
            raise DecoderDied(because("decoder_cannot_start")) from None
        with self._lock:
            if not self._closed:
                self._running.add(decoder)
                return decoder
        decoder.close()
        raise DecoderDied(because("intake_closed"))

    def _discard(self, decoder: Decoder) -> None:
        with self._lock:
            self._running.discard(decoder)
        decoder.close()


_shared: Intake | None = None
_shared_lock = threading.Lock()


def shared_intake() -> Intake:
    """The one intake of this program, made on first use and closed at exit."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = Intake()
            atexit.register(_shared.close)
        return _shared


def open_picture(source: Path | str | bytes, name: str | None = None, *, partial: bool = False) -> Picture:
    """Open a picture with the shared intake."""
    return shared_intake().open(source, name, partial=partial)
