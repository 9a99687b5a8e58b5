"""The joined answer's lines and its card, from a table of cross-fitted scores.

A row is one copy of a picture: its class, its source, the family of sources that is left out together, its kind, its condition
as a file, and each detector's logit from a fit that had not seen its family. Every line is fitted by logistic regression with
weights that cannot fall below zero; what the card says comes from scores of lines that had not seen the row's family either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from forensics_ui.weightstore.joint import FIELDS, JOINED

FOLDS = 5
# On slopes of logits in units of their spread. LFM's network is a part of PRC, too: it has to show more to be heard twice.
PENALTY, PENALTIES = 0.05, {"lfm": 0.2}
SILENT = 1e6
# Shares of real pictures above the limits, and of generated ones below *low*: the card's words go by them.
SOME, STRONG, LOW = 0.015, 0.003, 0.05
# No kind of real pictures with so many of them may be marked more often than this.
WORST_KIND, KIND_COUNTS = 0.04, 60
ENDS = (0.25, 99.75)  # percentiles that logits are held between


@dataclass(frozen=True)
class Table:
    """Columns of equal length; `logits` is (rows, detectors), with the penalty of each detector."""

    logits: np.ndarray
    label: np.ndarray
    source: np.ndarray
    family: np.ndarray
    kind: np.ndarray
    penalty: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.label)

    def where(self, keep: np.ndarray) -> Table:
        """The rows that are kept."""
        return Table(*(getattr(self, name)[keep] for name in COLUMNS), penalty=self.penalty)

    def weights(self) -> np.ndarray:
        """Classes weigh the same, and in a class its sources: else lines follow the largest collection, and fail where it is left out."""
        _, at, counts = np.unique(self.source, return_inverse=True, return_counts=True)
        each = 1.0 / counts[at]
        for label in (0, 1):
            each[self.label == label] *= 0.5 / each[self.label == label].sum()
        return each


COLUMNS = ("logits", "label", "source", "family", "kind")


def penalty_of(detectors: Sequence[str]) -> tuple[float, ...]:
    """The penalties of these detectors' slopes."""
    return tuple(PENALTIES.get(name, PENALTY) for name in detectors)


def fitted(table: Table) -> dict[str, np.ndarray]:
    """One line: the fields of a joint model's condition."""
    low, high = np.percentile(table.logits, ENDS, axis=0)
    held, weights = np.clip(table.logits, low, high), table.weights()
    centre = (weights[:, None] * held).sum(0)
    spread = np.sqrt((weights[:, None] * (held - centre) ** 2).sum(0)) + 1e-9
    slope, bias = regression((held - centre) / spread, table.label, weights, table.penalty)
    slope = slope / spread
    bias = bias - float(slope @ centre)
    means = [np.array([np.average(held[table.label == label], axis=0, weights=weights[table.label == label]) for label in (0, 1)])]
    neutral = means[0].mean(0)
    return {"bias": np.array([bias + float(slope @ neutral)]), "weight": slope, "neutral": neutral, "low": low, "high": high}


def regression(x: np.ndarray, label: np.ndarray, weights: np.ndarray, penalty: Sequence[float] = ()) -> tuple[np.ndarray, float]:
    """Weighted logistic regression by Newton's method; a slope that would fall below zero is left out."""
    used, pull = list(range(x.shape[1])), np.array(penalty or [PENALTY] * x.shape[1])
    while True:
        design = np.concatenate([x[:, used], np.ones((len(x), 1))], axis=1)
        ridge = np.diag([*pull[used], 0.0])
        beta = np.zeros(design.shape[1])
        for _ in range(50):
            chance = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
            gradient = design.T @ (weights * (chance - label)) + ridge @ beta
            curvature = (design * (weights * chance * (1 - chance))[:, None]).T @ design + ridge + 1e-9 * np.eye(len(beta))
            step = np.linalg.solve(curvature, gradient)
            beta -= step
            if np.abs(step).max() < 1e-8:
                break
        if not used or beta[:-1].min() >= 0:
            break
        used.pop(int(beta[:-1].argmin()))
    slope = np.zeros(x.shape[1])
    slope[used] = beta[:-1]
    return slope, float(beta[-1])


def scored(line: Mapping[str, np.ndarray], logits: np.ndarray) -> np.ndarray:
    """The joined score by a line."""
    held = np.clip(logits, line["low"], line["high"])
    return line["bias"][0] + (held - line["neutral"]) @ line["weight"]


def folds_of(families: np.ndarray) -> np.ndarray:
    """Whole families to folds, the largest first, each to the fold that has least."""
    names, counts = np.unique(families, return_counts=True)
    filled, fold = [0] * FOLDS, {}
    for at in np.argsort(-counts, kind="stable"):
        fold[names[at]] = least = int(np.argmin(filled))
        filled[least] += int(counts[at])
    return np.array([fold[family] for family in families])


def cross_fitted(table: Table) -> np.ndarray:
    """Scores by lines whose weighing saw nothing of the row's family.

    How loud a line is, and where it speaks neither way, is of all rows: two numbers, and were they of
    each fold, scores of different folds could not be held against one limit.
    """
    folds, whole, scores = folds_of(table.family), fitted(table), np.zeros(len(table))
    spread = table.logits.std(0)
    loud = np.linalg.norm(whole["weight"] * spread)
    for fold in range(FOLDS):
        apart = folds == fold
        weight = fitted(table.where(~apart))["weight"]
        norm = np.linalg.norm(weight * spread)
        scores[apart] = scored({**whole, "weight": weight * loud / norm if norm else whole["weight"]}, table.logits[apart])
    return scores


def limits(table: Table, scores: np.ndarray) -> dict[str, float]:
    """The three limits in logits. *Some* is raised where a kind of real pictures would be marked too often."""
    real, fake = scores[table.label == 0], scores[table.label == 1]
    some, strong = _above(real, SOME), _above(real, STRONG)
    for kind in np.unique(table.kind[table.label == 0]):
        mine = scores[(table.label == 0) & (table.kind == kind)]
        if len(mine) >= KIND_COUNTS:
            some = max(some, _above(mine, WORST_KIND))
    low = min(float(np.quantile(fake, LOW)), some)
    return {"threshold_some": some, "threshold_strong": max(strong, some), "threshold_low": low}


def _above(scores: np.ndarray, share: float) -> float:
    """The lowest limit that at most this share of the scores reach; just above one of them."""
    ordered = np.sort(scores)[::-1]
    return float(np.floor(ordered[int(share * len(ordered))] * 1e4 + 1) / 1e4)


def auc(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs in which the generated picture scores higher."""
    ordered = np.sort(real)
    below = (np.searchsorted(ordered, fake, "left") + np.searchsorted(ordered, fake, "right")) / 2
    return float(below.mean() / len(real))


def rates(table: Table, scores: np.ndarray, found: Mapping[str, float]) -> dict[str, Any]:
    """How often the limits are right and wrong."""
    real, fake = scores[table.label == 0], scores[table.label == 1]
    told = {"n_real": len(real), "n_fake": len(fake), "auc": auc(real, fake), "tpr_at_5pct_fpr": float((fake >= _above(real, 0.05)).mean())}
    for name in ("some", "strong"):
        told[f"tpr_at_{name}"] = float((fake >= found[f"threshold_{name}"]).mean())
        told[f"fpr_at_{name}"] = float((real >= found[f"threshold_{name}"]).mean())
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in told.items()}


def condition_row(table: Table, scores: np.ndarray) -> dict[str, Any]:
    """What the card says of one condition."""
    found = limits(table, scores)
    n_real, n_fake = int((table.label == 0).sum()), int((table.label == 1).sum())
    ends = [round(1 / (n_fake + 2), 6), round(1 - 1 / (n_real + 2), 6)]
    return {**found, **rates(table, scores, found), "platt": {"a": 1.0, "b": 0.0}, "range": ends}


def worst_kinds(table: Table, scores: np.ndarray, some: float, fewest: int = 20) -> dict[str, dict[str, Any]]:
    """Of every kind of real pictures, how many there are and how many are marked; the most often marked first."""
    rows = {}
    for kind in np.unique(table.kind[table.label == 0]):
        mine = scores[(table.label == 0) & (table.kind == kind)]
        if len(mine) >= fewest:
            rows[str(kind)] = {"n_real": len(mine), "marked": int((mine >= some).sum())}
    return dict(sorted(rows.items(), key=lambda item: -item[1]["marked"] / item[1]["n_real"]))


def with_those_that_help(table: Table) -> tuple[Table, np.ndarray]:
    """The table with detectors silenced that make unseen families harder to tell apart, and its cross-fitted scores."""
    scores = cross_fitted(table)
    best = auc(scores[table.label == 0], scores[table.label == 1])
    for at in range(table.logits.shape[1]):
        penalty = tuple(SILENT if each == at else value for each, value in enumerate(table.penalty or [PENALTY] * table.logits.shape[1]))
        without = replace(table, penalty=penalty)
        tried = cross_fitted(without)
        if (found := auc(tried[table.label == 0], tried[table.label == 1])) > best:
            table, scores, best = without, tried, found
    return table, scores


def line_and_scores(table: Table) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The line that ships, and the scores of lines that saw nothing of each row's family; both in log odds."""
    table, scores = with_those_that_help(table)
    line = fitted(table)
    # On scores that were not fitted to, a line speaks a little too loudly or too softly: brought to log odds once.
    slope, shift = regression(scores[:, None], table.label, table.weights(), (1e-4,))
    return line | {"bias": line["bias"] * slope[0] + shift, "weight": line["weight"] * slope[0]}, scores * slope[0] + shift


Lines = Mapping[str, Mapping[str, np.ndarray]]
Rows = Mapping[str, Mapping[str, Any]]  # the card's, by condition


def calibration(made: Rows, more: Mapping[str, Any]) -> dict[str, Any]:
    """What the card says of a rule: the strictest limits of all conditions, and those of each; `more` holds for all of them."""
    rows = {name: dict(row) for name, row in made.items()}
    pooled = {f"threshold_{which}": max(row[f"threshold_{which}"] for row in rows.values()) for which in ("some", "strong")}
    pooled["threshold_low"] = min(row["threshold_low"] for row in rows.values())
    fewest = {name: min(row[name] for row in rows.values()) for name in ("n_real", "n_fake")}
    ends = [max(row["range"][0] for row in rows.values()), min(row["range"][1] for row in rows.values())]
    alarms = {"some": SOME, "strong": STRONG}
    return {**pooled, **fewest, "platt": {"a": 1.0, "b": 0.0}, "range": ends, "alarms": alarms, **more, "conditions": rows}


def write(folder: Path, name: str, joins: Mapping[str, str], lines: Lines, rules: Mapping[str, Rows], about: Mapping[str, Any]) -> Path:
    """The weights and the card of a joint model: a line for each condition, and what the card says of each rule and condition."""
    file = folder / f"{name}.safetensors"
    save_file({f"{condition}.{field}": np.asarray(line[field], np.float64) for condition, line in lines.items() for field in FIELDS}, file)
    data = file.read_bytes()
    figures: dict[str, dict[str, Any]] = {}
    for rule, made in rules.items():
        for condition, row in made.items():
            figures.setdefault(condition, {})[rule] = {key: row[key] for key in row if key.startswith(("n_", "auc", "tpr", "fpr"))}
    card = {
        "name": name,
        "detector": JOINED,
        "role": JOINED,
        "preliminary": False,
        "file": file.name,
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "licence": "MIT",
        "joins": dict(joins),
        **{key: value for key, value in about.items() if key != "calibration"},
        "calibration": {rule: calibration(made, about.get("calibration") or {}) for rule, made in rules.items()},
        "figures": figures,
    }
    file.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return file
