"""`train DETECTOR FOLDER`: labelled folders in, weights and their card out."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from forensics_ui.cli.base import COMMANDS, DONE, Command
from forensics_ui.core.errors import ForensicsError


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", choices=("lfm", "npr"), help="which network")
    add("folder", type=Path, help="pictures under 0_real and 1_fake (or real and fake), at any depth; other folder names are their sources")
    add("--out", type=Path, required=True, help="where weights, card, log and checkpoint go; training goes on from a checkpoint found there")
    add("--preset", default="own", help="own (default): both classes get the same random history; paper: the settings of the detector's paper")
    add(
        "--validation",
        type=Path,
        help="labelled folder of generators and collections that are not in the training folder (default: a fifth is held out by source)",
    )
    add("--test", type=Path, help="labelled folder that only the final error rates come from")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="end by the clock")
    length.add_argument("--epochs", type=float, help="end after this many epochs (default: the preset's)")
    add("--seed", type=int, default=0, help="the same seed on the same machine gives the same weights (with --epochs)")
    add("--name", default=None, help="what the weights are called (default: DETECTOR_own or DETECTOR_paper)")
    add(
        "--bf16",
        action="store_true",
        help="convolutions in bf16: twice as fast on processors and GPUs that have it; neighbours are subtracted in fp32",
    )
    add("--workers", type=int, default=1 if sys.platform == "linux" else 0, help="processes that prepare pictures")
    add("--device", choices=("auto", "cpu", "cuda", "mps"), default="auto", help="where it trains (default: auto)")
    add("--json", action="store_true", help="print the card")


def run(arguments: argparse.Namespace) -> int:
    """Train, calibrate on the validation pictures, measure on the test pictures, write."""
    from forensics_ui.train.session import Session

    if not arguments.folder.is_dir():
        raise ForensicsError(f"There is no folder {arguments.folder.name!r}.")
    if hasattr(os, "nice"):
        os.nice(5)  # hours of work should not make the machine feel slow
    card = Session(arguments, _progress).run()
    if arguments.json:
        print(json.dumps(card, ensure_ascii=False))
    else:
        print(f"{card['name']}: {arguments.out.name}/{card['name']}.safetensors, SHA-256 {card['sha256']}")
    return DONE


def _progress(entry: dict[str, Any]) -> None:
    if "words" in entry:
        print(entry["words"], file=sys.stderr, flush=True)
        return
    head = f"step {entry['step']}, {entry['progress']:.0%}, {entry['seconds'] / 60:.1f} min"
    if "loss" in entry:
        print(f"{head}: loss {entry['loss']:.4f}", file=sys.stderr, flush=True)
    else:
        columns = ", ".join(f"{name.replace('_', ' ')} {value:.3f}" for name, value in entry["validation"].items())
        print(f"{head}: AUC on validation pictures: {columns}", file=sys.stderr, flush=True)


COMMANDS.register("train")(
    Command(
        help="train a detector on labelled folders; stop it at any time, it goes on where it was",
        example="forensics_ui train lfm pictures --out trained --minutes 60 --seed 1",
        add_arguments=_arguments,
        run=run,
    )
)
__all__ = ["run"]
