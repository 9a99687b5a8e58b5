"""What PRC and LFM say of every copy, and measured facts of it; a run that was stopped goes on with what is missing.

    nice -n 5 python -m tests.bench.lab_pool.scores --lab LAB --manifest DATA/manifest.csv --pool LAB/pool/pool.csv --part 0/2

Two processes with `--part 0/2` and `--part 1/2` share the work. A line of `LAB/scores-*.jsonl` has the copy's `key`, its
`condition`, `width` and `height` of what was looked at, a logit for each detector and rule (null where it does not apply),
and facts. Under native no more than the aligned middle of `--side` pixels is looked at. Pictures of sources that a detector
has learnt from are scored too: leave them out, by the card's `data` (`families.plain` makes names comparable).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from forensics_ui.core.errors import BadImage, NotApplicable
from forensics_ui.detectors import DETECTORS, Detector
from forensics_ui.imaging.open import Intake
from forensics_ui.imaging.rules import aligned_crop
from forensics_ui.train.figures import NATIVE_SIDE, RULES
from forensics_ui.verdict.conditions import condition_of
from forensics_ui.weightstore.load import load_weights
from forensics_ui.words import sentence_of
from tests.bench.lab_pool.histories import OF_FILE, OTHER, copy_of
from tests.bench.lab_pool.pictures import Shot, parsed
from tests.bench.lab_pool.tasks import Task, all_tasks, key_of

WEIGHTS = "prc_joined,lfm_distilled"
COLOURLESS = 2.0  # the mean difference of red and blue, of 255, below which a picture is called grey


def main() -> None:
    """Score what is missing until all is there or time is up."""
    arguments = parsed(
        __doc__,
        weights={"default": WEIGHTS, "help": "names of installed weights, with commas"},
        part={"default": "0/1", "help": "this process's part of the work: 0/2 and 1/2 are the halves"},
        threads={"type": int, "default": 1},
        side={"type": int, "default": NATIVE_SIDE},
        minutes={"type": float, "default": 1e9},
        most={"type": int, "default": 10**9},
    )
    torch.set_num_threads(arguments.threads)
    part, parts = map(int, arguments.part.split("/"))
    known = {row["key"] for row in kept(arguments.lab)}
    wanted = [task for task in all_tasks(arguments)[part::parts] if key_of(task) not in known][: arguments.most]
    print(f"{len(known)} copies known, {len(wanted)} to do", flush=True)
    detectors = dict(map(loaded, arguments.weights.split(",")))
    began = time.monotonic()
    with Intake() as intake, (arguments.lab / f"scores-{part}.jsonl").open("a", encoding="utf-8") as file:
        for done, task in enumerate(wanted, 1):
            if row := scored(task, detectors, intake, arguments.side):
                file.write(json.dumps(row) + "\n")
                file.flush()
            if done % 100 == 0:
                print(f"{done} copies, {done / (time.monotonic() - began):.2f} a second", flush=True)
            if time.monotonic() - began > arguments.minutes * 60:
                break


def loaded(name: str) -> tuple[str, Detector]:
    """A detector by the name of its weights, under its own."""
    weights = load_weights(name)
    return weights.detector, DETECTORS.get(weights.detector)(weights.state, torch.device("cpu"))


def kept(lab: Path) -> list[dict[str, Any]]:
    """All lines that were written whole."""
    rows = []
    for file in sorted(lab.glob("scores-*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError:
                continue  # the last line of a run that was ended
    return rows


def scored(task: Task, detectors: Mapping[str, Detector], intake: Intake, side: int) -> dict[str, Any] | None:
    """The line of a copy; None if there is no picture."""
    try:
        rgb, condition = copy_of(*task)
        about = of_file(task[0], intake) if condition == OF_FILE else {"condition": condition}
    except BadImage as error:
        print(f"{task[0].key}: {sentence_of(error)}", flush=True)
        return None
    whole = np.ascontiguousarray(aligned_crop(rgb, side).block)
    row: dict[str, Any] = {"key": key_of(task), **about, "width": whole.shape[1], "height": whole.shape[0]}
    for name, detector in detectors.items():
        for rule in RULES:
            row[f"{name}_{rule}"] = _logit(detector, whole, rule)
    return row | facts(rgb)


def of_file(shot: Shot, intake: Intake) -> dict[str, Any]:
    """The condition that the project sees in a file, and the quality of its last save."""
    picture = intake.open(shot.path.resolve(), shot.path.name)
    condition = condition_of(picture)
    return {"condition": OTHER if condition.unmeasured else condition.key, "lossless": condition.lossless, "quality": condition.quality}


def _logit(detector: Detector, rgb: np.ndarray, rule: Any) -> float | None:
    try:
        return float(detector.logit(np.ascontiguousarray(detector.prepare(rgb, rule).block)))
    except NotApplicable:
        return None


def facts(rgb: np.ndarray) -> dict[str, Any]:
    """How much happens in small places (the middle 8 x 8 cell's spread of brightness), and how much colour there is."""
    light = rgb.astype(np.float32).mean(2)
    height, width = (length // 8 * 8 for length in light.shape)
    cells = light[:height, :width].reshape(height // 8, 8, width // 8, 8).swapaxes(1, 2).reshape(-1, 64)
    colour = float(np.abs(rgb[..., 0].astype(int) - rgb[..., 2]).mean())
    texture = float(np.median(cells.std(1))) if len(cells) else 0.0
    return {"texture": round(texture, 3), "colour": round(colour, 3), "grey": colour < COLOURLESS}


def by_key(rows: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Lines to look up; of two of one copy the later."""
    return {row["key"]: row for row in rows}


if __name__ == "__main__":
    main()
