"""A named list that fills itself: detectors, views, report formats and commands sign up where they are written."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to things. A name is given once; an unknown name is answered with the known ones."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def register(self, name: str) -> Callable[[T], T]:
        """Decorate a thing to list it under `name`."""

        def add(thing: T) -> T:
            if name in self._entries:
                raise ValueError(f"two {self.kind}s are called {name!r}")
            self._entries[name] = thing
            return thing

        return add

    def get(self, name: str) -> T:
        """The thing of that name; KeyError names the ones there are."""
        if name not in self._entries:
            raise KeyError(f"no {self.kind} is called {name!r}; there are: {', '.join(self.names())}")
        return self._entries[name]

    def names(self) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted(self._entries)

    def remove(self, name: str) -> None:
        """Take a name out again (tests that add one for a moment)."""
        self._entries.pop(name, None)

    def __iter__(self) -> Iterator[tuple[str, T]]:
        return iter(sorted(self._entries.items()))

    def __contains__(self, name: str) -> bool:
        return name in self._entries


def import_siblings(package: str, path: list[str]) -> None:
    """Import every module of a package once, so that each can sign up. No other file names them."""
    for module in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{module.name}")
