"""One workbench with small weights for all tests of reports."""

from __future__ import annotations

import pytest

from forensics_ui.core.settings import Settings
from forensics_ui.workbench import Workbench
from tests.report.helpers_report import make_picture, make_weights


@pytest.fixture(scope="session")
def report_settings(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report_weights")
    make_weights(folder)
    return Settings.load(weights_dir=folder, data_dir=tmp_path_factory.mktemp("data"), device="cpu")


@pytest.fixture(scope="session")
def workbench(report_settings):
    with Workbench(report_settings) as made:
        yield made


@pytest.fixture
def picture_file(tmp_path):
    return make_picture(tmp_path / "photo.png")
