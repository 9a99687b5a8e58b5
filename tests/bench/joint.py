"""Fit the joined answer to a table of scores, and print what it and its parts are worth.

    python -m tests.bench.joint tests/bench/joint_rows.jsonl.gz --join prc_joined,lfm_distilled,univfd_blocks --name joined_three --out weights

A row is one copy of a picture under one input rule: `rule label source family kind condition history`, and a logit for every
detector, each from weights or fits that never saw the picture's family. Scores in the table are of lines that had not seen it
either. Where a history has rows of both classes, its AUC is printed too. `joint_rows.jsonl.gz` are the rows that the weights that
ship were fitted to.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from forensics_ui.train import joint
from forensics_ui.weightstore.manifest import find, read_card

RULES = ("native", "crop")
CONDITIONS = ("as_they_come", "jpeg96", "jpeg80", "halved")
# Without its EXIF data nobody can tell that a picture was halved: both conditions are fitted and judged with both.
ALSO = {"as_they_come": ("as_they_come", "halved")}
ENOUGH = 30
Rows = Sequence[Mapping[str, Any]]


def main() -> None:
    """Read, fit, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=Path)
    parser.add_argument("--join", required=True, help="names of installed weights, with commas")
    parser.add_argument("--name", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--about", type=Path, help="JSON with further fields of the card")
    arguments = parser.parse_args()
    with gzip.open(arguments.rows, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    joins = joined(arguments.join.split(","), arguments.out)
    made = {name: Condition(name, rows, list(joins)) for name in CONDITIONS}
    about = json.loads(arguments.about.read_text(encoding="utf-8")) if arguments.about else {}
    of_rules = {rule: {name: each.row(rule) for name, each in made.items()} for rule in RULES}
    kinds = {name: each.kinds("crop") for name, each in made.items()}
    lines = {name: each.line for name, each in made.items()}
    print(joint.write(arguments.out, arguments.name, joins, lines, of_rules, {**about, "by_kind": kinds}))


def joined(names: Sequence[str], folder: Path) -> dict[str, str]:
    """The detectors with the hashes that their scores name, from the cards of these weights."""
    cards = [read_card(folder / entry.file) for name in names if (entry := find(name, folder))]
    return {card.detector: card.weights_sha256 for card in cards}


def table_of(rows: Rows, detectors: Sequence[str]) -> joint.Table:
    """The columns that fitting needs."""
    logits = np.array([[row[name] for name in detectors] for row in rows], float)
    return joint.Table(
        logits, *(np.array([row[name] for row in rows]) for name in ("label", "source", "family", "kind")), joint.penalty_of(detectors)
    )


class Condition:
    """All rows of one condition, with one line for both rules, and their cross-fitted scores."""

    def __init__(self, name: str, rows: Rows, detectors: Sequence[str]) -> None:
        self.rows = [row for row in rows if row["condition"] in ALSO.get(name, (name,))]
        self.table, self.detectors = table_of(self.rows, detectors), detectors
        self.line, self.scores = joint.line_and_scores(self.table)
        self._rule = np.array([row["rule"] for row in self.rows])
        for rule in RULES:
            self._print(name, rule)

    def of(self, rule: str) -> tuple[joint.Table, np.ndarray]:
        """The rows of one rule, and their scores."""
        return self.table.where(self._rule == rule), self.scores[self._rule == rule]

    def row(self, rule: str) -> dict[str, Any]:
        """What the card says of it."""
        return joint.condition_row(*self.of(rule))

    def kinds(self, rule: str) -> dict[str, dict[str, Any]]:
        """How many real pictures of every kind are marked."""
        return joint.worst_kinds(*self.of(rule), self.row(rule)["threshold_some"])

    def _print(self, name: str, rule: str) -> None:
        (table, scores), row = self.of(rule), self.row(rule)
        print(f"\n{rule}, {name}: {row['n_real']} real, {row['n_fake']} generated")
        told = "found {tpr_at_some:.0%} at {fpr_at_some:.1%}, strong {tpr_at_strong:.0%} at {fpr_at_strong:.1%}".format(**row)
        print(f"  joined  AUC {row['auc']:.3f}, {row['tpr_at_5pct_fpr']:.0%} at 5 %; {told}; weights {np.round(self.line['weight'], 2)}")
        for at, detector in enumerate(self.detectors):
            print(f"  {detector:7} {_worth(table.logits[:, at], table.label)}")
        histories = np.array([each["history"] for each in self.rows])[self._rule == rule]
        for history in sorted(set(histories)):
            mine = histories == history
            if min((table.label[mine] == label).sum() for label in (0, 1)) >= ENOUGH:
                print(f"  only {history:8} {_worth(scores[mine], table.label[mine])}")
        print("  worst kinds: " + ", ".join(f"{kind} {each['marked']} of {each['n_real']}" for kind, each in list(self.kinds(rule).items())[:6]))


def _worth(scores: np.ndarray, label: np.ndarray) -> str:
    real, fake = scores[label == 0], scores[label == 1]
    return f"AUC {joint.auc(real, fake):.3f}, {(fake > np.quantile(real, 0.95)).mean():.0%} at 5 %"


if __name__ == "__main__":
    main()
