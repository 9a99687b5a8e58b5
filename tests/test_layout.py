"""The house rules: arrows that point one way, small files, nothing that belongs to one machine."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = PROJECT / "forensics_ui"

# A room may import from rooms of a lower number; from one of its own number only if that one does not import it.
LEVELS = {
    "core": 0,
    "launcher": 0,
    "imaging": 1,
    "weightstore": 2,
    "detectors": 3,
    "inversion": 3,
    "service": 4,
    "views": 5,
    "verdict": 5,
    "words": 5,
    "workbench": 6,
    "report": 7,
    "batch": 7,
    "train": 7,
    "bank": 7,
    "evaluation": 7,
    "doctor": 7,
    "ui": 8,
    "cli": 9,
}
TORCH = {"torch", "torchvision", "pytorch_grad_cam", "open_clip", "timm", "captum"}
TORCH_ROOMS = {"detectors", "inversion", "service", "views", "train", "bank", "weightstore"}
TOP_LEVEL = re.compile(
    r"forensics_ui|assets|weights|tests|launch\.py|requirements(-[a-z]+)?\.txt|README\.md|pyproject\.toml|LICENSE|CHANGELOG\.md|\..+"
)
# Put together here, so that this file does not hold what it looks for.
MACHINE_PATHS = re.compile(r"(?<![\w.])/(" + "|".join(["work", "farm", "ro" + "ot", "tm" + "p", "ho" + "me"]) + r")/")
REGISTRIES = re.compile(
    "|".join(
        re.escape(a + b)
        for a, b in [("pypi", ".org"), ("pythonhosted", ".org"), ("download.pytorch", ".org"), ("registry.npmjs", ".org"), ("deb.debian", ".org")]
    )
)
TEXT = {".py", ".md", ".toml", ".txt", ".json", ".js", ".css", ".html", ".svg", ".csv", ""}


def tracked() -> list[Path]:
    """The files that are in the project or about to be: neither ignored nor deleted."""
    listed = subprocess.run(
        ["git", "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"], capture_output=True, text=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout: what is tracked cannot be told")
    return [PROJECT / name for name in listed.stdout.split("\0") if name and (PROJECT / name).is_file()]


def modules() -> list[Path]:
    """The package's own files and the launcher's entry."""
    return [*sorted(PACKAGE.rglob("*.py")), PROJECT / "launch.py"]


def room_of(path: Path) -> str:
    """The first folder or file under the package."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> Iterator[str]:
    """Every module name that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.relative_to(PROJECT)}:{node.lineno}: relative import"
            yield node.module or ""
            # `from forensics_ui import doctor` names the room only here.
            yield from (f"forensics_ui.{alias.name}" for alias in node.names if node.module == "forensics_ui")


def rooms() -> Iterator[tuple[str, Path, set[str]]]:
    """Each file of a room with what it imports."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if room_of(path) not in ("__init__", "__main__"):
            yield room_of(path), path, set(imports_of(path))


def test_every_room_has_its_place():
    assert {room for room, _, _ in rooms()} <= set(LEVELS), "a new room: give it a level in LEVELS"


def test_arrows_only_point_down():
    wrong, level = [], defaultdict(set)
    for room, path, imported in rooms():
        for name in imported:
            other = name.split(".")[1] if name.startswith("forensics_ui.") else room
            if other == room or other not in LEVELS:
                continue
            if LEVELS[other] > LEVELS[room]:
                wrong.append(f"{path.relative_to(PROJECT)} imports {name}")
            elif LEVELS[other] == LEVELS[room]:
                level[room].add(other)
    mutual = [f"{room} and {other} import each other" for room in level for other in level[room] if room in level.get(other, ())]
    assert not wrong + mutual


def test_gradio_only_in_the_screen_and_torch_only_where_networks_are():
    wrong = []
    for room, path, imported in rooms():
        packages = {name.split(".")[0] for name in imported}
        if "gradio" in packages and room != "ui":
            wrong.append(f"{path.relative_to(PROJECT)} imports gradio")
        if packages & TORCH and room not in TORCH_ROOMS:
            wrong.append(f"{path.relative_to(PROJECT)} imports {', '.join(packages & TORCH)}")
    assert not wrong


def test_the_launcher_needs_nothing_but_the_standard_library():
    wrong = []
    for room, path, imported in rooms():
        if room == "launcher":
            foreign = {
                name for name in imported if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("forensics_ui.launcher")
            }
            wrong += [f"{path.name} imports {name}" for name in foreign]
    assert not wrong


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions of a file, nested ones included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def ninetieth(values: list[int]) -> float:
    return statistics.quantiles(values, n=10)[-1]


def test_files_are_small():
    sizes = {path: lines_of(path) for path in modules()}
    tests = {path: lines_of(path) for path in (PROJECT / "tests").rglob("*.py")}
    assert not [f"{path.relative_to(PROJECT)}: {lines} lines" for path, lines in {**sizes, **tests}.items() if lines > 400]
    assert statistics.median(sizes.values()) <= 120
    assert ninetieth(list(sizes.values())) <= 250


def test_functions_are_small():
    sizes, long = [], []
    for path in [*modules(), *(PROJECT / "tests").rglob("*.py")]:
        for node in functions(path):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if "tests" not in path.relative_to(PROJECT).parts:
                sizes.append(lines)
            if lines > 60:
                long.append(f"{path.relative_to(PROJECT)}: {node.name} has {lines} lines")
    assert not long
    assert statistics.median(sizes) <= 10
    assert ninetieth(sizes) <= 35


def untyped(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """True if a parameter or the result has no annotation."""
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    bare = [each for each in named if each and not each.annotation and each.arg not in ("self", "cls")]
    return bool(bare) or (node.returns is None and node.name != "__init__")


def test_public_functions_and_classes_are_documented_and_typed():
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        public = [
            node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and not node.name.startswith("_")
        ]
        methods = [
            each
            for node in public
            if isinstance(node, ast.ClassDef)
            for each in node.body
            if isinstance(each, ast.FunctionDef) and each.name[0] != "_"
        ]
        wrong += [f"{path.relative_to(PROJECT)}: {node.name} has no docstring" for node in public if not ast.get_docstring(node)]
        wrong += [
            f"{path.relative_to(PROJECT)}: {node.name} is not typed"
            for node in [*public, *methods]
            if not isinstance(node, ast.ClassDef) and untyped(node)
        ]
    assert not wrong


def test_the_top_level_holds_only_what_belongs_there():
    top = {path.relative_to(PROJECT).parts[0] for path in tracked()}
    assert not {name for name in top if not TOP_LEVEL.fullmatch(name)}


def test_no_file_names_a_path_of_one_machine_or_a_package_registry():
    wrong = []
    for path in tracked():
        if path.suffix.lower() not in TEXT:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if found := MACHINE_PATHS.search(line) or REGISTRIES.search(line):
                wrong.append(f"{path.relative_to(PROJECT)}:{number}: {found.group()}")
    assert not wrong


def test_ruff_has_nothing_to_say():
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(PROJECT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
