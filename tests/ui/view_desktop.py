"""One open picture behind the addresses of the workbench, and a client that asks them, without a browser."""

from __future__ import annotations

import time

import pytest
from app_samples import encoded, noise
from app_server import write_weights
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from forensics_ui.core.settings import Limits, Settings
from forensics_ui.ui import views
from forensics_ui.ui.desk import Desk, Job
from forensics_ui.ui.view_jobs import ViewJobs
from forensics_ui.ui.warm import Bench

RGB = noise(578, 200)  # wider than a tile


class Desktop:
    """One open picture, and a client of the addresses."""

    def __init__(self, settings):
        self.bench, self.desk = Bench(settings), Desk()
        self.jobs = ViewJobs(self.bench, self.desk)
        self.client = TestClient(Starlette(routes=views.routes(self.bench, self.jobs)), base_url="http://127.0.0.1")
        self.token = self.lay("page", encoded(Image.fromarray(RGB), "PNG"))

    def lay(self, page, data):
        picture = self.bench.get().open(data, "a.png")
        return self.desk.begin(page, Job("a.png", "a.png", picture=picture)).token

    def view(self, name, token=None, **options):
        address = f"/forensics/view/{token or self.token}/{name}"
        for _ in range(600):
            answer = self.client.get(address, params=options)
            if answer.json().get("state") not in ("running", "begun"):
                return answer
            time.sleep(0.05)
        raise AssertionError("the view did not end")

    def second(self, data, **headers):
        return self.client.post(f"/forensics/second/{self.token}", content=data, headers={"x-file-name": "b%20c.png", **headers})


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    write_weights(folder / "weights")
    settings = Settings.load(weights_dir=folder / "weights", data_dir=folder / "data", device="cpu", limits=Limits(file_bytes=400_000))
    made = Desktop(settings)
    yield made
    made.bench.close()
