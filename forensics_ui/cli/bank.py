"""`bank build FOLDER --out FILE` and `bank query FILE...`: the nearest pictures of a bank of real and generated ones."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from forensics_ui.cli.base import COMMANDS, DONE, SOME_FAILED, Command, add_place_arguments
from forensics_ui.core.errors import BadImage, ForensicsError, NotApplicable
from forensics_ui.core.settings import Settings
from forensics_ui.core.types import INPUT_RULES
from forensics_ui.words import sentence_of, words_of

if TYPE_CHECKING:
    from forensics_ui.bank.file import Bank
    from forensics_ui.bank.query import Neighbourhood
    from forensics_ui.imaging.open import Intake
    from forensics_ui.train.features import CachedUnivFD

EXAMPLES = {
    "build": "forensics_ui bank build pictures --out bank.safetensors --input-rule crop",
    "query": "forensics_ui bank query photo.jpg drawing.png --bank bank.safetensors --json",
}
TOLD_EVERY_SECONDS = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Two actions; what the other scoring commands share means the same here."""
    actions = parser.add_subparsers(dest="action", metavar="build|query", required=True)
    for name, act, text in (
        ("build", build, "make a bank of the pictures under 0_real and 1_fake (or real and fake), at any depth"),
        ("query", query, "find the pictures of a bank that are nearest to each file"),
    ):
        action = actions.add_parser(name, help=text, description=text, epilog=f"example: {EXAMPLES[name]}")
        if name == "build":
            action.add_argument("folder", type=Path, metavar="FOLDER", help="labelled pictures; other folder names are their sources")
            action.add_argument("--out", type=Path, required=True, metavar="FILE", help="the bank to write; an older one is replaced")
        else:
            action.add_argument("files", nargs="+", type=Path, metavar="FILE", help="picture files")
            action.add_argument("--bank", type=Path, required=True, metavar="BANK", help="a file that `bank build` made")
            action.add_argument("--k", type=_ks, default=(1, 3, 5, 9), metavar="K[,K...]", help="how many neighbours vote (default: 1,3,5,9)")
        rule = "native (default), crop or paper; the mean over its squares stands for a picture that has several"
        action.add_argument("--input-rule", choices=INPUT_RULES, default=None, help=rule if name == "build" else "must be that of the bank (default)")
        action.add_argument("--detector", default="univfd", metavar="NAME", help="univfd: no other detector has a bank")
        action.add_argument("--weights", metavar="NAME|FILE", help="the CLIP image tower (default: the installed one)")
        action.add_argument("--json", action="store_true", help="print JSON")
        add_place_arguments(action)
        action.set_defaults(act=act)


def _ks(text: str) -> tuple[int, ...]:
    try:
        found = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        found = ()
    if not found or found[0] < 1 or found[-1] > 1000:
        raise argparse.ArgumentTypeError("give numbers from 1 to 1000 with commas between them, as in 1,3,5,9")
    return found


def _loaded(arguments: argparse.Namespace) -> tuple[CachedUnivFD, Intake]:
    """The network and the intake."""
    from forensics_ui.imaging.open import Intake
    from forensics_ui.service.device import choose_device, set_up
    from forensics_ui.train.features import CachedUnivFD

    if arguments.detector != "univfd":
        raise ForensicsError(f"A bank is made of UnivFD's features; {arguments.detector!r} has none.")
    settings = Settings.load(device=arguments.device, data_dir=arguments.data_dir)
    device, _ = choose_device(settings.device)
    set_up(device)
    return CachedUnivFD.installed(arguments.weights, device, settings), Intake(settings.limits)


def build(arguments: argparse.Namespace) -> int:
    """Build, write, say what did not get in."""
    from forensics_ui.bank.build import build_bank
    from forensics_ui.bank.file import write_bank

    if not arguments.folder.is_dir():
        raise ForensicsError(f"There is no folder {arguments.folder.name!r}.")
    if not arguments.out.absolute().parent.is_dir():
        raise ForensicsError(f"There is no folder for {arguments.out.name!r} to be written to.")
    detector, intake = _loaded(arguments)
    with intake, closing(detector.store):
        built = build_bank(arguments.folder, detector, intake, arguments.input_rule or "native", _Progress())
    sha256 = write_bank(built.bank, arguments.out)
    for each in built.failed:
        print(f"{each['path']}: left out: {each['error']}", file=sys.stderr)
    found = {
        "bank": str(arguments.out),
        "sha256": sha256,
        **built.bank.counts(),
        "input_rule": built.bank.rule,
        "backbone": built.bank.backbone,
        "backbone_sha256": built.bank.backbone_sha256,
        "features_computed": detector.computed,
        "features_kept_from_before": detector.recalled,
        "repeated": built.repeated,
        "failed": built.failed,
    }
    if arguments.json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        left = f"; {len(built.failed)} left out, {built.repeated} repeated" if built.failed or built.repeated else ""
        print(f"{arguments.out}: {found['real']:,} real and {found['fake']:,} generated pictures, rule {found['input_rule']}{left}, SHA-256 {sha256}")
    return SOME_FAILED if built.failed else DONE


def query(arguments: argparse.Namespace) -> int:
    """Look every file up; a bad one is one line with its reason."""
    from forensics_ui.bank.file import read_bank

    bank = read_bank(arguments.bank)
    if arguments.input_rule not in (None, bank.rule):
        raise ForensicsError(f"{bank.name} was built under the rule {bank.rule!r}; under {arguments.input_rule!r} nothing in it can be compared.")
    detector, intake = _loaded(arguments)
    if detector.backbone["sha256"] != bank.backbone_sha256:
        raise ForensicsError(
            f"{bank.name} was made by another network ({bank.backbone}, SHA-256 {bank.backbone_sha256[:12]}...) than the one here "
            f"({detector.backbone['name']}, {detector.backbone['sha256'][:12]}...); their features cannot be compared."
        )
    failed = 0
    with intake, closing(detector.store):
        for file in arguments.files:
            record = _record(file, bank, detector, intake, arguments.k)
            failed += record["error"] is not None
            print(json.dumps(record, ensure_ascii=False) if arguments.json else _words(record), flush=True)
    return SOME_FAILED if failed else DONE


def _record(file: Path, bank: Bank, detector: CachedUnivFD, intake: Intake, ks: tuple[int, ...]) -> dict[str, Any]:
    from forensics_ui.bank.query import neighbours_of

    began = time.monotonic()
    record: dict[str, Any] = {"path": str(file), "sha256": None, "format": None, "width": None, "height": None, "error": None}
    record |= {"bank": bank.name, "bank_sha256": bank.sha256, "input_rule": bank.rule, "device": detector.device.type, "precision": "fp32"}
    record |= {"detector": "univfd", "weights": bank.backbone, "weights_sha256": bank.backbone_sha256}
    try:
        picture = intake.open(file)
        record |= {"sha256": picture.sha256, "format": picture.format, "width": picture.width, "height": picture.height}
        prepared = detector.prepare(picture.rgb, bank.rule)
        found: Neighbourhood = neighbours_of(bank, detector.picture_feature(prepared.block), picture.sha256, ks)
    except (BadImage, NotApplicable) as error:
        return record | {"sha256": record["sha256"] or getattr(error, "sha256", None), "error": sentence_of(error), "error_code": error.code}
    return record | found.as_dict() | {"notes": list(words_of(prepared.seen.notes)), "seconds": round(time.monotonic() - began, 3)}


def _words(record: dict[str, Any]) -> str:
    if record["error"] is not None:
        return f"{record['path']}: could not be looked up: {record['error']}"
    votes = [f"{vote['fake']} of {vote['fake'] + vote['real']}" for vote in record["votes"].values()]
    lines = [f"{record['path']}: generated among the nearest pictures of {record['bank']}: {', '.join(votes)} (rule {record['input_rule']})"]
    if same := record["same_file"]:
        lines.append(f"  - this very file is in the bank, as {same['label']}, {same['source']}/{same['name']}; it has no vote")
    lines += [f"  {n['rank']}. {n['distance']:.4f}  {n['label']}  {n['source']}/{n['name']}  {n['sha256'][:12]}" for n in record["neighbours"]]
    return "\n".join([*lines, "  What is near in CLIP's eyes looks alike; that is evidence of kinship, not proof of origin."])


class _Progress:
    """A line on standard error every few seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next or done == total:
            self._next = time.monotonic() + TOLD_EVERY_SECONDS
            print(f"{done:,} of {total:,} pictures", file=sys.stderr, flush=True)


COMMANDS.register("bank")(
    Command(
        help="build a bank of real and generated pictures as CLIP sees them, and find the nearest ones to a picture",
        example=EXAMPLES["query"],
        add_arguments=add_arguments,
        run=lambda arguments: arguments.act(arguments),
    )
)
