"""From the names in published checkpoints to the names of our networks, and which network a set of names belongs to."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from forensics_ui.core.errors import WeightsMismatch

# Names that only the one network has, by detector and role. Shapes are checked by the detector that takes them.
SIGNATURES: dict[tuple[str, str], frozenset[str]] = {
    ("lfm", "network"): frozenset({"cnn.layer1.0.weight", "cnn.layer4.1.running_var", "covn1_1.weight", "fc1.weight", "fc1.bias"}),
    ("npr", "network"): frozenset({"conv1.weight", "bn1.running_var", "layer1.0.conv1.weight", "layer2.3.conv3.weight", "fc1.weight", "fc1.bias"}),
    ("prc", "network"): frozenset({"clean.weight", "saved.weight", "gate.weight", "clean.bias", "saved.bias", "gate.bias"}),
    ("univfd", "head"): frozenset({"weight", "bias"}),
    ("univfd", "block head"): frozenset({"blocks", "of_class", "of_patches", "bias"}),
    ("univfd", "backbone"): frozenset({"visual.conv1.weight", "visual.proj", "visual.class_embedding"}),
}
TITLES = {"lfm": "LFM", "npr": "NPR", "prc": "PRC", "univfd": "UnivFD"}
WHOLE_RESNET = ("layer3.", "layer4.", "fc.weight", "fc.bias")


def map_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename to our networks' names and leave out what is not a parameter of theirs."""
    state = _without_prefix(state)
    if {"fc.weight", "fc.bias"} == state.keys():
        # UnivFD's own training script saves its head under the name it has inside the whole model.
        state = {name.removeprefix("fc."): tensor for name, tensor in state.items()}
    if "visual.proj" in state:
        state = {name: tensor for name, tensor in state.items() if name.startswith("visual.")}
    state = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    return _without_sampling(state)


def guess(state: Mapping[str, Tensor]) -> tuple[str, str]:
    """The detector and role whose names these are; WeightsMismatch with what was found instead."""
    for (detector, role), names in SIGNATURES.items():
        if names <= state.keys() and (role != "head" or names == state.keys()):
            if detector == "npr" and any(name.startswith(WHOLE_RESNET) for name in state):
                raise WeightsMismatch("These are weights of a whole ResNet-50; NPR's network ends after its second stage, so they are not NPR's.")
            return detector, role
    first = ", ".join(repr(name[:40]) for name in list(state)[:3])
    raise WeightsMismatch(
        f"These are not weights of LFM, NPR, PRC or UnivFD: the file holds {len(state)} tensors, the first ones named {first or 'nothing'}."
    )


def expect(state: Mapping[str, Tensor], detector: str | None) -> str:
    """The detector that the names belong to, which must be the one asked for.

    A detector without a signature here (one that was added later) checks names and shapes itself.
    """
    try:
        found, _ = guess(state)
    except WeightsMismatch:
        if detector is None or detector in TITLES:
            raise
        return detector
    if detector is not None and found != detector:
        raise WeightsMismatch(f"These are weights of {TITLES[found]}, not of {TITLES.get(detector, detector)}.")
    return found


def _without_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    # DataParallel puts `module.` before every name.
    if state and all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): tensor for name, tensor in state.items()}
    return dict(state)


def _without_sampling(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Drop LFM's down- and up-sampling, which its authors keep as convolutions, once they are known to be plain 2x2 nearest."""
    down, up = state.pop("downsample_conv.weight", None), state.pop("upsample_conv.weight", None)
    for tensor, cell in ((down, [[1.0, 0.0], [0.0, 0.0]]), (up, [[1.0, 1.0], [1.0, 1.0]])):
        if tensor is not None and not _is_per_channel(tensor, torch.tensor(cell)):
            raise WeightsMismatch(
                "The sampling in this LFM checkpoint is not the fixed 2x2 nearest sampling of the paper, so its scores would not be LFM's."
            )
    return state


def _is_per_channel(tensor: Tensor, cell: Tensor) -> bool:
    expected = torch.eye(3)[:, :, None, None] * cell
    return tensor.shape == expected.shape and torch.equal(tensor.float(), expected)
