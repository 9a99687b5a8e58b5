"""How numbers, clauses and the maker of a score are written, in every format alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from forensics_ui.words import parts_of


def maker(entries: Sequence[Mapping[str, Any]], score: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The detector entry that a score belongs to."""
    keys = ("weights_sha256", "input_rule", "device", "precision")
    same = (each for each in entries if each["name"] == score["detector"] and all(each[key] == score[key] for key in keys))
    return next(same, None)


def signed(number: float | None) -> str:
    """A logit with its sign, and a minus as wide as the plus."""
    return "not known" if number is None else f"{number:+.3f}".replace("-", "\N{MINUS SIGN}")


def short(number: float | None) -> str:
    """A number with what digits it needs."""
    return "not known" if number is None else f"{number:,}" if isinstance(number, int) else f"{number:.4g}"


def percent(share: float | None) -> str:
    """A share between what it cannot reach: never 0 and never 100 for what is neither."""
    if share is None:
        return "not known"
    if 0 < share < 0.001 or 0.999 < share < 1:
        return "under 0.1\N{NO-BREAK SPACE}%" if share < 0.5 else "over 99.9\N{NO-BREAK SPACE}%"
    return f"{share:.1%}".removesuffix("%").removesuffix(".0") + "\N{NO-BREAK SPACE}%"


def sentence(text: object) -> str:
    """A clause with a capital and a full stop."""
    clause = str(text).strip()
    return clause and clause[0].upper() + clause[1:] + ("" if clause[-1] in ".!?" else ".")


def capital(text: object) -> str:
    """With a capital letter at the beginning."""
    return str(text)[:1].upper() + str(text)[1:]


def grounds(score: Mapping[str, Any], entry: Mapping[str, Any] | None) -> list[str]:
    """The reasons of a verdict, without the error rates where these stand on a line of their own."""
    left_out = {"error_rates"} if entry and entry["figures"] else set()
    return [sentence(words) for reason, words in parts_of(score) if reason.code not in left_out]


def score_words(score: Mapping[str, Any]) -> str:
    """The number of a score, and what it is worth as a probability."""
    if score.get("logit") is None:
        return ""
    if score.get("probability") is None:
        return f"logit {signed(score['logit'])} (score, uncalibrated)"
    ratio = f"; likelihood ratio {score['likelihood_ratio']:.2g}" if score.get("likelihood_ratio") is not None else ""
    return f"logit {signed(score['logit'])}; {percent(score['probability'])} in calibration, both explanations weighed equally{ratio}"
