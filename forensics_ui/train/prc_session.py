"""One training of PRC from folders to card: count, fit, calibrate, measure. Same pictures and seed on one machine: the same weights.

Every picture is judged by a model that never saw its source (cross-fitting), and limits and probabilities come from those
scores. The weights that ship are fitted to all. With an LFM network, limits come only from pictures that it did not learn from.
"""

from __future__ import annotations

import json
import math
import time
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from forensics_ui.detectors.patterns import LOUDNESS
from forensics_ui.detectors.prc import PRC
from forensics_ui.service.device import choose_device
from forensics_ui.train.card import write_card, write_weights
from forensics_ui.train.counted import CLEAN, SAVED, Past
from forensics_ui.train.figures import Scored, by_source, figures, platt, score_samples
from forensics_ui.train.folders import Sample, counts_by_source, labelled_files
from forensics_ui.train.given import lfm_of
from forensics_ui.train.joined import joined
from forensics_ui.train.lines import FOLDS, Line, Way, fitted, folds_of, least_squares, logistic, mean_line, source_weights
from forensics_ui.train.measure import area_under_curve
from forensics_ui.train.rows import Rows
from forensics_ui.train.session import worth_of
from forensics_ui.train.sizes import growth, scores_by_side, without_growth

# Chosen on generators that the rows did not hold (the gate's as what did well for the others). Under a power of 0.75 the saved line ranked
# them better (CHANGELOG.md), under 0.6 no better than that; the clean line ranked them worse.
# Each head is the mean of the lines fitted in these ways. With edited copies among its rows too the line for saved pixels ranked unseen
# generators better at JPEG 80 and worse as they come, and more photographs that were edited and not saved were marked.
WAYS = {
    "clean": (Way(least_squares, 0.1, 5.0), Way(logistic, 0.03, 1.0, edited=True)),
    "saved": (Way(logistic, 0.003, 1.0),),
    "gate": (Way(least_squares, 0.1, 1.0, edited=True),),
}
POWERS = {"clean": 1.0, "saved": 0.75, "gate": 1.0}  # what the numbers are raised to before
GATE_ROWS = 10_000  # products of all pairs of rows are kept, so memory grows with the square
LEARNT = "test, in the end also trained on"
LEFT_OUT = f"Every picture was judged by the one of {FOLDS} fits that had left its source out, not by these weights."
GROWTH_REALS = 60  # photographs whose scores are followed over sizes


class PRCSession:
    """Groups of pictures, rows, lines, and what is written at the end."""

    def __init__(self, arguments: Namespace, tell: Callable[[dict[str, Any]], None]) -> None:
        self.arguments, self.tell = arguments, tell
        self.name = arguments.name or "prc_own"
        first = labelled_files(arguments.folder)
        self.network, self.given = lfm_of(arguments.lfm) if arguments.lfm else (None, {})
        # LFM learnt from the first folder only; PRC's lines are fitted to both.
        more = labelled_files(arguments.validation) if arguments.lfm else []
        self.unseen = more or first  # limits and probabilities come from these
        self.test = labelled_files(arguments.test) if arguments.test else []
        self.samples = [*first, *more, *(self.test if arguments.learn_test else [])]
        self.past = Past()
        self.device, _ = choose_device(arguments.device)
        self.sources = [(s.label, s.source) for s in self.samples]
        self.folds = folds_of(self.sources, arguments.seed)
        self.fold_of = dict(zip((s.path for s in self.samples), self.folds.tolist(), strict=True))

    def run(self) -> dict[str, Any]:
        """Count, fit, write, measure; gives the card."""
        began = time.monotonic()
        self.arguments.out.mkdir(parents=True, exist_ok=True)
        rows = Rows(self.samples, self.past, self.arguments.seed, 1 + self.arguments.workers, self._say)
        states, fitted = self._states(rows)
        if self.network:
            self._say("bringing in LFM")
            states = joined(states, self.network, self.unseen, np.array([self.fold_of[s.path] for s in self.unseen]), self.device)
        seconds = time.monotonic() - began
        path = self.arguments.out / f"{self.name}.safetensors"
        card = {"name": self.name, "detector": "prc", "preliminary": False}
        card["sha256"] = write_weights(states[-1], path, {"detector": "prc"})
        card |= {
            "licence": None,
            "data": self._data(),
            "preset": {
                "name": "own",
                **self.past.as_dict(),
                "ways": {head: [way.as_dict() for way in ways] for head, ways in WAYS.items()},
                "powers": POWERS,
                "folds": FOLDS,
            },
            "seed": self.arguments.seed,
            "training": {"rows": len(rows.sample), "seconds": round(seconds), "torch": torch.__version__, "cross_fitted_auc": fitted, **self.given},
        }
        card |= self._worth(states)
        card |= {"measured_how": LEFT_OUT} if self.arguments.learn_test else {}
        write_card(card, path)
        (self.arguments.out / "log.jsonl").write_text(json.dumps(card["training"]) + "\n", encoding="utf-8")
        return card

    def _data(self) -> dict[str, Any]:
        tested = {s.path for s in self.test}
        data = {"train": counts_by_source([s for s in self.samples if s.path not in tested])}
        # Shipped weights may have learnt from the test pictures; what was measured on them had not.
        return data | ({LEARNT if self.arguments.learn_test else "test": counts_by_source(self.test)} if self.test else {})

    def _states(self, rows: Rows) -> tuple[list[dict[str, torch.Tensor]], dict[str, float]]:
        """The weights for every fold (fitted without it), and last those fitted to all; and how well the gate and the two lines do."""
        labels = np.array([s.label for s in self.samples])[rows.sample]
        fold = self.folds[rows.sample]
        lines: dict[str, list[Line]] = {}
        worth = {}
        for head, aims, chosen in (
            ("clean", labels, rows.family == CLEAN),
            ("saved", labels, rows.family == SAVED),
            ("gate", rows.family, _some(len(labels), GATE_ROWS, self.arguments.seed)),
        ):
            self._say(f"fitting {head}: {int(chosen.sum())} rows of {rows.numbers.shape[1]} numbers")
            lines[head], worth[head] = self._cross_fitted(rows, head, aims, chosen, fold)
        return [_state({head: of_folds[i] for head, of_folds in lines.items()}) for i in range(FOLDS + 1)], worth

    def _cross_fitted(self, rows: Rows, head: str, aims: np.ndarray, chosen: np.ndarray, fold: np.ndarray) -> tuple[list[Line], float]:
        """A line per fold and one for all, on the scale of log odds; and the AUC of the rows under lines that never saw their source."""
        own = [chosen & (way.edited | ~rows.edited) for way in WAYS[head]]
        ways = [self._one_way(rows, head, way, aims, rows_of_way, fold) for way, rows_of_way in zip(WAYS[head], own, strict=True)]
        lines = [mean_line(of_fold) for of_fold in zip(*ways, strict=True)]
        chosen = np.any(own, axis=0)
        return lines, _auc(_left_out(lines, _numbers(rows, head, chosen), fold[chosen]), aims[chosen])

    def _one_way(self, rows: Rows, head: str, way: Way, aims: np.ndarray, chosen: np.ndarray, fold: np.ndarray) -> list[Line]:
        sources = [(int(aim), self.sources[i][1]) for aim, i in zip(aims[chosen], rows.sample[chosen], strict=True)]
        numbers, fold, target = _numbers(rows, head, chosen), fold[chosen], aims[chosen]
        lines = fitted(numbers, target, source_weights(sources), fold, way, LOUDNESS)
        scores = _left_out(lines, numbers, fold)
        # The classes are told apart on one scale by all lines: log odds, as cross-fitted rows bear them out.
        scale = platt(scores[target == 0], scores[target == 1])
        return [line.times(*scale) for line in lines]

    def _worth(self, states: list[dict[str, torch.Tensor]]) -> dict[str, Any]:
        scored = self._scored(states, self.unseen, "measuring what the limits come from")
        sides: dict[int, dict[str, dict[int, float]]] = {}
        large = _large(self.unseen, GROWTH_REALS)
        for i in range(FOLDS):
            of_fold = [s for s in large if self.fold_of[s.path] == i]
            _collect(sides, scores_by_side(PRC(states[i], self.device), of_fold), i)
        test = self._scored(states, self.test, "measuring the test pictures") if self.test else None
        grown = growth(sides)
        worth = worth_of(scored, test, grown, "cross-fitted pictures")
        calibrated, compared = worth["calibration"], without_growth(scored, grown)
        # How it does on every generator and collection that it was trained on, judged by fits that never saw them.
        return worth | {"cross_fitted": {"figures": figures(compared, calibrated), "by_source": by_source(compared, "native", calibrated["native"])}}

    def _scored(self, states: list[dict[str, torch.Tensor]], samples: list[Sample], words: str) -> list[Scored]:
        """Every picture judged by weights that never saw its source: those fitted without its fold, or all, if none was fitted to it."""
        scored: list[Scored] = []
        for i, state in enumerate(states):
            self._say(f"{words}: part {i + 1} of {len(states)}")
            held_out = [s for s in samples if self.fold_of.get(s.path, FOLDS) == i]
            scored += score_samples(PRC(state, self.device), held_out)
        return scored

    def _say(self, words: str) -> None:
        self.tell({"words": words})


def _some(count: int, most: int, seed: int) -> np.ndarray:
    """At most so many of them, at random."""
    chosen = np.zeros(count, bool)
    chosen[np.random.default_rng(seed).permutation(count)[:most]] = True
    return chosen


def _numbers(rows: Rows, head: str, chosen: np.ndarray) -> np.ndarray:
    numbers = rows.numbers[chosen]
    return numbers if POWERS[head] == 1 else np.power(numbers, POWERS[head], out=numbers)


def _left_out(lines: Sequence[Line], numbers: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Every row under the line that was fitted without its fold."""
    scores = np.empty(len(numbers))
    for i, line in enumerate(lines[:FOLDS]):
        scores[fold == i] = line(numbers[fold == i])
    return scores


def _auc(scores: np.ndarray, target: np.ndarray) -> float:
    return round(area_under_curve(scores[target == 0], scores[target == 1]), 4)


def _large(samples: list[Sample], count: int) -> list[Sample]:
    """The photographs with the most pixels: over their centres, scores are followed over sizes."""
    return sorted((s for s in samples if not s.label), key=lambda s: -_pixels(s.path))[:count]


def _pixels(path: Path) -> int:
    with Image.open(path) as image:
        return math.prod(image.size)


def _collect(sides: dict[int, dict[str, dict[int, float]]], more: dict[int, dict[str, dict[int, float]]], part: int) -> None:
    """Add the scores of one part; pictures are numbered anew in each, so the part is put before their number."""
    for side, by_condition in more.items():
        for condition, scores in by_condition.items():
            sides.setdefault(side, {}).setdefault(condition, {}).update({1000 * part + number: score for number, score in scores.items()})


def _state(lines: dict[str, Line]) -> dict[str, torch.Tensor]:
    state = {}
    for head, line in lines.items():
        state[f"{head}.weight"] = torch.from_numpy(line.weight.astype(np.float32))
        state[f"{head}.bias"] = torch.tensor([line.bias], dtype=torch.float32)
        if POWERS[head] != 1:
            state[f"{head}.power"] = torch.tensor([POWERS[head]])
    return state
