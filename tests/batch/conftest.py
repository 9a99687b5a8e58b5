"""Small pictures, a small set of weights, and the real intake, service and journal."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from safetensors.torch import save_file

from forensics_ui.batch import BatchManager
from forensics_ui.core.settings import Settings
from forensics_ui.workbench import Workbench
from tests.detectors.helpers_networks import photo_like, seeded


def make_pictures(folder: Path, count: int, side: int = 48) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        Image.fromarray(photo_like(side, side, number)).save(folder / f"{number:04}.png")
    return folder


@pytest.fixture(scope="session")
def batch_weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batch_weights")
    for seed, (name, detector) in enumerate((("own", "lfm"), ("other", "lfm"), ("npr_own", "npr"))):
        state = {key: tensor.contiguous() for key, tensor in seeded(detector, seed).state_dict().items()}
        save_file(state, folder / f"{name}.safetensors")
    return folder


@pytest.fixture(scope="module")
def batch_workbench(batch_weights, tmp_path_factory):
    with Workbench(Settings.load(weights_dir=batch_weights, data_dir=tmp_path_factory.mktemp("data"), device="cpu")) as made:
        yield made


@pytest.fixture
def own(batch_weights):
    return {"lfm": str(batch_weights / "own.safetensors")}


@pytest.fixture
def manager(batch_workbench, tmp_path):
    made = BatchManager(batch_workbench, tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def score_folder(manager, own):
    """Run a batch to its end; gives its id and the last progress."""

    def score(folder, **how):
        batch = manager.start(folder, ["lfm"], weights=how.pop("weights", own), **how)
        return batch, manager.wait(batch, 60)

    return score
