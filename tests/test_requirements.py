"""Every package is pinned, those that others bring along too, and what is installed is what is pinned."""

from __future__ import annotations

import importlib.metadata as metadata
import re
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement

PROJECT = Path(__file__).resolve().parent.parent
# Installed with Python itself, or only to build a package.
UNPINNED = {"pip", "setuptools", "wheel"}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def listed(name: str) -> dict[str, Requirement]:
    """The requirements in one file, by name."""
    lines = (line.split(" #")[0].strip() for line in (PROJECT / name).read_text(encoding="utf-8").splitlines())
    return {normal(each.name): each for each in (Requirement(line) for line in lines if re.match(r"\w", line))}


def needed(name: str, found: set[str]) -> None:
    """Collect the installed packages that one package needs on this machine."""
    for text in metadata.requires(name) or []:
        requirement = Requirement(text)
        wanted = requirement.marker is None or requirement.marker.evaluate({**default_environment(), "extra": ""})
        if wanted and normal(requirement.name) not in found:
            found.add(normal(requirement.name))
            needed(requirement.name, found)


def test_every_requirement_names_one_exact_version():
    for path in PROJECT.glob("requirements*.txt"):
        for name, requirement in listed(path.name).items():
            assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), f"{path.name}: {name}"


def test_what_is_installed_is_what_is_pinned():
    for name, requirement in {**listed("requirements.txt"), **listed("requirements-dev.txt")}.items():
        assert requirement.specifier.contains(metadata.version(name)), name


def test_what_the_packages_bring_along_is_pinned_too():
    direct = {**listed("requirements.txt"), **listed("requirements-dev.txt")}
    found: set[str] = set()
    for name in direct:
        needed(name, found)
    # torch pins its own CUDA packages, which exist on some machines only.
    own = {name for name in found if name.startswith(("nvidia-", "cuda-", "triton"))}
    assert not found - own - set(direct) - set(listed("requirements-lock.txt")) - UNPINNED
