"""The loaded networks: loaded in the background when first wanted, the longest unused dropped when memory is short."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import torch

from forensics_ui.core.errors import ForensicsError, OutOfMemory
from forensics_ui.core.reasons import Reason, because
from forensics_ui.detectors import DETECTORS, Detector
from forensics_ui.service import device as devices
from forensics_ui.service.ticket import Job, Key


class Weights(Protocol):
    """What loading gives: who the weights are, and their tensors."""

    @property
    def name(self) -> str:
        """What the weights are called."""

    @property
    def sha256(self) -> str:
        """The hash of their file."""

    @property
    def state(self) -> Mapping[str, torch.Tensor]:
        """Their tensors by name."""


@dataclass
class Model:
    """One network, ready to run. `batch_pixels` shrinks when memory runs out, and stays small."""

    key: Key
    detector: Detector
    weights: str
    sha256: str
    why_precision: str
    size: int
    batch_pixels: int


class Models:
    """All models of one device. Safe for all threads; loading happens in threads of its own and never blocks one that asks."""

    def __init__(self, device: torch.device, budget: int, read: Callable[[Key], Weights], on_change: Callable[[], None]) -> None:
        self._device, self.budget, self._read, self._on_change = device, budget, read, on_change
        self._futures: OrderedDict[Key, Future[Model]] = OrderedDict()  # the longest unused first
        self._exact_only: dict[Key, str] = {}
        self._lock = threading.RLock()
        self._threads = ThreadPoolExecutor(2, "load-weights")
        self.failures: dict[Key, Reason] = {}

    def want(self, key: Key) -> Future[Model]:
        """The model, or its loading, begun now if need be."""
        with self._lock:
            if key in self._futures:
                self._futures.move_to_end(key)
                return self._futures[key]
            future = self._futures[key] = self._threads.submit(self._load, key)
        future.add_done_callback(lambda _: self._on_change())
        return future

    def ready(self, key: Key) -> bool:
        """Whether `get` answers at once, be it with the reason why not."""
        return self.want(key).done()

    def room(self, job: Job) -> int:
        """How many pictures like this one to compute at once."""
        future = self.want(job.key)
        pixels = future.result().batch_pixels if is_loaded(future) else devices.batch_pixels(self._device)
        return max(1, pixels // job.pixels)

    def get(self, key: Key) -> Model:
        """The model; raises why it could not be loaded, and forgets that, so that the next request tries again."""
        future = self.want(key)
        try:
            return future.result()
        except BaseException:
            self._forget(key, future)
            raise

    def use_exact(self, key: Key, why: str) -> None:
        """Load this one anew in fp32, because its faster path failed on a picture."""
        self._exact_only[key] = why
        self._forget(key, self.want(key))

    def drop_others(self, key: Key) -> bool:
        """Drop every other loaded model; False if there was none."""
        with self._lock:
            others = [other for other, future in self._futures.items() if other != key and future.done()]
            for other in others:
                del self._futures[other]
        devices.release_memory()
        return bool(others)

    def loaded(self) -> list[Model]:
        """The models in memory, the last used last."""
        with self._lock:
            return [future.result() for future in self._futures.values() if is_loaded(future)]

    def loading(self) -> list[Key]:
        """What is being loaded now."""
        with self._lock:
            return [key for key, future in self._futures.items() if not future.done()]

    def close(self) -> None:
        """Drop everything."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._futures.clear()

    def _forget(self, key: Key, future: Future[Model]) -> None:
        with self._lock:
            if self._futures.get(key) is future:
                del self._futures[key]

    def _load(self, key: Key) -> Model:
        try:
            model = self._build(key)
        except Exception as error:
            told = told_of_loading(key, error)
            self.failures[key] = told.why
            raise told from error
        self.failures.pop(key, None)
        return model

    def _build(self, key: Key) -> Model:
        weights = self._read(key)
        size = sum(4 * tensor.numel() for tensor in weights.state.values())  # fp32, whatever the file holds
        self._make_room(size)
        exact_only = self._exact_only.get(key, "")
        detector, why = devices.build(DETECTORS.get(key[0]), weights.state, self._device, exact_only)
        return Model(key, detector, weights.name, weights.sha256, why, size, devices.batch_pixels(self._device))

    def _make_room(self, size: int) -> None:
        with self._lock:
            models = self.loaded()
            held = sum(model.size for model in models) + size
            for model in models:
                if held <= self.budget:
                    break
                held -= model.size
                self._futures.pop(model.key, None)
        devices.release_memory()


def is_loaded(future: Future[Model]) -> bool:
    """Whether the loading ended well."""
    return future.done() and not future.cancelled() and not future.exception()


def told_of_loading(key: Key, error: Exception) -> ForensicsError:
    """An error that can be told to a person about weights that could not be loaded."""
    if isinstance(error, ForensicsError):
        return error
    if devices.is_out_of_memory(error):
        return OutOfMemory(because("loading_memory", detector=key[0]))
    return ForensicsError(because("loading_failed", detector=key[0], error=type(error).__name__))
