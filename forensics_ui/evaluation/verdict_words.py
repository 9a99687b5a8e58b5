"""The columns that follow the verdict, and the sentences that say why they differ from those of the raw scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from forensics_ui.evaluation.cells import Measured, measured, percent
from forensics_ui.verdict.counts import CONFIDENCE, interval

VERDICT_TITLE = "By the verdict: percent of the real pictures / of the fake ones; evidence on reals is a false alarm"
PAIRS = {"strong": "strong", "inconclusive": "inconclusive", "no_trace": "no trace", "not_applicable": "not appl."}
COLUMNS = ("evidence on reals", "evidence on fakes", *PAIRS.values())
RANKED = {"ap": "A.P. less growth", "auc": "AUC less growth"}


def verdict_columns(detector: Mapping[str, Any]) -> list[str]:
    """The heads of the table; how the compared scores rank is a column of its own only where it differs."""
    return ["generator", "real", "fake", *COLUMNS, *(RANKED.values() if detector["by_verdict"]["growth_taken_off"] else ())]


def verdict_lines(rows: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[Any]]:
    """The cells under `verdict_columns`, a line for each named row."""
    return [[name, row.get("n_real"), row.get("n_fake"), *_cells(row)] for name, row in rows]


def verdict_parts(detector: Mapping[str, Any]) -> tuple[list[tuple[str, Any]], list[tuple[str, Any]]]:
    """The named rows of the generators, and those over all of them."""
    found = detector["by_verdict"]
    return [(row["name"], row) for row in found["generators"]], [("Mean", found["mean"]), ("All together", found["together"])]


def _cells(row: Mapping[str, Any]) -> Iterator[str | Measured]:
    for label in ("real", "fake"):
        yield _figure(row, f"{label}_evidence")
    for share in PAIRS:
        yield " / ".join(percent(row["figures"][f"{label}_{share}"]) for label in ("real", "fake"))
    for name in RANKED:
        if name in row["figures"]:
            yield _figure(row, name)


def _figure(row: Mapping[str, Any], name: str) -> str | Measured:
    return measured(row["figures"][name], row["intervals"][name])


def verdict_sentences(detector: Mapping[str, Any]) -> list[str]:
    """What the two kinds of columns hold against what; empty where the line is not the one of the card."""
    return list(_sentences(detector)) if "by_verdict" in detector else []


def _sentences(detector: Mapping[str, Any]) -> Iterator[str]:
    found, line, rule = detector["by_verdict"], detector["threshold"], detector["input_rule"]
    taken = ", after what larger pictures score higher by is taken off," if found["growth_taken_off"] else ""
    yield (
        f"Acc., real acc. and fake acc. hold the raw score of every picture against one line, a logit of {line['value']:+.4f} ({line['origin']}); the verdict "
        f"holds it{taken} against the limit of the picture's own condition, and speaks of evidence only where generated pictures score so clearly more often."
    )
    if not found["calibrated"]:
        own = "only own photographs can give it a limit" if found["own_reals"] else "it is inconclusive wherever a picture is scored"
        yield f"These weights are not calibrated under the input rule {rule!r}, so the verdict has no limit of theirs: {own}."
    if found["own_reals"]:
        yield f"These verdicts were also judged by own photographs: {', '.join(found['own_reals'])}."
    yield from _without_spread(found["together"])
    yield _ranking(found, rule)


def _without_spread(together: Mapping[str, Any]) -> Iterator[str]:
    """Of none or all of a class every resample shows the same, which is not as sure as it looks."""
    for label in ("real", "fake"):
        count, whole = _with_evidence(together, label), together[f"n_{label}"]
        if whole and count in (0, whole):
            low, high = interval(count, whole)
            yield (
                f"{'All' if count else 'None'} of {whole:,} {label} pictures got evidence, so that resampling shows no spread; counted exactly, between "
                f"{100 * low:.1f} and {100 * high:.1f} % of such pictures can be expected to, with {CONFIDENCE:.0%} confidence."
            )


def _with_evidence(together: Mapping[str, Any], label: str) -> int:
    return sum(together[f"{label}_counts"][name] for name in ("strong", "some"))


def _ranking(found: Mapping[str, Any], rule: str) -> str:
    raw = "A.P., AUC and found@ rank raw scores"
    if found["growth_taken_off"]:
        return f"{raw}, which grow with the size of a picture; the last two columns of the table by verdicts rank them without that growth."
    if rule != "native":
        return f"{raw}; under the input rule {rule!r} nothing is taken off them."
    return f"{raw}; nothing is taken off them, because by how much they grow with the size of a picture is not known here."


def verdict_counts(detector: Mapping[str, Any]) -> str:
    """What the verdict finds and marks, in one sentence; empty where it is not told."""
    if "by_verdict" not in detector:
        return ""
    together = detector["by_verdict"]["together"]
    parts = []
    for label, what in (("fake", "generated"), ("real", "real")):
        count, whole = _with_evidence(together, label), together[f"n_{label}"]
        if whole:
            parts.append(f"{count:,} of {whole:,} {what} picture{'' if whole == 1 else 's'} ({100 * count / whole:.0f} %)")
    return f"By its verdict, which is what the app says, there is evidence of generation on {' and on '.join(parts)}." if parts else ""
