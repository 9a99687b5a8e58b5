"""The grad-cam package, asked properly: raw maps, the right sign for networks with one logit, no hook left behind."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from forensics_ui.core.errors import NotApplicable
from forensics_ui.core.reasons import because
from forensics_ui.detectors.base import Checkpoint, no_checkpoint
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
from forensics_ui.views.plain import Layer, tokens_to_map

METHODS = {
    "gradcam": "GradCAM",
    "gradcam++": "GradCAMPlusPlus",
    "hirescam": "HiResCAM",
    "xgradcam": "XGradCAM",
    "layercam": "LayerCAM",
    "elementwise": "GradCAMElementWise",
    "shapleycam": "ShapleyCAM",
    "eigengradcam": "EigenGradCAM",
    "segeigencam": "SegEigenCAM",
    "eigencam": "EigenCAM",
    "kpcacam": "KPCA_CAM",
    "fem": "FEM",
    "scorecam": "ScoreCAM",
    "ablationcam": "AblationCAM",
}
# These never look at the score: their maps are the same for either side.
BLIND = {"eigencam", "kpcacam", "fem"}
# Matrices of cells x cells are made, by the package, in full.
QUADRATIC = {"eigencam", "eigengradcam", "segeigencam", "kpcacam"}
MOST_CELLS = 4096
# One forward pass per channel: hours for a transformer with 1,024 of them.
PER_CHANNEL = {"scorecam": "score_cam", "ablationcam": "ablation_cam"}
# Gradients are kept on the modules while a map is made, and the package's progress bars are replaced.
LOCK = threading.Lock()


class LogitTarget:
    """What is explained: the logit itself, or minus it. A single logit needs no class, and its sign must not be guessed."""

    def __init__(self, sign: float) -> None:
        self.sign = sign

    def __call__(self, output: Tensor) -> Tensor:
        return self.sign * output


def refuse(method: str, tokens: bool, cells: int) -> None:
    """NotApplicable where a method would take hours or all memory."""
    if method in PER_CHANNEL and tokens:
        raise NotApplicable(because("one_pass_per_channel", method=method))
    if method in QUADRATIC and cells > MOST_CELLS:
        raise NotApplicable(because("too_many_places", method=method, places=cells, most=MOST_CELLS))


def raw_map(
    network: nn.Module, layer: Layer, x: Tensor, method: str, sign: float, tokens: bool = False, report: Checkpoint = no_checkpoint
) -> np.ndarray:
    """The map as the method computes it, (rows, columns), before the package cuts it at zero and stretches it to 0..1."""
    ensure_torchvision()
    with LOCK, _progress_of(method, report), torch.enable_grad():
        # Ablation-CAM swaps a layer of the network and would leave it swapped if cancelled.
        used = copy.deepcopy(network) if method == "ablationcam" else network
        refuse(method, tokens, _cells(used, used.get_submodule(layer.path), x, tokens))
        made, score = _made(used, layer, x, method, LogitTarget(sign), tokens)
    # Ablation-CAM divides by the score, which turns its map upside down where the score is negative, as half of all logits are.
    return made * np.sign(score) if method == "ablationcam" else made


def _made(network: nn.Module, layer: Layer, x: Tensor, method: str, target: LogitTarget, tokens: bool) -> tuple[np.ndarray, float]:
    """The raw map, and the value of the target."""
    import pytorch_grad_cam

    extra = {"ablation_layer": pytorch_grad_cam.AblationLayer()} if method == "ablationcam" else {}
    kind, reshape = getattr(pytorch_grad_cam, METHODS[method]), tokens_to_map if tokens else None
    taken: list[np.ndarray] = []
    with kind(network, [network.get_submodule(layer.path)], reshape_transform=reshape, **extra) as cam:
        cam.get_cam_image = _keeping(cam.get_cam_image, taken)
        cam(x, targets=[target])
        score = float(target(cam.outputs.detach().reshape(-1)[0]))
    return np.asarray(taken[0], np.float64)[0], score


def _cells(network: nn.Module, module: nn.Module, x: Tensor, tokens: bool) -> int:
    """How many places the layer's map has for this input."""
    shapes: list[Any] = []
    handle = module.register_forward_hook(lambda _m, _i, output: shapes.append(output.shape))
    try:
        with torch.no_grad():
            network(x)
    finally:
        handle.remove()
    return int(shapes[0][1] - 1) if tokens else int(shapes[0][2] * shapes[0][3])


def _keeping(compute: Callable[..., Any], taken: list[np.ndarray]) -> Callable[..., Any]:
    def keep(*args: Any, **kwargs: Any) -> Any:
        made = compute(*args, **kwargs)
        made = made.detach().cpu().numpy() if isinstance(made, Tensor) else made
        taken.append(np.array(made))
        return made

    return keep


@contextmanager
def _progress_of(method: str, report: Checkpoint) -> Iterator[None]:
    """Let the loops of the slow methods report here instead of drawing bars on standard error; raising in `report` ends them."""
    if method not in PER_CHANNEL:
        yield
        return
    import importlib

    module: Any = importlib.import_module(f"pytorch_grad_cam.{PER_CHANNEL[method]}")

    def told(steps: range) -> Iterator[int]:
        for done, step in enumerate(steps, 1):
            yield step
            report(done, len(steps))

    before, module.tqdm = module.tqdm, SimpleNamespace(tqdm=told)
    try:
        yield
    finally:
        module.tqdm = before
