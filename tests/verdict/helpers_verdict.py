"""Judges of small cards of LFM, whose analyses are made by weights with the hash 111..."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forensics_ui.core.types import Analysis, Picture, Verdict
from forensics_ui.verdict.judge import Judge
from forensics_ui.verdict.reference_set import ReferenceSet
from forensics_ui.weightstore.card import Card

SHA256 = "1" * 64


def judge_of(card: Mapping[str, Any], reference_set: ReferenceSet | None = None) -> Judge:
    """The judge of a card that speaks of those weights."""
    return Judge(Card.from_json({"detector": "lfm", "sha256": SHA256, **card}), reference_set)


def codes(verdict: Verdict) -> list[str]:
    """The codes of its reasons, in their order."""
    return [reason.code for reason in verdict.reasons]


def values(verdict: Verdict, code: str) -> Mapping[str, Any]:
    """The numbers of the one reason with this code."""
    (found,) = (reason for reason in verdict.reasons if reason.code == code)
    return found.values


def judge(picture: Picture, analysis: Analysis, card: Mapping[str, Any]) -> Verdict:
    """The verdict by a card alone."""
    return judge_of(card).judge(picture, analysis)
