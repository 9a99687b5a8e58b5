"""Weights and their card: what they were trained on, how, and what they are worth. The card is for machines, its page for people."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from forensics_ui.train.figures import RULES
from forensics_ui.train.measure import CONDITIONS

WORDS = {"as_they_come": "as they come", "jpeg96": "saved as JPEG 96", "jpeg80": "saved as JPEG 80", "halved": "halved (Lanczos)"}


def write_weights(state: dict[str, Tensor], path: Path, metadata: dict[str, str]) -> str:
    """Write fp32 safetensors under the network's own names; gives the SHA-256."""
    data = _ordered(save({name: tensor.detach().cpu().contiguous() for name, tensor in state.items()}, metadata))
    _write(path, data)
    return hashlib.sha256(data).hexdigest()


def _ordered(data: bytes) -> bytes:
    """The same file with its metadata in the order of the alphabet: the library's order is random, and so would the hash be."""
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + data[end:]


def write_card(card: dict[str, Any], weights: Path) -> None:
    """Write the card beside the weights, as JSON and as a page."""
    _write(weights.with_suffix(".json"), (json.dumps(card, indent=1, ensure_ascii=False) + "\n").encode())
    _write(weights.with_suffix(".md"), page(card).encode())


def _write(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + ".part")
    beside.write_bytes(data)
    os.replace(beside, path)


def page(card: dict[str, Any]) -> str:
    """The card for people, in Markdown."""
    parts = [
        f"# {card['name']}",
        _introduction(card),
        _data(card),
        _table(card, "figures", "Figures"),
        _other(card),
        _thresholds(card),
        _failures(card),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _introduction(card: dict[str, Any]) -> str:
    kind = "**Preliminary** weights" if card.get("preliminary") else "Weights"
    return (
        f"{kind} for the detector `{card['detector']}`, trained with the preset `{card['preset']['name']}`, seed {card['seed']}, "
        f"{_work(card['training'])} in {card['training']['seconds'] / 60:.0f} minutes.{_given(card)}\n\n"
        f"Licence: {card.get('licence') or 'not stated'}. SHA-256: `{card['sha256']}`.\n\n{card['training'].get('note', '')}"
    ).rstrip()


def _work(training: dict[str, Any]) -> str:
    """What was done: steps of a network, or one fit to everything that was counted."""
    return f"{training['steps']:,} steps" if "steps" in training else f"fitted to {training['rows']:,} copies of the pictures"


def _given(card: dict[str, Any]) -> str:
    """What the training was given besides pictures, and what it changed of the published network."""
    words = {"teacher": "Its teacher was", "start_from": "It began with the weights"}
    given = [f" {text} `{who['name']}` (SHA-256 `{who['sha256']}`)." for key, text in words.items() if (who := card["training"].get(key))]
    if changes := card.get("ablation"):
        named = ", ".join(f"{name} = {value}" for name, value in changes.items())
        given.append(f"\n\n**A variant, not the published network** ({named}): these weights are for comparison, and detectors refuse them.")
    return "".join(given)


def _data(card: dict[str, Any]) -> str:
    lines = ["## Data", "", "| group | real pictures | sources | generated pictures | generators |", "| --- | ---: | ---: | ---: | ---: |"]
    for group, counts in card["data"].items():
        real, fake = counts["real"], counts["fake"]
        lines.append(f"| {group} | {sum(real.values())} | {len(real)} | {sum(fake.values())} | {len(fake)} |")
    return "\n".join([*lines, "", "No generator and no collection of photographs is in two groups; the card lists them."])


def _table(card: dict[str, Any], key: str, title: str) -> str:
    rows = card.get(key)
    if not rows:
        return ""
    lines = [f"## {title}", "", f"Measured on the {card['figures_set']} pictures. {card.get('measured_how', '')}".rstrip(), ""]
    lines += ["| condition | rule | real / generated | AUC | found at 5 % false alarms | found / false alarms at *some* | at *strong* |"]
    lines += ["| --- | --- | --- | ---: | ---: | ---: | ---: |"]
    for condition in CONDITIONS:
        lines += [_line(WORDS[condition], rule, rows[condition][rule]) for rule in RULES if rule in rows[condition]]
    return "\n".join(lines)


def _line(condition: str, rule: str, row: dict[str, Any]) -> str:
    shares = [f"{row[f'tpr_at_{name}']:.1%} / {row[f'fpr_at_{name}']:.1%}" for name in ("some", "strong")]
    return (
        f"| {condition} | {rule} | {row['n_real']} / {row['n_fake']} | {row['auc']:.3f} | {row['tpr_at_5pct_fpr']:.1%} | {shares[0]} | {shares[1]} |"
    )


def _other(card: dict[str, Any]) -> str:
    other = card.get("compared_with")
    # How our weights were kept from their own sources says nothing of others.
    return _table({**card, "figures": other["figures"], "measured_how": ""}, "figures", f"The same pictures, {other['name']}") if other else ""


def _thresholds(card: dict[str, Any]) -> str:
    lines = []
    for rule, values in card.get("calibration", {}).items():
        if values:
            bounds = ", ".join(f"{name} {values[f'threshold_{name}']:+.2f}" for name in ("low", "some", "strong"))
            lines.append(f"- `{rule}`: {bounds}; from the {values['set']}")
        else:
            lines.append(f"- `{rule}`: not calibrated")
    return "\n".join(["## Thresholds (logits)", "", *lines]) if lines else ""


def _failures(card: dict[str, Any]) -> str:
    known = card.get("known_failures") or []
    return "\n".join(["## Known failures", "", *(f"- {failure}" for failure in known)]) if known else ""
