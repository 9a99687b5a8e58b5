"""`batch FOLDER --out DIR`: score a folder tree. Stopped at any moment, the same command goes on from there."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from forensics_ui.cli.base import COMMANDS, COULD_NOT_RUN, DONE, SOME_FAILED, Command, add_common_arguments, add_own_reals_argument
from forensics_ui.cli.choice import chosen_detectors, wide_intake
from forensics_ui.core.errors import ForensicsError
from forensics_ui.core.settings import Settings

if TYPE_CHECKING:
    from forensics_ui.batch import BatchManager, Progress, Source

INTERRUPTED = 130
STATES = {"scanning": "reading the folder", "paused": "paused", "new": "waiting for its turn"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the pictures are, where the results go, and what is asked."""
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER", help="the pictures, at any depth; links are not followed")
    parser.add_argument(
        "--list", type=Path, metavar="FILE", help="instead of FOLDER: a text file with the path of a picture on each line; - for standard input"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where results.csv, results.json, report.html and report.pdf go")
    parser.add_argument("--preview", action="store_true", help="only say what would be scored, and what would be skipped and why")
    parser.add_argument("--formats", default="all", metavar="NAME[,NAME...]", help="which of them to write (default: all)")
    parser.add_argument(
        "--engine",
        choices=("local", "ray"),
        default="local",
        help="ray: on the cluster that RAY_ADDRESS names, or on one for this run on this machine; needs requirements-cluster.txt",
    )
    again = parser.add_mutually_exclusive_group()
    again.add_argument("--resume", action="store_true", help="only go on with an earlier run of the same settings, never begin one")
    again.add_argument("--fresh", action="store_true", help="score everything anew (default: go on where an earlier run of the same settings ended)")
    for name, text in (("case", "name of the case"), ("examiner", "who examines"), ("notes", "notes")):
        parser.add_argument(f"--{name}", default="", metavar="TEXT", help=f"{text}, printed in the report")
    add_common_arguments(parser)
    add_own_reals_argument(parser)


def run(arguments: argparse.Namespace) -> int:
    """Score, show progress on standard error, write the results."""
    from forensics_ui.batch.output import check_formats

    arguments.source = _source(arguments)
    if arguments.preview:
        return _preview(arguments)
    if arguments.out is None:
        raise ForensicsError("Say with --out where the results are to go.")
    formats = check_formats(arguments.formats)
    out = _out_folder(arguments.folder, arguments.out)
    manager = _manager(arguments, Settings.load(device=arguments.device, data_dir=arguments.data_dir, own_reals=arguments.own_reals))
    # After Ray, which has a handler of its own.
    signal.signal(signal.SIGTERM, _as_interrupt)
    with manager.workbench:
        try:
            batch = _start(manager, arguments, out)
            progress = _follow(manager, batch)
            return _finish(manager, batch, progress, formats, arguments)
        finally:
            manager.close()


def _source(arguments: argparse.Namespace) -> Source:
    from forensics_ui.batch import Source

    if (arguments.folder is None) == (arguments.list is None):
        raise ForensicsError("Say which pictures: either a FOLDER, or --list FILE.")
    if arguments.folder:
        return Source.of(arguments.folder)
    try:
        text = sys.stdin.buffer.read() if str(arguments.list) == "-" else arguments.list.read_bytes()
    except OSError as error:
        raise ForensicsError(f"The list {arguments.list.name!r} cannot be read: {error.strerror}.") from None
    return Source.of([os.fsdecode(line) for line in text.splitlines() if line.strip()])


def _manager(arguments: argparse.Namespace, settings: Settings) -> BatchManager:
    if arguments.engine == "ray":
        from forensics_ui.batch.cluster import ClusterManager, cluster_workbench

        return ClusterManager(cluster_workbench(settings))
    from forensics_ui.batch import BatchManager
    from forensics_ui.workbench import Workbench

    return BatchManager(Workbench(settings, intake=wide_intake(settings)))


def _preview(arguments: argparse.Namespace) -> int:
    from forensics_ui.batch import preview

    settings = Settings.load(data_dir=arguments.data_dir)
    exclude = [path for path in (settings.data_dir, arguments.out) if path]
    seen = preview(arguments.source, settings.limits, exclude)
    if arguments.json:
        print(json.dumps(asdict(seen), ensure_ascii=False))
        return DONE
    formats = ", ".join(f"{count:,} {name}" for name, count in seen.formats.items())
    print(f"{seen.files:,} files would be scored, {seen.bytes:,} bytes{f' ({formats})' if formats else ''}")
    print(f"{seen.skipped:,} other entries would be skipped")
    if seen.links:
        print(f"links are not followed: what {seen.links:,} of them lead to is not scored")
    for reason, count in seen.reasons.items():
        examples = [each.path for each in seen.examples if each.reason == reason][:3]
        print(f"  {count:,}: {reason}: {', '.join(examples)}{' ...' if count > len(examples) else ''}")
    return DONE


def _start(manager: BatchManager, arguments: argparse.Namespace, out: Path) -> str:
    from forensics_ui.batch import make_plan
    from forensics_ui.verdict import own_reals

    detectors = chosen_detectors(arguments.detector, manager.workbench, arguments.weights)
    weights = {detectors[0]: _weights(arguments.weights)} if arguments.weights else None
    source = arguments.source
    settings = manager.workbench.settings
    own = own_reals.named(settings.own_reals, settings.data_dir)
    asked = detectors, arguments.input_rule, weights
    if arguments.resume and manager.last_of(make_plan(manager.workbench, source, *asked, own)) is None:
        raise ForensicsError("There is no earlier run on this folder with these settings; leave --resume out to begin one.")
    return manager.start(source, *asked, out=out, fresh=arguments.fresh, reference_set=own)


def _weights(asked: str) -> str:
    """A file by its whole path, so that the run can be found again from elsewhere."""
    return os.path.abspath(asked) if os.sep in asked or Path(asked).is_file() else asked


def _out_folder(folder: Path | None, out: Path) -> Path:
    if folder and os.path.realpath(folder) == os.path.realpath(out):
        raise ForensicsError("The results must not go into the folder of the pictures itself; a folder inside it will do.")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ForensicsError(f"The folder {out.name!r} for the results cannot be made: {error.strerror}.") from None
    return Path(os.path.realpath(out))


def _follow(manager: BatchManager, batch: str) -> Progress:
    """Show how it goes until it is over. The first Ctrl-C stops it cleanly, a second one at once."""
    line = ProgressLine()
    progress = manager.wait(batch, 0)
    try:
        while not progress.over:
            progress = manager.wait(batch, 0.25)
            line.show(progress)
    except KeyboardInterrupt:
        line.end()
        print("stopping ...", file=sys.stderr, flush=True)
        manager.cancel(batch)
        progress = manager.wait(batch)
    line.show(progress, last=True)
    line.end()
    return progress


def _finish(manager: BatchManager, batch: str, progress: Progress, formats: list[str], arguments: argparse.Namespace) -> int:
    from forensics_ui.batch.output import write_outputs
    from forensics_ui.report.model import Case

    if progress.state == "cancelled":
        print(f"Stopped after {progress.settled:,} of {progress.total:,} files. The same command goes on from there.", file=sys.stderr)
        return INTERRUPTED
    if progress.state != "finished":
        print(f"forensics_ui: {progress.reason}", file=sys.stderr)
        return COULD_NOT_RUN
    if not progress.total:
        raise ForensicsError(f"There is no picture in {(arguments.folder or arguments.list).name!r} ({progress.skipped:,} entries were skipped).")
    case = Case(arguments.case, arguments.examiner, arguments.notes)
    written = write_outputs(manager, batch, arguments.out, formats, case)
    _print(summary(manager, batch, progress, written), arguments.json)
    return SOME_FAILED if progress.failed else DONE


def summary(manager: BatchManager, batch: str, progress: Progress, written: dict[str, Path]) -> dict[str, Any]:
    """What came out, in numbers; the rows are in the files."""
    counts = {"files": progress.total, "scored": progress.done, "failed": progress.failed, "skipped": progress.skipped}
    rows = manager.rows(batch)
    return {"batch": batch, **counts, "verdicts": rows.verdicts(), "written": {name: str(path) for name, path in written.items()}}


def _print(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    print(f"{found['files']:,} files: {found['scored']:,} scored, {found['failed']:,} failed; {found['skipped']:,} other entries were skipped")
    for detector, verdicts in found["verdicts"].items():
        print(f"{detector}: {', '.join(f'{count:,} {verdict}' for verdict, count in sorted(verdicts.items()))}")
    print("\n".join(found["written"].values()))


class ProgressLine:
    """Progress on standard error: in place in a terminal, a line every few seconds elsewhere."""

    EVERY_SECONDS = 5.0

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = 0.0
        self._open = False

    def show(self, progress: Progress, last: bool = False) -> None:
        """Say how far it is, how fast and how long it will take."""
        now = time.monotonic()
        if not self._terminal and not last and now < self._next:
            return
        self._next = now + self.EVERY_SECONDS
        text = in_words(progress)
        print(f"\r{text:<78}" if self._terminal else text, end="" if self._terminal else "\n", file=sys.stderr, flush=True)
        self._open = self._terminal

    def end(self) -> None:
        """Leave the line."""
        if self._open:
            print(file=sys.stderr)
        self._open = False


def in_words(progress: Progress) -> str:
    """One line of progress."""
    if progress.state in STATES:
        return STATES[progress.state]
    text = f"{progress.settled:,} of {progress.total:,} files"
    if progress.failed:
        text += f", {progress.failed:,} failed"
    if progress.rate:
        text += f", {progress.rate:.1f} a second"
    if progress.seconds_left:
        minutes, seconds = divmod(round(progress.seconds_left), 60)
        text += f", {minutes // 60}:{minutes % 60:02}:{seconds:02} left"
    return text


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    """A polite request to end from the system is the same as Ctrl-C."""
    raise KeyboardInterrupt


COMMANDS.register("batch")(
    Command(
        help="score all pictures of a folder, at any depth; stopped or killed, the same command goes on where it was",
        example="python -m forensics_ui batch photos --out results --detector lfm --input-rule crop",
        add_arguments=add_arguments,
        run=run,
    )
)
__all__ = ["in_words", "run"]
