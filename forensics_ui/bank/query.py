"""The nearest pictures of a bank by cosine distance, and how k of them vote (section 4 of the UnivFD paper)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from forensics_ui.bank.file import Bank
from forensics_ui.core.errors import ForensicsError

KS = (1, 3, 5, 9)
LABELS = ("real", "fake")


@dataclass(frozen=True)
class Neighbour:
    """One picture of the bank and how far it is: 0 in the same direction, 1 at a right angle, 2 opposite."""

    rank: int
    distance: float
    label: str
    source: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Neighbourhood:
    """The nearest pictures, the votes of k of them, and the smallest distance to each class.

    The very same file in the bank is named apart and has no vote: it would only say what it was filed under.
    """

    neighbours: tuple[Neighbour, ...]
    votes: dict[int, dict[str, Any]]
    nearest: dict[str, float]
    same_file: Neighbour | None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def distances(bank: Bank, feature: np.ndarray) -> np.ndarray:
    """Cosine distance to every picture of the bank."""
    norms = np.linalg.norm(bank.features, axis=1).astype(np.float64)
    similarity = (bank.features @ feature).astype(np.float64) / (norms * np.linalg.norm(feature.astype(np.float64)))
    return 1 - np.clip(similarity, -1, 1)


def neighbours_of(bank: Bank, feature: np.ndarray, sha256: str = "", ks: Sequence[int] = KS) -> Neighbourhood:
    """Look a feature up. Equal distances are ordered as the bank is, so that the answer is always the same."""
    if feature.shape != bank.features.shape[1:]:
        raise ForensicsError(f"The bank holds features of {bank.features.shape[1]} numbers, this network gives {feature.shape[0]}.")
    far = distances(bank, feature)
    order = np.argsort(far, kind="stable")
    itself = [i for i in order if bank.rows[i].sha256 == sha256]
    order = np.array([i for i in order if bank.rows[i].sha256 != sha256]) if itself else order
    if not len(order):
        raise ForensicsError("The bank holds nothing but this very file.")
    nearest = {name: float(far[of[0]]) for label, name in enumerate(LABELS) if len(of := order[bank.labels[order] == label])}
    listed = tuple(_neighbour(bank, far, i, rank) for rank, i in enumerate(order[: max(ks)], 1))
    return Neighbourhood(listed, {k: _vote(listed[:k], k) for k in ks}, nearest, _neighbour(bank, far, itself[0], 0) if itself else None)


def _neighbour(bank: Bank, far: np.ndarray, i: int, rank: int) -> Neighbour:
    row = bank.rows[i]
    return Neighbour(rank, round(float(far[i]), 6), LABELS[int(bank.labels[i])], row.source, row.name, row.sha256)


def _vote(asked: Sequence[Neighbour], k: int) -> dict[str, Any]:
    """How many of the k nearest are of which class; fewer than k where the bank is smaller."""
    fake = sum(each.label == "fake" for each in asked)
    real = len(asked) - fake
    majority = "tie" if fake == real else LABELS[int(fake > real)]
    return {"real": real, "fake": fake, "majority": majority} | ({"fewer_than_k": True} if len(asked) < k else {})
