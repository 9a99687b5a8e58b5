"""UnivFD through the same code as with CLIP ViT-L/14, on a tower small enough to make here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
from tests.detectors.helpers_networks import photo_like

CPU = torch.device("cpu")


def tiny_clip(patch: int = 32, width: int = 128, layers: int = 2, output: int = 48) -> dict[str, torch.Tensor]:
    """A random CLIP image tower with every tensor name of OpenAI's."""
    ensure_torchvision()
    from open_clip.transformer import QuickGELU, VisionTransformer

    torch.manual_seed(0)
    tower = VisionTransformer(224, patch, width, layers, width // 64, 4.0, output_dim=output, act_layer=QuickGELU)
    return {f"visual.{name}": tensor for name, tensor in tower.state_dict().items()}


def state_with_head(output: int = 48) -> dict[str, torch.Tensor]:
    torch.manual_seed(1)
    return {f"backbone.{k}": v for k, v in tiny_clip(output=output).items()} | {"weight": torch.randn(1, output), "bias": torch.randn(1)}


def by_hand(state: dict[str, torch.Tensor], square: np.ndarray) -> float:
    """The authors' recipe in its own words: CLIP normalisation, tower, linear layer."""
    tower = build_tower({k.removeprefix("backbone."): v for k, v in state.items()})
    x = torch.from_numpy(square.copy()).permute(2, 0, 1)[None].float() / 255
    x = (x - torch.tensor(CLIP_MEAN).view(1, 3, 1, 1)) / torch.tensor(CLIP_STD).view(1, 3, 1, 1)
    with torch.inference_mode():
        return float(F.linear(tower(x), state["weight"], state["bias"]))


@pytest.fixture(scope="module")
def state():
    return state_with_head()


def test_the_logit_of_a_square_is_the_linear_head_on_clips_embedding(state):
    square = photo_like(224, 224)
    assert DETECTORS.get("univfd")(state, CPU).findings([square])[0].logit == pytest.approx(by_hand(state, square), abs=1e-4)


def test_native_is_the_mean_over_the_squares_and_says_what_it_left_out(state):
    univfd = DETECTORS.get("univfd")(state, CPU)
    prepared = univfd.prepare(photo_like(480, 700), "native")
    assert (prepared.seen.box.width, prepared.seen.box.height) == (672, 448) and "6 squares" in prepared.seen.notes[0]
    squares = [prepared.block[y : y + 224, x : x + 224] for y in (0, 224) for x in (0, 224, 448)]
    expected = np.mean([by_hand(state, s) for s in squares])
    finding = univfd.findings([prepared.block])[0]
    assert finding.logit == pytest.approx(expected, abs=1e-4) and finding.evidence.contributions.shape == (2, 3)


@pytest.mark.parametrize("size", [(224, 224), (225, 301), (333, 287), (100, 300), (300, 101), (51, 33), (1, 1)])
def test_paper_rule_cuts_what_torchvisions_centre_crop_cuts(size):
    ensure_torchvision()
    from torchvision.transforms.functional import center_crop

    rgb = photo_like(*size)
    ours = DETECTORS.get("univfd").prepare(rgb, "paper")
    theirs = center_crop(torch.from_numpy(rgb).permute(2, 0, 1), [224, 224]).permute(1, 2, 0).numpy()
    assert np.array_equal(ours.block, theirs)
    assert ours.seen.padded == (min(size) < 224)


def test_a_head_for_other_features_is_refused(state):
    with pytest.raises(WeightsMismatch, match="linear head on 48"):
        DETECTORS.get("univfd")({**state, "weight": torch.zeros(1, 768)}, CPU)


def test_the_authors_head_fits_features_of_768_numbers(shared):
    from forensics_ui.weightstore.load import load_weights

    head = load_weights(shared / "weights/univfd_fc_official.pth", "univfd").state
    backbone = {f"backbone.{k}": v for k, v in tiny_clip(output=768).items()}
    univfd = DETECTORS.get("univfd")({**backbone, **head}, CPU)
    assert np.isfinite(univfd.findings([photo_like(224, 224)])[0].logit)
