from __future__ import annotations

import numpy as np
import pytest
import torch

from forensics_ui.core.errors import Cancelled, NotApplicable
from forensics_ui.views.cam import Cam
from forensics_ui.views.gradcam import METHODS, raw_map
from forensics_ui.views.plain import DEPTHS, network_input, recipe_of
from tests.refusals import refused
from tests.views.helpers_views import FakeSubject, look, photo_like, plain_of

CHEAP = sorted(set(METHODS) - {"scorecam", "ablationcam"})


def captum_gradcam(name, depth, block, sign=1.0):
    from captum.attr import LayerGradCam

    network = plain_of(name)
    module = network.get_submodule(recipe_of(name).layers(network)[depth].path)
    found = LayerGradCam(lambda x: sign * network(x), module).attribute(network_input(name, block), relu_attributions=False)
    return found[0, 0].detach().numpy()


def ours(name, depth, block, method="gradcam", sign=1.0):
    recipe, network = recipe_of(name), plain_of(name)
    return raw_map(network, recipe.layers(network)[depth], network_input(name, block), method, sign, recipe.tokens)


def hooks_on(network):
    return sum(len(m._forward_hooks) + len(m._backward_hooks) + len(m._forward_pre_hooks) for m in network.modules())


@pytest.mark.parametrize("name", ["lfm", "npr"])
@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_grad_cam_equals_captums_up_to_scale(name, depth, sign):
    block = photo_like(96, 96)
    mine, theirs = ours(name, depth, block, sign=sign).ravel(), captum_gradcam(name, depth, block, sign).ravel()
    # grad-cam averages gradients and sums channels, captum averages both: one positive factor.
    factor = float(mine @ theirs / (theirs @ theirs))
    assert factor > 0
    assert np.allclose(mine, factor * theirs, atol=1e-4 * np.abs(mine).max())


def test_the_other_side_is_the_negative_of_this_one():
    block = photo_like(96, 96)
    assert np.allclose(ours("lfm", "last", block, sign=-1.0), -ours("lfm", "last", block), atol=1e-6)


def test_at_nprs_last_layer_grad_cam_has_the_shape_of_the_exact_map():
    rgb = photo_like(128, 96)
    exact = FakeSubject(rgb).analysis("npr").evidence.contributions.astype(float).ravel()
    mine = ours("npr", "last", rgb).ravel()
    assert np.corrcoef(mine, exact)[0, 1] > 0.9999
    assert float(mine @ exact) > 0


@pytest.mark.parametrize("method", CHEAP)
def test_every_method_gives_a_finite_map_and_leaves_no_hook(method):
    made = ours("lfm", "last", photo_like(96, 96), method)
    assert made.shape == (10, 10) and np.isfinite(made).all()
    assert hooks_on(plain_of("lfm")) == 0


@pytest.mark.parametrize("method", ["gradcam", "hirescam", "layercam", "eigencam"])
def test_transformer_tokens_become_a_map(method):
    made = ours("univfd", "last", photo_like(224, 224), method)
    assert made.shape == (7, 7) and np.isfinite(made).all()


def test_ablation_marks_channels_that_lower_the_score_also_where_the_score_is_negative():
    network, block = plain_of("lfm"), photo_like(64, 64)
    layer = recipe_of("lfm").layers(network)["last"]
    x = network_input("lfm", block)
    sign = -1.0 if float(network(x).detach()) > 0 else 1.0  # so that what is explained is negative
    with torch.no_grad():
        acts = _features(network, x)
        before = sign * float(network.fc1(_top(network, acts)).squeeze())
        drops = []
        for channel in range(acts.shape[1]):
            without = acts.clone()
            without[:, channel] = 0 if acts.min() == 0 else acts.min() - 1e7
            drops.append(before - sign * float(network.fc1(_top(network, without)).squeeze()))
    expected = (np.array(drops)[:, None, None] / abs(before) * acts[0].numpy()).sum(0)
    made = raw_map(network, layer, x, "ablationcam", sign)
    assert before < 0
    assert np.allclose(made, expected, rtol=1e-2, atol=1e-2 * np.abs(expected).max())


def _features(network, x):
    from forensics_ui.detectors.networks import neighbouring_pixel_relationships

    return network.cnn(neighbouring_pixel_relationships(x).abs())


def _top(network, acts):
    return network.covn1_1(acts).flatten(2).topk(16, dim=2).values.flatten(1)


@pytest.mark.parametrize("method", ["scorecam", "ablationcam"])
def test_a_slow_method_can_be_stopped_and_leaves_the_network_as_it_was(method):
    before = {name: id(module) for name, module in plain_of("lfm").named_modules()}
    subject = FakeSubject(photo_like(64, 64), ("lfm",), cancel_after=2)
    with pytest.raises(Cancelled):
        look(Cam(), subject, method=method)
    assert {name: id(module) for name, module in plain_of("lfm").named_modules()} == before
    assert hooks_on(plain_of("lfm")) == 0
    import pytorch_grad_cam.score_cam as module

    assert hasattr(module.tqdm, "trange")  # the package's own progress bars are back


def test_methods_that_compare_all_places_are_refused_on_large_maps():
    with refused(NotApplicable, "choose a later layer"):
        look(Cam(), FakeSubject(photo_like(160, 160), ("lfm",)), method="eigencam", layer="first")


def test_methods_with_a_pass_per_channel_are_refused_for_the_transformer():
    with refused(NotApplicable, "takes hours"):
        look(Cam(), FakeSubject(photo_like(224, 224), ("univfd",)), method="scorecam")


def test_maps_are_labelled_approximate_and_carry_their_raw_range_and_a_check():
    shown = look(Cam(), FakeSubject(photo_like(128, 128)))
    for name in ("lfm", "npr"):
        found = shown.numbers["detectors"][name]
        assert found["exact"] is False and found["raw_least"] <= found["raw_largest"]
        assert len(found["deletion"]["regions"]) == 3
    assert all("approximate" in pane.title for pane in shown.panes[1:])


def test_a_large_picture_is_cut_to_the_crop_and_said():
    shown = look(Cam(), FakeSubject(photo_like(700, 600), ("npr",)), check=False)
    assert shown.numbers["detectors"]["npr"]["seen"]["box"][2:] == [256, 256]
    assert any("256 x 256 pixels" in line for line in shown.sentences)


def test_a_flat_map_says_so():
    shown = look(Cam(), FakeSubject(np.full((64, 64, 3), 90, np.uint8), ("lfm",)), method="eigencam")
    assert shown.numbers["detectors"]["lfm"]["flat"] is True
    assert any("flat" in line for line in shown.sentences)
