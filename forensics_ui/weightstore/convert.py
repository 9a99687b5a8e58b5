"""Write weights as safetensors under our names, with a card that says where they come from."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from safetensors.torch import save

from forensics_ui import __version__
from forensics_ui.core.errors import WeightsError
from forensics_ui.core.settings import WEIGHTS
from forensics_ui.weightstore.hashes import digest_file
from forensics_ui.weightstore.load import LoadedWeights, load_weights
from forensics_ui.weightstore.names import guess


def convert(name_or_path: str | Path, out: Path, weights_dir: Path = WEIGHTS) -> dict[str, Any]:
    """Convert published weights to `out` and write the card beside it; the card is returned."""
    card_file = out.with_suffix(".json")
    if out.suffix != ".safetensors":
        raise WeightsError(f"The converted file must end in .safetensors, not {out.suffix or 'nothing'!r}.")
    for file in (out, card_file):
        if file.exists():
            raise WeightsError(f"{file.name} exists already and is not overwritten.")
    loaded = load_weights(name_or_path, None, weights_dir)
    card = _provenance(loaded)
    part = out.with_name(out.name + ".part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        state = {name: tensor.contiguous() for name, tensor in loaded.state.items()}
        # One metadata entry: with more, their order, and so the hash, would differ from run to run.
        part.write_bytes(save(state, metadata={"provenance": json.dumps(card)}))
        found = digest_file(part)
        card |= {"sha256": found.sha256, "size": found.size}
        os.replace(part, out)
        card_file.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        part.unlink(missing_ok=True)
        raise WeightsError(f"{out.name} could not be written ({error.strerror}).") from error
    return card


def _provenance(loaded: LoadedWeights) -> dict[str, Any]:
    """What a reader must know of the original: which file, whose, and under which licence."""
    entry = loaded.entry
    return {
        "detector": loaded.detector,
        "role": entry.role if entry else guess(loaded.state)[1],
        "source": entry.source if entry else None,
        "licence": entry.licence if entry else None,
        "converted_from": loaded.sha256,
        "note": f"Converted from {loaded.name}; the numbers are the same, the names and the container are not.",
        "converter": f"forensics_ui {__version__}",
    }
