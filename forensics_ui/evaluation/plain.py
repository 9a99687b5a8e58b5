"""The figures in sentences, for who has ten seconds: counts before shares, chance beside what was reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from forensics_ui.evaluation.verdict_words import verdict_counts
from forensics_ui.report.clean import one_line
from forensics_ui.words.evaluation import FACTS

GLOSSARY = (
    "Acc. is the share of all pictures that were called what they are; real acc. and fake acc. are that share of each class. A.P. and AUC say how "
    "well the scores tell the classes apart wherever the line is drawn (AUC: 100 is perfect, 50 is guessing). found@1% and found@5% are the share "
    "of fakes found when at most so many reals may be flagged. Mean counts every generator alike."
)
NAMED_APART = 3  # generators, from which on the easiest and the hardest are named


def alarm_words(confounds: Mapping[str, Any]) -> str:
    """What format, size and compression alone give away, if anything; the facts of the files by their worst."""
    if not confounds["alarm"]:
        return ""
    worst = confounds["alarm"][0]
    auc = 100 * confounds["facts"][worst]["auc"]
    what = "all facts of the files together" if worst == "all" else f"the {FACTS[worst]} alone"
    return (
        f"Without a look at a single pixel, {what} tells real from generated {auc:.0f} times in 100; guessing gives 50. What the detector adds to "
        "that cannot be seen on these pictures."
    )


def plain_words(detector: Mapping[str, Any], title: str = "") -> list[str]:
    """What a detector did on these pictures; `title` is how it is called."""
    return list(_words(detector, title or detector["detector"]))


def _words(detector: Mapping[str, Any], title: str) -> Iterator[str]:
    together, cheating = detector["together"], detector["threshold"]["cheating"]
    seen, real, fake = together["confusion"], together["n_real"], together["n_fake"]
    if not real and not fake:
        yield f"{title} scored none of these pictures."
        return
    found = f"found {_of(seen['fake_called_fake'], fake, 'generated picture')}" if fake else ""
    alarms = f"wrongly flagged {_of(seen['real_called_fake'], real, 'real picture')}" if real else ""
    bound = "With a line drawn by these very labels, which is cheating, " if cheating else ""
    if by_verdict := verdict_counts(detector):
        bound = "By raw scores and one line for all, "
    yield f"{bound}{title} {' and '.join(part for part in (found, alarms) if part)}."
    if by_verdict:
        yield by_verdict
    if real and fake:
        yield _ranking(together)
        yield _at_few_alarms(together)
    yield from _apart(detector["generators"])


def _of(part: int, whole: int, what: str) -> str:
    return f"{part:,} of {whole:,} {what}{'' if whole == 1 else 's'} ({100 * part / whole:.0f} %)"


def _ranking(together: Mapping[str, Any]) -> str:
    auc, bounds = 100 * together["figures"]["auc"], together["intervals"]["auc"]
    said = f"Shown one picture of each kind, its score is higher for the generated one {auc:.0f} times in 100; guessing gives 50."
    if not bounds:
        return said
    low, high = (100 * each for each in bounds)
    likely = f" With other pictures like these it could have been {low:.0f} to {high:.0f}"
    if low <= 50 <= high:
        return f"{said}{likely}: on so few pictures that cannot be told from guessing."
    return f"{said}{likely}{': it is worse than guessing here' if high < 50 else ''}."


def _at_few_alarms(together: Mapping[str, Any]) -> str:
    one, five = (100 * together["figures"][f"tpr_at_{n}pct_fpr"] for n in (1, 5))
    return f"If at most 1 in 100 of these reals may be flagged, {one:.0f} % of the generated ones are found; if 5 in 100, {five:.0f} %."


def _apart(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    ranked = sorted((row for row in rows if row["figures"]["auc"] is not None), key=lambda row: row["figures"]["auc"])
    if len(ranked) >= NAMED_APART:
        told = [f"{one_line(row['name'], 40)} (AUC {100 * row['figures']['auc']:.0f})" for row in (ranked[-1], ranked[0])]
        yield f"Told apart best: {told[0]}; worst: {told[1]}."
