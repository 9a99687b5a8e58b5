"""UnivFD through the same code as with CLIP ViT-L/14, on a tower small enough to make here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from forensics_ui.core.errors import WeightsMismatch
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.clip_vit import CLIP_MEAN, CLIP_STD, build_tower, tokens_after
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
from forensics_ui.words import say
from tests.detectors.helpers_networks import photo_like
from tests.refusals import refused

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


@pytest.mark.parametrize("rule", ["native", "crop"])
def test_the_middle_square_is_looked_at_on_the_grid_of_jpeg_blocks_and_the_rest_is_named_as_left_out(rule):
    seen = DETECTORS.get("univfd").prepare(photo_like(480, 700), rule).seen
    assert (seen.box.left, seen.box.top, seen.box.width, seen.box.height) == (232, 128, 224, 224)
    assert "only the 224 x 224 pixels" in say(seen.notes[0]) and not seen.resampled


def test_a_large_block_is_the_mean_over_its_squares(state):
    block = photo_like(448, 672)
    squares = [block[y : y + 224, x : x + 224] for y in (0, 224) for x in (0, 224, 448)]
    finding = DETECTORS.get("univfd")(state, CPU).findings([block])[0]
    assert finding.logit == pytest.approx(np.mean([by_hand(state, s) for s in squares]), abs=1e-4)
    assert finding.evidence.contributions.shape == (2, 3)


def block_head(tower: dict[str, torch.Tensor], width: int = 128) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(2)
    of_class, of_patches = (torch.randn(2, width, generator=random) for _ in range(2))
    head = {"blocks": torch.tensor([0, 1]), "of_class": of_class, "of_patches": of_patches, "bias": torch.tensor([0.25])}
    return {f"backbone.{k}": v for k, v in tower.items()} | head


def block_logit_by_hand(state: dict[str, torch.Tensor], square: np.ndarray) -> float:
    """Class tokens and means of patch tokens, from hooks on the tower's own forward pass."""
    tower, seen = build_tower({k.removeprefix("backbone."): v for k, v in state.items() if k.startswith("backbone.")}), []
    hooks = [block.register_forward_hook(lambda _, __, out: seen.append(out)) for block in tower.transformer.resblocks]
    x = torch.from_numpy(square.copy()).permute(2, 0, 1)[None].float() / 255
    tower((x - torch.tensor(CLIP_MEAN).view(1, 3, 1, 1)) / torch.tensor(CLIP_STD).view(1, 3, 1, 1))
    [hook.remove() for hook in hooks]
    parts = [tokens[0, 0] @ c + tokens[0, 1:].mean(0) @ p for tokens, c, p in zip(seen, state["of_class"], state["of_patches"], strict=True)]
    return float(sum(parts) + state["bias"])


def test_a_head_on_blocks_is_exactly_a_sum_over_places():
    state = block_head(tiny_clip())
    square = photo_like(224, 224)
    finding = DETECTORS.get("univfd")(state, CPU).findings([square])[0]
    assert finding.logit == pytest.approx(block_logit_by_hand(state, square), abs=1e-4)
    assert finding.evidence.contributions.shape == (7, 7) and finding.evidence.total() == pytest.approx(finding.logit)


def test_a_smaller_picture_keeps_its_pixels_and_gives_a_smaller_square():
    state = block_head(tiny_clip(patch=16))
    univfd = DETECTORS.get("univfd")(state, CPU)
    prepared = univfd.prepare(photo_like(130, 200), "native")
    assert prepared.block.shape == (128, 128, 3) and not prepared.seen.resampled
    assert univfd.findings([prepared.block])[0].evidence.contributions.shape == (8, 8)


def test_the_embedding_of_a_whole_square_is_the_same_by_way_of_its_tokens(state):
    tower = build_tower({k.removeprefix("backbone."): v for k, v in state.items() if k.startswith("backbone.")})
    pixels = torch.rand(2, 3, 224, 224)
    with torch.inference_mode():
        (tokens,) = tokens_after(tower, pixels, [1])
        assert torch.allclose(tower.ln_post(tokens[:, 0]) @ tower.proj, tower(pixels), atol=1e-5)


def test_the_authors_head_scores_a_smaller_square_too(state):
    assert np.isfinite(DETECTORS.get("univfd")(state, CPU).findings([photo_like(128, 128)])[0].logit)


@pytest.mark.parametrize("wrong", [{"blocks": torch.tensor([0, 2])}, {"blocks": torch.tensor([1, 0])}, {"of_class": torch.zeros(2, 64)}])
def test_a_head_on_blocks_of_another_tower_is_refused(wrong):
    with refused(WeightsMismatch, "no head on the blocks"):
        DETECTORS.get("univfd")({**block_head(tiny_clip()), **wrong}, CPU)


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
    with refused(WeightsMismatch, "linear head on 48"):
        DETECTORS.get("univfd")({**state, "weight": torch.zeros(1, 768)}, CPU)


def test_the_authors_head_fits_features_of_768_numbers(shared):
    from forensics_ui.weightstore.load import load_weights

    head = load_weights(shared / "weights/univfd_fc_official.pth", "univfd").state
    backbone = {f"backbone.{k}": v for k, v in tiny_clip(output=768).items()}
    univfd = DETECTORS.get("univfd")({**backbone, **head}, CPU)
    assert np.isfinite(univfd.findings([photo_like(224, 224)])[0].logit)
