from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from forensics_ui.core.errors import ForensicsError, WeightsMismatch
from forensics_ui.detectors import DETECTORS
from forensics_ui.detectors.networks import LFMNet, NPRNet, neighbouring_pixel_relationships, normalise
from forensics_ui.imaging.npr import npr
from forensics_ui.train.ablations import AblatedLFM, AblatedNPR, Ablation, check_crops, loss_of, maps_of, network_of, pixel_relationships
from forensics_ui.train.card import write_weights
from forensics_ui.train.folders import labelled_files
from forensics_ui.train.loop import Plan, Trainer
from forensics_ui.train.pictures import Pictures
from forensics_ui.train.plain_detector import PlainDetector
from forensics_ui.train.presets import Preset
from forensics_ui.weightstore.load import load_weights
from forensics_ui.weightstore.manifest import default_for
from tests.detectors.helpers_networks import photo_like, seeded
from tests.refusals import refused

CPU = torch.device("cpu")
PUBLISHED = Ablation()
SMALL = Preset("small", batch=4, rate=1e-3, crops=((0.0, (64,)),), balanced=True)
OF_NPR = [Ablation(cell=c, reference=r) for c in (2, 3, 4) for r in (1, 2, 3, 4, "average", "maximum") if (c, r) != (2, 1)]
OF_LFM = [
    *(Ablation(layers=layers) for layers in ("4", "6", "7", "8", "resnet50")),
    *(Ablation(pool=pool) for pool in ("gap", "gmp", "attention")),
    *(Ablation(k=k) for k in (1, 4, 36)),
    Ablation(cell=3, reference="maximum"),
]
OF_TRAINING = [Ablation(rbld=False), Ablation(rks=False), Ablation(rbld=False, rks=False)]


def pixels(side: int = 72, seed: int = 0) -> torch.Tensor:
    return normalise(torch.from_numpy(np.stack([photo_like(side, side, seed), photo_like(side, side, seed + 1)])))


def words(ablation: Ablation) -> str:
    return ablation.words()


@pytest.mark.parametrize("ablation", [PUBLISHED, *OF_NPR], ids=words)
def test_relationships_are_those_of_the_integer_maps_on_the_screen(ablation: Ablation):
    rgb = photo_like(50, 47)
    x = torch.from_numpy(rgb).permute(2, 0, 1)[None].float()
    expected = npr(rgb, ablation.cell, ablation.reference).astype(np.float32)
    assert np.allclose(pixel_relationships(x, ablation.cell, ablation.reference)[0].permute(1, 2, 0).numpy(), expected, atol=1e-3)


def test_the_default_relationships_are_bit_for_bit_the_published_ones():
    assert torch.equal(pixel_relationships(pixels(), 2, 1), neighbouring_pixel_relationships(pixels()))


@pytest.mark.parametrize(("name", "make"), [("lfm", AblatedLFM), ("npr", AblatedNPR)])
def test_the_ablation_networks_with_default_settings_are_bit_for_bit_the_published_ones(name: str, make: type):
    published = seeded(name)
    same = make(PUBLISHED)
    same.load_state_dict(published.state_dict(), strict=True)
    assert torch.equal(same.eval()(pixels()), published(pixels()))
    assert type(network_of(name, PUBLISHED)) in (LFMNet, NPRNet) and type(network_of("lfm", Ablation(rks=False))) is LFMNet


@pytest.mark.parametrize("ablation", [a for a in OF_NPR if a.cell == 3 or a.reference == "average"], ids=words)
def test_another_cell_or_reference_changes_what_npr_says_with_the_same_weights(ablation: Ablation):
    published, variant = seeded("npr"), network_of("npr", ablation)
    variant.load_state_dict(published.state_dict(), strict=True)
    assert not torch.allclose(variant.eval()(pixels()), published(pixels()), atol=1e-3)


@pytest.mark.parametrize("ablation", OF_LFM, ids=words)
def test_every_variant_of_lfm_gives_one_logit_that_its_gradient_can_follow(ablation: Ablation):
    torch.manual_seed(0)
    net = network_of("lfm", ablation.check("lfm"))
    loss = loss_of(net, maps_of(net, pixels()), torch.tensor([0.0, 1.0]), ablation)
    loss.backward()
    assert loss.isfinite() and net(pixels()).shape == (2,)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for n, p in net.named_parameters() if n.endswith("fc1.weight") or "layer1" in n)


@pytest.mark.parametrize("layers", ["4", "5", "6", "7", "8"])
def test_a_depth_counts_all_convolutions_with_the_projection_as_the_table_does(layers: str):
    net = AblatedLFM(Ablation(layers=layers))
    assert sum(isinstance(m, torch.nn.Conv2d) for m in net.modules()) == int(layers)
    # Every further 2x2 convolution without padding costs one row and column of places.
    assert net.maps(pixels(144)).shape[1:] == (64, 17 - (int(layers) - 4), 17 - (int(layers) - 4))


def test_each_pooling_is_what_its_name_says():
    maps = torch.randn(3, 64, 5, 6)
    assert torch.allclose(AblatedLFM(Ablation(pool="gap")).pooled(maps), F.adaptive_avg_pool2d(maps, 1).flatten(1), atol=1e-6)
    assert torch.equal(AblatedLFM(Ablation(pool="gmp")).pooled(maps), F.adaptive_max_pool2d(maps, 1).flatten(1))
    assert torch.equal(AblatedLFM(Ablation(k=1)).pooled(maps), AblatedLFM(Ablation(pool="gmp")).pooled(maps))
    attention = AblatedLFM(Ablation(pool="attention"))
    torch.nn.init.zeros_(attention.attention.weight)
    assert torch.allclose(attention.pooled(maps), maps.mean((2, 3)) / 2, atol=1e-6), "an attention of one half everywhere is half the mean"
    many = AblatedLFM(Ablation(k=40)).pooled(maps).view(3, 64, 40)
    assert (many[..., 30:] == 0).all() and torch.equal(many[..., :30], maps.flatten(2).sort(2, descending=True).values)


def test_rbld_and_rks_are_left_out_of_the_loss_each_by_itself():
    torch.manual_seed(0)
    net, labels = LFMNet(), torch.tensor([0.0, 1.0])
    maps = maps_of(net, pixels()).detach()
    plain = F.binary_cross_entropy_with_logits(net.fc1(maps.flatten(2).topk(16, dim=2).values.flatten(1)).squeeze(1), labels)
    losses = {}
    for ablation in (PUBLISHED, *OF_TRAINING):
        torch.manual_seed(1)
        losses[ablation.words()] = loss_of(net, maps, labels, ablation).item()
    assert losses["rbld-false-rks-false"] == pytest.approx(plain.item(), rel=1e-6)
    assert len({round(value, 7) for value in losses.values()}) == 4


@pytest.mark.parametrize(
    ("detector", "ablation", "sentence"),
    [
        ("npr", Ablation(pool="gap"), "NPR has no pool"),
        ("npr", Ablation(cell=3, reference=10), "1 to 9"),
        ("lfm", Ablation(cell=1), "2 x 2 to 8 x 8"),
        ("lfm", Ablation(layers="3"), "4, 5, 6, 7, 8, resnet50"),
        ("lfm", Ablation(pool="gap", k=4), "setting of Top-K"),
        ("lfm", Ablation(pool="gmp", rks=False), "rks is a setting of Top-K"),
        ("lfm", Ablation(k=0), "k is from 1"),
    ],
)
def test_what_the_papers_do_not_have_is_refused_in_a_sentence(detector: str, ablation: Ablation, sentence: str):
    with refused(ForensicsError, sentence):
        ablation.check(detector)


def test_crops_with_fewer_places_than_k_are_refused_before_hours_are_spent(tmp_path: Path, labelled: Path):
    with refused(ForensicsError, "64 pixels have 36 places and k is 64"):
        Trainer(Plan("lfm", SMALL, tmp_path, ablation=Ablation(k=64)), Pictures(labelled_files(labelled)))
    check_crops(network_of("lfm", Ablation(k=256)), Ablation(k=256), 224)


@pytest.mark.parametrize(("detector", "ablation"), [("npr", OF_NPR[5]), ("lfm", Ablation(pool="attention")), ("lfm", Ablation(rbld=False))])
def test_a_variant_is_trained_resumed_and_not_mixed_with_another(tmp_path: Path, labelled: Path, detector: str, ablation: Ablation):
    pictures = Pictures(labelled_files(labelled))
    plan = Plan(detector, SMALL, tmp_path / "torn", seed=3, epochs=0.75, ablation=ablation)
    whole = Trainer(replace(plan, out=tmp_path / "whole"), pictures).run()
    Trainer(plan, pictures).run(stop_at=1)
    with refused(ForensicsError, "another training"):
        Trainer(replace(plan, ablation=PUBLISHED), pictures).run()
    resumed = Trainer(plan, pictures).run()
    assert all(torch.equal(resumed[name], whole[name]) for name in whole)


@pytest.mark.parametrize("ablation", [OF_NPR[0], Ablation(cell=2, reference="average")], ids=words)
def test_weights_of_a_variant_are_refused_by_the_loader_even_where_every_shape_fits(tmp_path: Path, ablation: Ablation):
    state = seeded("npr").state_dict()
    file = tmp_path / "variant.safetensors"
    write_weights(state, file, {"detector": "npr", "ablation": json.dumps(ablation.changes())})
    with refused(WeightsMismatch, r"variant that was trained for comparison .*reference"):
        load_weights(file, "npr", tmp_path)
    write_weights(state, file, {"detector": "npr"})
    assert load_weights(file, "npr", tmp_path).detector == "npr"


def test_a_variant_that_lies_among_the_weights_is_never_the_one_that_is_used_by_itself(tmp_path: Path):
    (tmp_path / "manifest.json").write_text('{"weights": []}')
    for name, detector, metadata in (("a", "lfm_ablation", {"ablation": '{"rks": false}'}), ("b", "lfm", {})):
        sha256 = write_weights(seeded("lfm").state_dict(), tmp_path / f"{name}.safetensors", {"detector": "lfm", **metadata})
        (tmp_path / f"{name}.json").write_text(json.dumps({"detector": detector, "sha256": sha256}))
    assert default_for("lfm", tmp_path).name == "b"


@pytest.mark.parametrize("name", ["lfm", "npr"])
def test_the_detector_that_measures_variants_agrees_with_the_published_one_on_the_published_network(name: str):
    state, block = seeded(name).state_dict(), photo_like(96, 128)
    ours = PlainDetector(name, PUBLISHED, state, CPU).findings([block])[0].logit
    assert ours == pytest.approx(DETECTORS.get(name)(state, CPU).findings([block])[0].logit, abs=1e-3)
