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

# Flags that only the networks have; UnivFD trains one linear layer on features that never change.
OF_NETWORKS = ("minutes", "teacher", "start_from", "cell", "reference", "layers", "pool", "k", "rbld", "rks")


def _arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("detector", choices=("lfm", "npr", "prc", "univfd"), help="which detector; univfd: the linear head on CLIP features; prc: fitted in one go")
    add("folder", type=Path, help="pictures under 0_real and 1_fake (or real and fake), at any depth; other folder names are their sources")
    add("--out", type=Path, required=True, help="where weights, card, log and checkpoint go; training goes on from a checkpoint found there")
    add("--preset", default="own", help="own (default): both classes get the same random history; paper: the settings of the detector's paper")
    add(
        "--validation",
        type=Path,
        help="labelled folder of generators and collections that are not in the training folder (default: a fifth is held out by source)",
    )
    add("--test", type=Path, help="labelled folder that only the final error rates come from")
    add("--learn-test", action="store_true", help="prc: fit the weights to the --test pictures too, each measured by a fit without its source")
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
    _given(parser.add_argument_group("weights to begin with (installed ones by name, a published .pth or our .safetensors)"))
    _ablations(
        parser.add_argument_group("ablations of the papers", "variants for comparison; detectors refuse their weights, the card measures them")
    )


def _given(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--teacher", metavar="FILE", help="LFM or NPR weights that soften the labels, seeing each crop before its last save")
    group.add_argument("--start-from", metavar="FILE", help="weights of the same detector to begin with, instead of random ones")
    group.add_argument("--lfm", metavar="FILE", help="prc: LFM weights that join in; --validation names pictures that they were not trained on")
    group.add_argument("--backbone", metavar="FILE", help="univfd: the CLIP image tower (default: the installed one)")


def _ablations(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add("--cell", type=int, metavar="L", help="side of a cell (NPR, Table 7; default: 2)")
    add(
        "--reference", type=_reference, metavar="J", help="what its pixels are compared with: 1 to L*L, average or maximum (NPR, Table 7; default: 1)"
    )
    add("--snet-layers", dest="layers", metavar="N", help="4 to 8 convolutions, or resnet50 in the place of SNet (LFM, Table V; default: 5)")
    add("--pool", choices=("tkp", "gap", "gmp", "attention"), help="how maps are pooled (LFM, Table VI; default: tkp)")
    add("--k", type=int, help="how many of the largest values count (LFM, Table VII; default: 16)")
    add("--no-rbld", dest="rbld", action="store_false", default=None, help="no Rank-Based Linear Dropout (LFM, Table 4)")
    add("--no-rks", dest="rks", action="store_false", default=None, help="no Random-K Sampling (LFM, Table 4)")


def _reference(text: str) -> int | str:
    """A pixel of the cell, or one of the two words."""
    if text in ("average", "maximum"):
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor average nor maximum") from None


def run(arguments: argparse.Namespace) -> int:
    """Train, calibrate on the validation pictures, measure on the test pictures, write."""
    if not arguments.folder.is_dir():
        raise ForensicsError(f"There is no folder {arguments.folder.name!r}.")
    session = _session(arguments)
    if hasattr(os, "nice"):
        os.nice(5)  # hours of work should not make the machine feel slow
    card = session.run()
    if arguments.json:
        print(json.dumps(card, ensure_ascii=False))
    else:
        print(f"{card['name']}: {arguments.out.name}/{card['name']}.safetensors, SHA-256 {card['sha256']}")
    return DONE


def _session(arguments: argparse.Namespace) -> Any:
    if arguments.learn_test and arguments.detector != "prc":
        raise ForensicsError(f"--learn-test is for prc; what {arguments.detector} learns from cannot measure it.")
    if arguments.detector == "univfd":
        from forensics_ui.train.head_session import HeadSession

        odd = [name for name in (*OF_NETWORKS, "lfm") if getattr(arguments, name) is not None] + ["bf16"] * arguments.bf16
        if odd:
            raise ForensicsError(
                f"--{odd[0].replace('_', '-')} is for lfm and npr; univfd trains one linear layer on features that stay as they are."
            )
        return HeadSession(arguments, _progress)
    if arguments.detector == "prc":
        from forensics_ui.train.prc_session import PRCSession

        if bool(arguments.lfm) != bool(arguments.validation):
            raise ForensicsError("--lfm and --validation go together for prc: what LFM adds is judged on pictures that it was not trained on.")
        if arguments.learn_test and not arguments.test:
            raise ForensicsError("--learn-test needs pictures under --test.")
        odd = [name for name in (*OF_NETWORKS, "epochs", "backbone") if getattr(arguments, name) is not None] + ["bf16"] * arguments.bf16
        if odd or arguments.preset != "own":
            what = f"--{odd[0].replace('_', '-')}" if odd else f"--preset {arguments.preset}"
            raise ForensicsError(f"{what} is not for prc: it is fitted in one go, and every picture is judged by a fit that never saw its source.")
        return PRCSession(arguments, _progress)
    from forensics_ui.train.session import Session

    if arguments.lfm:
        raise ForensicsError(f"--lfm is for prc; {arguments.detector} takes in no other network.")
    if arguments.backbone:
        raise ForensicsError(f"--backbone is for univfd; {arguments.detector} stands on no other network.")
    return Session(arguments, _progress)


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
