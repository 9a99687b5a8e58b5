"""What the screen and the API tell about each detector: its method's facts, its weights, and whether it can be used."""

from __future__ import annotations

from typing import Any

from forensics_ui.ui.warm import Bench
from forensics_ui.words import say


def describe(bench: Bench) -> list[dict[str, Any]]:
    """One JSON-ready dictionary per detector: those that can be used first, and of these the ones that are worth most."""
    from forensics_ui.detectors import BEST

    found = [_described(bench, one) for one in bench.get().availability()]
    order = {name: place for place, name in enumerate(BEST)}
    return sorted(found, key=lambda one: (not one["usable"], order.get(one["name"], len(BEST))))


def _described(bench: Bench, one: Any) -> dict[str, Any]:
    from forensics_ui.detectors import DETECTORS
    from forensics_ui.weightstore import manifest

    spec, folder = DETECTORS.get(one.detector).spec, bench.settings.weights_dir
    entry = manifest.find(one.weights, folder) if one.weights else None
    names = [found.entry.name for found in manifest.installed(folder) if found.entry and found.entry.detector == spec.name and found.status == "ok"]
    return {
        "name": spec.name,
        "title": spec.title,
        "looks_at": spec.looks_at,
        "limits": spec.limits,
        "paper": spec.paper,
        "parameters": spec.parameters,
        "rules": list(spec.rules),
        "usable": one.usable,
        "sentence": say(one.why),
        "default": one.weights,
        "weights": names,
        "preliminary": bool(entry and entry.preliminary),
        "card": dict(manifest.read_card(folder / entry.file).fields) if entry else {},
    }
