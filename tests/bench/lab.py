"""The detection lab: one command prints what weights are worth, side by side, so that every later change is compared.

    python -m tests.bench.lab TEST_FOLDER --weights prc_joined --weights lfm_distilled --weights published.pth [--out DIR]

TEST_FOLDER is labelled (0_real/1_fake) and holds generators and collections that none of the weights were trained on.
Pictures pass through every condition (as they come, JPEG 96, JPEG 80, halved) under the rules crop and native. Formats
would tell the classes apart as they come, so one more row sets lossless reductions of the photographs against the
generated pictures. Scores are kept in DIR and not computed twice. `kinds.json` beside the folder's classes
({source: kind}) groups the real pictures; without it they are grouped by file format.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from forensics_ui.detectors import DETECTORS, Detector
from forensics_ui.train.card import WORDS
from forensics_ui.train.figures import RULES, Scored, limits_in, of_class, reliability, score_samples, threshold_at
from forensics_ui.train.folders import Sample, labelled_files
from forensics_ui.train.measure import CONDITIONS, area_under_curve
from forensics_ui.train.sizes import without_growth
from forensics_ui.weightstore.load import load_weights
from tests.bench.machine import describe_machine

ROWS = (*((name, name, name) for name in CONDITIONS), ("lossless", "halved", "as_they_come"))
TITLES = {**WORDS, "lossless": "reals halved, fakes as they come"}
FEWEST_IN_BIN = 10


@dataclass(frozen=True)
class Row:
    """One picture under one set of weights."""

    name: str
    kind: str
    scored: Scored


def main() -> None:
    """Score what is not scored yet, print the table, write the pictures."""
    arguments = _arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads or torch.get_num_threads())
    print(describe_machine())
    samples = sampled(labelled_files(arguments.folder), arguments.reals)
    kinds = _kinds(arguments.folder)
    columns = {}
    for wanted in arguments.weights:
        weights = load_weights(wanted)
        detector = DETECTORS.get(weights.detector)(weights.state, torch.device("cpu"))
        rows = _scored(detector, weights.sha256, samples, kinds, arguments.out)
        card = weights.card.fields
        columns[weights.name] = ([_compared(row, card) for row in rows], card)
    for part in (_counts, _learnt, _table, _by_kind, _by_source, _wrong):
        part(columns)
    _draw(columns, arguments.out / "reliability.png")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", action="append", required=True, help="a name of installed weights, or a file; give it again for more columns")
    parser.add_argument("--out", type=Path, default=Path("lab"))
    parser.add_argument("--reals", type=int, help="at most this many real pictures, chosen by the hash of their names")
    parser.add_argument("--threads", type=int)
    return parser.parse_args()


def sampled(samples: list[Sample], reals: int | None) -> list[Sample]:
    """All generated pictures, and of the real ones at most so many, always the same."""
    if reals is None:
        return samples
    of_real = sorted((s for s in samples if not s.label), key=lambda s: hashlib.sha256(s.path.name.encode()).hexdigest())
    return [s for s in samples if s.label] + of_real[:reals]


def _kinds(folder: Path) -> dict[str, str]:
    path = folder / "kinds.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _scored(detector: Detector, weights: str, samples: list[Sample], kinds: dict[str, str], out: Path) -> Iterator[Row]:
    """Scores from the file in `out`, and those that are missing; a picture too small for a condition is left out."""
    kept = out / f"scores_{weights[:12]}.jsonl"
    lines = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    known = {entry["sha256"]: entry["scored"] for entry in map(json.loads, lines)}
    with kept.open("a", encoding="utf-8") as file:
        for i, sample in enumerate(samples):
            sha256 = hashlib.sha256(sample.path.read_bytes()).hexdigest()
            if sha256 not in known:
                rows = score_samples(detector, [sample])
                known[sha256] = asdict(rows[0]) if rows else None
                file.write(json.dumps({"sha256": sha256, "scored": known[sha256]}) + "\n")
                file.flush()
                if i % 50 == 0:
                    print(f"{i} of {len(samples)}", file=sys.stderr, flush=True)
            if known[sha256]:
                kind = kinds.get(sample.source, sample.path.suffix.lower().lstrip(".")) if not sample.label else "generated"
                yield Row(f"{sample.source}/{sample.path.name}", kind, Scored(**{**known[sha256], "label": sample.label, "source": sample.source}))


def _compared(row: Row, card: dict[str, Any]) -> Row:
    """With what a verdict compares: native scores without what they grow by with the size, where the card says it."""
    grown = ((card.get("calibration") or {}).get("native") or {}).get("growth") or []
    return replace(row, scored=without_growth([row.scored], grown)[0])


Columns = dict[str, tuple[list[Row], dict[str, Any]]]


def _threshold(card: dict[str, Any], rule: str, condition: str) -> float:
    """The card's limit of *some evidence*; weights without a calibration are read as their authors do, at 0."""
    calibrated = (card.get("calibration") or {}).get(rule)
    return limits_in(calibrated, condition)["threshold_some"] if calibrated else 0.0


def _counts(columns: Columns) -> None:
    rows = next(iter(columns.values()))[0]
    kinds = Counter(r.kind for r in rows)
    sources = {label: len({r.scored.source for r in rows if r.scored.label == label}) for label in (0, 1)}
    print(f"\nreal: {sources[0]} sources; generated: {sources[1]} generators;", ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))


def _learnt(columns: Columns) -> None:
    """Weights that learnt from the sources they are scored on flatter themselves, unless their scores came from fits without those."""
    for name, (rows, card) in columns.items():
        groups = [counts for group, counts in (card.get("data") or {}).items() if group != "test"]
        known = {(label, source) for counts in groups for label, kind in enumerate(("real", "fake")) for source in counts.get(kind, {})}
        met = sum((row.scored.label, row.scored.source) in known for row in rows)
        if met:
            print(f"{name} learnt from the sources of {met} of these {len(rows)} pictures: only fits without them can say how good it is")


def _table(columns: Columns) -> None:
    """Per condition and rule, for each set of weights: AUC, found at 5 % false alarms, found / alarms at its own threshold."""
    print("\n| condition | rule |", " | ".join(f"{name}: AUC, found at 5 %, found / alarms at its threshold" for name in columns), "|")
    print("| --- | --- |", " | ".join("---" for _ in columns), "|")
    for key, of_real, of_fake in ROWS:
        for rule in RULES:
            cells = [_cell([r.scored for r in rows], of_real, of_fake, rule, _threshold(card, rule, of_fake)) for rows, card in columns.values()]
            print(f"| {TITLES[key]} | {rule} |", " | ".join(cells), "|")


def _cell(scored: list[Scored], of_real: str, of_fake: str, rule: str, threshold: float) -> str:
    real, fake = of_class(scored, 0, of_real, rule), of_class(scored, 1, of_fake, rule)
    found = (fake >= threshold_at(real, 0.05)).mean()
    return f"{area_under_curve(real, fake):.3f}, {found:.0%}, {(fake >= threshold).mean():.0%} / {(real >= threshold).mean():.1%}"


def _by_kind(columns: Columns) -> None:
    """How many real pictures of each kind are called evidence of generation."""
    for name, (rows, card) in columns.items():
        print(f"\n{name}: share of real pictures at or above its threshold")
        print("| kind | n |", " | ".join(f"{rule}, {WORDS[c]}" for rule in RULES for c in CONDITIONS), "|")
        for kind in sorted({r.kind for r in rows if not r.scored.label}):
            group = [r.scored for r in rows if r.kind == kind and not r.scored.label]
            shares = [np.mean([s.logits[c][rule] >= _threshold(card, rule, c) for s in group]) for rule in RULES for c in CONDITIONS]
            print(f"| {kind} | {len(group)} |", " | ".join(f"{share:.1%}" for share in shares), "|")


def _by_source(columns: Columns) -> None:
    """How many pictures of each generator are found, under crop."""
    print("\nfound at its own threshold, crop, per generator:", ", ".join(WORDS[c] for c in CONDITIONS))
    for name, (rows, card) in columns.items():
        for source in sorted({r.scored.source for r in rows if r.scored.label}):
            group = [r.scored for r in rows if r.scored.source == source]
            shares = [np.mean([s.logits[c]["crop"] >= _threshold(card, "crop", c) for s in group]) for c in CONDITIONS]
            print(f"  {name}  {source} ({len(group)}):", " ".join(f"{share:.0%}" for share in shares))


def _wrong(columns: Columns, each: int = 5) -> None:
    """The real pictures that score highest and the generated ones that score lowest, under crop as they come."""
    for name, (rows, _) in columns.items():
        print(f"\n{name}: furthest on the wrong side (crop: {', '.join(WORDS[c] for c in CONDITIONS)})")
        for label, sign in ((0, -1), (1, 1)):
            group = sorted((r for r in rows if r.scored.label == label), key=lambda r: sign * r.scored.logits["as_they_come"]["crop"])
            for r in group[:each]:
                print(f"  {('real', 'fake')[label]} {r.name}:", " ".join(f"{r.scored.logits[c]['crop']:+.1f}" for c in CONDITIONS))


def _draw(columns: Columns, path: Path) -> None:
    """Reliability under crop: of the pictures given a probability, how many were generated; both classes count the same."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(xlabel="probability stated", ylabel="share that was generated (both classes count the same)", title="crop")
    for name, (rows, card) in columns.items():
        calibrated = (card.get("calibration") or {}).get("crop") or {}
        if "conditions" in calibrated:
            for condition, bins in reliability([r.scored for r in rows], "crop", calibrated).items():
                full = [b for b in bins if b["n_real"] + b["n_fake"] >= FEWEST_IN_BIN]
                axes.plot([b["stated"] for b in full], [b["came_true"] for b in full], "o-", label=f"{name}, {WORDS[condition]}")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=7)
        figure.savefig(path, dpi=120)
        print(f"\nreliability diagram: {path.name}")


if __name__ == "__main__":
    main()
