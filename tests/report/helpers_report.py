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
        card |= {"data": {"train": {"real": {"a": 1}, "fake": {"generator-x": 3}}}}
    file.with_suffix(".json").write_text(json.dumps(card))
    return file


def make_picture(path: Path, seed: int = 0, **options: object) -> Path:
    """A picture file of 150 x 101 pixels."""
    Image.fromarray(photo_like(101, 150, seed)).save(path, **options)
    return path


def hostile_report(payload: str, kind: str = "picture") -> Report:
    """A report with the payload wherever a string of a file, a person or a card can stand."""
    pixels = png(np.full((8, 8, 3), 90, np.uint8))
    image = hashlib.sha256(pixels).hexdigest()
    detector = DetectorEntry(
        payload, payload, payload, payload, payload, 1, payload, payload, payload, payload, payload, payload, payload, calibration_note=payload
    )
    detector = DetectorEntry(
        **{**detector.__dict__, "thresholds_from": payload, "figures": {payload: FIGURES}, "figures_from": payload, "families": (payload,)}
    )
    score = {"detector": payload, "weights": payload, "weights_sha256": payload, "input_rule": payload, "device": payload, "precision": payload}
    score |= {"logit": -1.5, "probability": None, "verdict": payload, "reasons": [payload]}
    curve = {
        "title": payload,
        "x_label": payload,
        "y_label": payload,
        "x": [payload, "b"],
        "lines": {payload: [1.0, None]},
        "thresholds": {payload: 0.5},
    }
    curve |= {"logarithmic": False, "bars": False, "every": 1}
    scale = {"low": 0.0, "high": 1.0, "unit": payload, "colours": ["#000000", "#ffffff"]}
    section = Section(
        "view",
        payload,
        payload,
        payload,
        {payload: payload},
        (payload,),
        {payload: [payload]},
        (PaneEntry("p", payload, image, (0, 0, 1, 1), scale, True, payload),),
        ({"left": 0, "top": 0, "width": 4, "height": 4, "label": payload, "kind": payload},),
        ({"title": payload, "columns": [payload], "rows": [[payload]], "rows_in_all": 1},),
        (curve,),
        ({"caption": payload, "box": {}, "image": image},),
        payload,
    )
    file = PictureEntry(
        payload, payload, payload, 3, payload, payload, payload, 8, 8, 1.0, {payload: {payload: payload}}, (payload,), payload, (score,)
    )
    file = PictureEntry(
        **{**file.__dict__, "error": payload if kind == "batch" else None, "preview": image, "views": (section,) if kind == "picture" else ()}
    )
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
        detectors=(detector,),
        files=(file,),
        skipped=(Skipped(payload, payload),),
        sections=(Section("s", payload, sentences=(payload,), curves=(curve,)),),
        created=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        images={image: pixels},
    )
