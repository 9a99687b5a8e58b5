"""The contracts of pyproject.toml: which room may import which (import-linter), and types (mypy)."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "forensics_ui"
CONFIG = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
# Rooms whose types are not clean yet, as the list stood when it was made: it may lose lines only.
UNCHECKED = {"imaging", "report", "train", "ui"}


def run(*command: str) -> None:
    """Run a tool from the project's folder; what it says is the message where it fails."""
    done = subprocess.run([sys.executable, *command], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def contract(name: str) -> dict:
    return next(each for each in CONFIG["importlinter"]["contracts"] if each["name"] == name)


def rooms() -> set[str]:
    """Every folder and file of the package but the entry."""
    found = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    return found | {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_the_contracts_of_imports_are_kept():
    run("-c", "import importlinter.cli as c, sys; sys.exit(c.lint_imports(no_cache=True))")


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Gradio only in the screen", {"ui"}),
        (
            "Torch only where networks are",
            {"detectors", "inversion", "service", "views", "train", "bank", "weightstore"},
        ),
    ],
)
def test_every_room_is_under_the_contracts_but_those_named_here(name, rest):
    held = {module.removeprefix("forensics_ui.") for module in contract(name)["source_modules"]}
    assert held == rooms() - rest


@pytest.mark.slow
def test_types_are_right():
    run("-m", "mypy", "--no-error-summary")


def test_the_rooms_that_mypy_leaves_out_only_get_fewer():
    overrides = CONFIG["mypy"]["overrides"]
    left_out = next(each["module"] for each in overrides if each.get("ignore_errors"))
    assert {module.split(".")[1] for module in left_out} <= UNCHECKED


def test_no_import_is_relative():
    relative = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert not relative
