from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent.parent
CODE = """
from forensics_ui.detectors.torchvision_shim import ensure_torchvision
torchvision = ensure_torchvision()
assert ensure_torchvision() is torchvision
import open_clip, pytorch_grad_cam, timm, torch
boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0]])
print(torchvision.ops.box_iou(boxes[:1], boxes[1:]).item())
"""


def test_the_packages_that_stand_on_torchvision_import_in_a_fresh_process():
    done = subprocess.run([sys.executable, "-c", CODE], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "0.5"
