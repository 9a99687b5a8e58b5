"""Weights with a card, pictures, and a hand-made report whose every string is the same payload."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from PIL import Image
from safetensors.torch import save_file

from forensics_ui.imaging.colour import png
from forensics_ui.report.model import Case, DetectorEntry, PaneEntry, PictureEntry, Report, Section, Skipped
from tests.detectors.helpers_networks import photo_like, seeded

CALIBRATION = {
    "set": "validation group, 100 real and 300 generated pictures",
    "n_real": 100,
    "threshold_strong": 1e6,
    "threshold_some": -1e6,
    "threshold_low": -2e6,
    "platt": {"a": 0.1, "b": 0.2},
    "range": [0.0033, 0.9902],
}
FIGURES = {"n_real": 120, "n_fake": 311, "auc": 0.871, "fpr_at_some": 0.043, "tpr_at_some": 0.604}


def make_weights(folder: Path, name: str = "small", seed: int = 0, calibrated: bool = True) -> Path:
    """Seeded LFM weights with a card beside them."""
    file = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in seeded("lfm", seed).state_dict().items()}, file)
    card = {"name": name, "detector": "lfm", "sha256": hashlib.sha256(file.read_bytes()).hexdigest(), "preliminary": True, "licence": "MIT"}
    if calibrated:
        card |= {
            "calibration": {"native": CALIBRATION},
            "figures": {name: {"native": FIGURES} for name in ("as_they_come", "jpeg96")},
            "figures_set": "test",
        }
        groups = {"train": "generator-x", "validation": "generator-v", "test, in the end also trained on": "generator-y"}
        card |= {"data": {group: {"real": {"a": 1}, "fake": {generator: 3}} for group, generator in groups.items()}}
    file.with_suffix(".json").write_text(json.dumps(card))
    return file


def make_picture(path: Path, seed: int = 0, side: tuple[int, int] = (101, 150), **options: object) -> Path:
    """A picture file of so many rows and columns."""
    Image.fromarray(photo_like(*side, seed)).save(path, **options)
    return path


def hostile_detector(payload: str) -> DetectorEntry:
    """Strings as a card of weights from anywhere may have them."""
    texts = {name: payload for name, kind in DetectorEntry.__annotations__.items() if kind.startswith("str")}
    return DetectorEntry(**texts, parameters=1, figures={payload: FIGURES}, families=(payload,))


def hostile_curve(payload: str) -> dict:
    told = {"title": payload, "x_label": payload, "y_label": payload, "x": [payload, "b"], "logarithmic": False, "bars": False, "every": 1}
    return {**told, "lines": {payload: [1.0, None]}, "thresholds": {payload: 0.5}}


def hostile_view(payload: str, image: str) -> Section:
    scale = {"low": 0.0, "high": 1.0, "unit": payload, "colours": ["#000000", "#ffffff"]}
    return Section(
        **{name: payload for name in ("title", "shows", "misleads", "not_shown")},
        name="view",
        options={payload: payload},
        sentences=(payload,),
        numbers={payload: [payload]},
        panes=(PaneEntry("p", payload, image, image, (0, 0, 1, 1), scale, True, payload),),
        marks=({"left": 0, "top": 0, "width": 4, "height": 4, "label": payload, "kind": payload},),
        tables=({"title": payload, "columns": [payload], "rows": [[payload]], "rows_in_all": 1},),
        curves=(hostile_curve(payload),),
        crops=({"caption": payload, "box": {}, "image": image},),
    )


def hostile_file(payload: str, kind: str, image: str) -> PictureEntry:
    score = {name: payload for name in ("detector", "weights", "weights_sha256", "input_rule", "device", "precision", "verdict")}
    texts = {name: payload for name in ("path", "sha256", "path_hex", "format", "declared_type", "detected_type", "condition", "condition_note")}
    return PictureEntry(
        **texts,
        bytes=3,
        width=8,
        height=8,
        complete=1.0,
        facts={payload: {payload: payload}},
        left_out=(payload,),
        file_says=({"sentence": payload, "where": payload, "fields": [{"name": payload, "text": payload}]},),
        scores=({**score, "logit": -1.5, "probability": None, "reasons": [payload]},),
        error=payload if kind == "batch" else None,
        preview=image,
        compared_with={"name": payload, "sha256": payload},
        views=(hostile_view(payload, image),) if kind == "picture" else (),
    )


def hostile_report(payload: str, kind: str = "picture") -> Report:
    """A report with the payload wherever a string of a file, a person or a card can stand."""
    pixels = png(np.full((8, 8, 3), 90, np.uint8))
    image = hashlib.sha256(pixels).hexdigest()
    told = {payload: payload}
    return Report(
        kind=kind,
        title=payload,
        answer=(payload, payload),
        case=Case(payload, payload, payload),
        propositions=(payload,),
        limits=(payload,),
        tool={"version": payload, **told},
        packages=told,
        codecs=told,
        settings={payload: told},
        command=(payload,),
        detectors=(hostile_detector(payload),),
        files=(hostile_file(payload, kind, image),),
        skipped=(Skipped(payload, payload),),
        sections=(Section("s", payload, sentences=(payload,), curves=(hostile_curve(payload),)),),
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        images={image: pixels},
    )
