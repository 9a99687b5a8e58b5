"""Make `import torchvision` work beside a torch build that its compiled operators were not made for.

grad-cam and open_clip import torchvision but use only its Python part. Its CUDA-linked wheel beside a CPU torch fails on
import, because two operators are registered without looking whether they exist. On matching builds this is a plain import.
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

import torch

UNGUARDED_OPERATORS = ("nms", "qnms")


def ensure_torchvision() -> ModuleType:
    """Import torchvision, declaring the missing operators only after a first import has failed for want of them."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    for operator in UNGUARDED_OPERATORS:
        torch.library.define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return importlib.import_module("torchvision")
