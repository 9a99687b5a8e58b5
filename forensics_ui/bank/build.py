"""Build a bank from labelled folders. Features are kept on disk: stopped at any time, the same command goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from forensics_ui.bank.file import Bank, Row
from forensics_ui.core.errors import BadImage, ForensicsError, NotApplicable
from forensics_ui.core.types import InputRule
from forensics_ui.imaging.facts.text import clean, clean_name
from forensics_ui.imaging.open import Intake
from forensics_ui.train.features import CachedUnivFD
from forensics_ui.train.folders import Sample, labelled_files
from forensics_ui.words import sentence_of

Tell = Callable[[int, int], None]
TEXT_BYTES = 1024


@dataclass(frozen=True)
class Built:
    """A bank and what did not get into it, each with its reason."""

    bank: Bank
    failed: list[dict[str, str]]
    repeated: int  # files that hold the same bytes as one before them


def build_bank(folder: Path, detector: CachedUnivFD, intake: Intake, rule: InputRule, tell: Tell = lambda done, total: None) -> Built:
    """Every labelled picture once, in the order of its path; one that cannot be used harms nobody."""
    samples = labelled_files(folder)
    rows: list[Row] = []
    kept: dict[str, tuple[np.ndarray, int]] = {}
    failed: list[dict[str, str]] = []
    repeated = 0
    for done, sample in enumerate(samples, 1):
        try:
            # Labelled folders are often made of links; the one who builds the bank made them.
            picture = intake.open(sample.path.resolve(), sample.path.name)
            if picture.sha256 in kept:
                _refuse_both_labels(kept[picture.sha256][1], sample)
                repeated += 1
            else:
                kept[picture.sha256] = feature_of(picture.rgb, detector, rule), sample.label
                rows.append(Row(clean_name(sample.path.name), clean(sample.source, TEXT_BYTES).replace("\n", " "), picture.sha256))
        except (BadImage, NotApplicable) as error:
            failed.append({"path": str(sample.path), "error": sentence_of(error)})
        tell(done, len(samples))
    labels = np.array([label for _, label in kept.values()], np.uint8)
    if set(labels.tolist()) != {0, 1}:
        raise ForensicsError(_nothing_left(failed))
    features = np.stack([feature for feature, _ in kept.values()])
    return Built(Bank(features, labels, tuple(rows), detector.backbone["name"], detector.backbone["sha256"], rule), failed, repeated)


def feature_of(rgb: np.ndarray, detector: CachedUnivFD, rule: InputRule) -> np.ndarray:
    """CLIP's feature of a picture under a rule; the mean over its squares where there are several. NotApplicable says why not."""
    return detector.picture_feature(detector.prepare(rgb, rule).block)


def _refuse_both_labels(label: int, sample: Sample) -> None:
    if label != sample.label:
        raise ForensicsError(f"The picture {sample.path.name!r} stands among the real and among the generated ones; a bank cannot hold it as both.")


def _nothing_left(failed: list[dict[str, Any]]) -> str:
    reason = f" The first of {len(failed)} that could not be used: {failed[0]['error']}" if failed else ""
    return f"No picture of one of the classes could be used, so there is no bank.{reason}"
