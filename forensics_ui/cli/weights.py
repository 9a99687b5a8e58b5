"""`weights`: what is installed, what can be had and where, hash-checked."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from forensics_ui.cli.base import COMMANDS, COULD_NOT_RUN, DONE, SOME_FAILED, Command
from forensics_ui.core.errors import ForensicsError, WeightsMissing
from forensics_ui.core.settings import Settings
from forensics_ui.weightstore import manifest
from forensics_ui.weightstore.manifest import InstalledWeights, WeightsEntry
from forensics_ui.words import sentence_of

STATES = {"ok": "installed", "mismatch": "WRONG FILE", "missing": "not installed", "unlisted": "not vouched for"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Four actions; each prints for people, or JSON."""
    actions = parser.add_subparsers(dest="action", metavar="list|get|verify|convert", required=True)
    for name, run, text in (
        ("list", list_weights, "what is installed, what can be had, where, under which licence"),
        ("get", get_weights, "download published weights and check them"),
        ("verify", verify_weights, "hash every installed file again; exit code 1 if one is not what it should be"),
        ("convert", convert_weights, "write a published .pth as safetensors, with a card that says where it comes from"),
    ):
        action = actions.add_parser(name, help=text, description=text, epilog=f"example: {EXAMPLES[name]}")
        action.add_argument("--json", action="store_true", help="print JSON")
        action.set_defaults(act=run)
        if name == "get":
            action.add_argument("names", nargs="+", metavar="NAME", help="as `weights list` names them")
            action.add_argument("--yes", action="store_true", help="do not ask, also where no licence is stated")
        if name == "convert":
            action.add_argument("file", metavar="FILE", help="a published .pth, or a name of `weights list`")
            action.add_argument(
                "--out", type=Path, required=True, metavar="X.safetensors", help="where to write; an existing file is not overwritten"
            )


EXAMPLES = {
    "list": "python -m forensics_ui weights list",
    "get": "python -m forensics_ui weights get lfm_official univfd_official",
    "verify": "python -m forensics_ui weights verify --json",
    "convert": "python -m forensics_ui weights convert bs_model.pth --out lfm.safetensors",
}


def list_weights(arguments: argparse.Namespace, folder: Path) -> int:
    """Print every entry and every stray file with its state."""
    _print_all(manifest.installed(folder), arguments.json)
    return DONE


def verify_weights(arguments: argparse.Namespace, folder: Path) -> int:
    """Hash again everything that is there."""
    present = [each for each in manifest.installed(folder, rehash=True) if each.status != "missing"]
    if arguments.json:
        print(json.dumps([_as_json(each) for each in present], indent=2))
    for each in [] if arguments.json else present:
        print(f"{STATES[each.status]:<16} {each.sentence}")
    return SOME_FAILED if any(each.status == "mismatch" for each in present) else DONE


def get_weights(arguments: argparse.Namespace, folder: Path) -> int:
    """Download one after the other; one that fails does not stop the next."""
    wanted = [_known(name, folder) for name in arguments.names]
    results = [_get(entry, folder, arguments.yes) for entry in wanted]
    if arguments.json:
        print(json.dumps(results, indent=2))
    failed = sum("error" in result for result in results)
    return DONE if not failed else COULD_NOT_RUN if failed == len(results) else SOME_FAILED


def convert_weights(arguments: argparse.Namespace, folder: Path) -> int:
    """Convert one file."""
    from forensics_ui.weightstore.convert import convert

    card = convert(arguments.file, arguments.out, folder)
    if arguments.json:
        print(json.dumps({"file": arguments.out.name, **card}, indent=2))
    else:
        print(f"{arguments.out.name}: weights of {card['detector']}, SHA-256 {card['sha256']}\n{card['note']}")
    return DONE


def _get(entry: WeightsEntry, folder: Path, yes: bool) -> dict[str, Any]:
    from forensics_ui.weightstore.download import fetch

    try:
        _consent(entry, yes)
        path = fetch(entry, folder, _progress(entry.name))
        found = manifest.inspect(entry, folder)
    except ForensicsError as error:
        print(f"{_end_of_line()}forensics_ui: {sentence_of(error)}", file=sys.stderr)
        return {"name": entry.name, "error": sentence_of(error), "code": error.code}
    print(f"{_end_of_line()}{entry.name}: installed and checked, {path.stat().st_size:,} bytes", file=sys.stderr)
    return {"name": entry.name, "file": entry.file, "sha256": found.sha256, "status": found.status}


def _consent(entry: WeightsEntry, yes: bool) -> None:
    """Say the licence; where none is stated, fetch only for a person who says so."""
    if entry.source is None or entry.licence:
        print(f"{entry.name}: licence {entry.licence or 'of this project'}, from {entry.origin}", file=sys.stderr)
        return
    print(
        f"{entry.name}: from {entry.source}\nIts authors state no licence, so it cannot be passed on with this project. You may fetch it for yourself.",
        file=sys.stderr,
    )
    if yes:
        return
    if not sys.stdin.isatty():
        raise ForensicsError(
            f"{entry.name} was not fetched: its authors state no licence, so a person has to agree. Run it in a terminal or add --yes."
        )
    print("Fetch it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise ForensicsError(f"{entry.name} was not fetched.")


def _progress(name: str) -> Callable[[int, int | None], None]:
    """Show bytes on standard error: in place in a terminal, at every tenth elsewhere."""
    shown = -1

    def show(done: int, total: int | None) -> None:
        nonlocal shown
        step = done * (100 if sys.stderr.isatty() else 10) // total if total else done >> 23
        if step != shown:
            shown = step
            of = f" of {total:,} ({done / total:.0%})" if total else ""
            print(f"{name}: {done:,}{of} bytes", end="\r" if sys.stderr.isatty() else "\n", file=sys.stderr, flush=True)

    return show


def _end_of_line() -> str:
    # In a terminal the progress stands on the line where the message would begin.
    return "\n" if sys.stderr.isatty() else ""


def _known(name: str, folder: Path) -> WeightsEntry:
    if entry := manifest.find(name, folder):
        return entry
    raise WeightsMissing(f"No weights are called {name!r}; there are: {', '.join(each.name for each in manifest.entries(folder))}.")


def _as_json(found: InstalledWeights) -> dict[str, Any]:
    entry = asdict(found.entry) if found.entry else {"name": None, "file": found.path.name}
    entry.pop("features", None)  # numbers for programs
    return {**entry, "installed_sha256": found.sha256, "status": found.status, "sentence": found.sentence}


def _print_all(all_weights: list[InstalledWeights], as_json: bool) -> None:
    if as_json:
        print(json.dumps([_as_json(each) for each in all_weights], indent=2))
        return
    for each in all_weights:
        print(_paragraph(each))


def _paragraph(found: InstalledWeights) -> str:
    entry = found.entry
    if entry is None:
        return f"{found.path.name}  [{STATES[found.status]}]\n    {found.sentence}"
    size = f"{entry.size:,} bytes" if entry.size else "size not listed"
    kind = "" if entry.role == "network" else f" {entry.role}"
    lines = [
        f"{entry.name}  [{STATES[found.status]}]{'  preliminary' if entry.preliminary else ''}",
        f"    {entry.detector}{kind}, {size}, licence: {entry.licence or ('none stated' if entry.source else 'of this project')}",
        f"    from: {entry.origin}",
        *([f"    {entry.note}"] if entry.note else []),
        f"    {found.sentence}",
    ]
    return "\n".join(lines)


COMMANDS.register("weights")(
    Command(
        help="which weights are installed, and fetch, check or convert published ones",
        example=EXAMPLES["list"],
        add_arguments=add_arguments,
        run=lambda arguments: arguments.act(arguments, Settings.load().weights_dir),
    )
)
