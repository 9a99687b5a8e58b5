"""The addresses behind the Batch tab, asked directly: what they refuse, and that bytes stay bytes."""

from __future__ import annotations

import time

import pytest
from app_server import write_weights
from batch_pages import picture_folder, small_jpeg
from starlette.applications import Starlette
from starlette.testclient import TestClient

from forensics_ui.core.settings import Limits, Settings
from forensics_ui.ui.batch_addresses import routes
from forensics_ui.ui.batch_desk import BatchDesk
from forensics_ui.ui.warm import Bench

ELSEWHERE = {"sec-fetch-site": "cross-site", "origin": "http://elsewhere.example"}
START = {"detectors": ["lfm"], "rule": "crop"}


class Asked:
    """A desk, and a client of its addresses."""

    def __init__(self, folder, host="127.0.0.1"):
        settings = Settings.load(weights_dir=folder / "weights", data_dir=folder / "data", device="cpu", host=host, limits=Limits(file_bytes=400_000))
        self.desk = BatchDesk(Bench(settings))
        self.client = TestClient(Starlette(routes=routes(self.desk)), base_url="http://127.0.0.1")

    def get(self, path, /, **query):
        return self.client.get(f"/forensics/batch{path}", params=query)

    def post(self, path, /, headers=None, **fields):
        return self.client.post(f"/forensics/batch{path}", json=fields, headers=headers)

    def give(self, drop, name, data, **headers):
        return self.client.post(f"/forensics/batch/drops/{drop}/file", content=data, headers={"x-file-name": name, **headers})

    def finished(self, batch):
        for _ in range(600):
            if (told := self.get(f"/of/{batch}").json())["progress"]["over"]:
                return told
            time.sleep(0.05)
        raise AssertionError("the batch did not end")

    def close(self):
        self.desk.close()
        self.desk.bench.close()


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("batches")
    write_weights(folder / "weights")
    return folder


@pytest.fixture(scope="module")
def asked(place):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORENSICS_ROOTS", str(place / "allowed"))
        picture_folder(place / "allowed" / "pictures", 3)
        made = Asked(place)
        yield made
        made.close()


@pytest.fixture(scope="module")
def batch(asked, place):
    told = asked.post("/start", folder=str(place / "allowed" / "pictures"), **START).json()
    assert asked.finished(told["id"])["progress"]["state"] == "finished"
    return told["id"]


def test_a_folder_outside_the_roots_is_forbidden_everywhere(asked):
    for path in ("/preview", "/start"):
        assert asked.post(path, folder="/etc", **START).status_code == 403
    assert asked.get("/folders", path="/etc/").json() == {"folders": []}


def test_what_makes_no_sense_is_refused_with_a_sentence(asked, place):
    folder = str(place / "allowed" / "pictures")
    for fields in ({"detectors": [], "rule": "crop"}, {"detectors": ["npr"]}, {"detectors": "lfm"}, {"detectors": ["lfm"], "rule": "squint"}):
        answer = asked.post("/start", folder=folder, **fields)
        assert answer.status_code == 400 and answer.json()["problem"].endswith(".")
    for batch in ("..", "0123456789ab", "%2e%2e", "0123456789ab-1"):
        assert asked.get(f"/of/{batch}").status_code in (400, 404)
    assert asked.client.post("/forensics/batch/start", content=b"[1]").status_code == 400
    assert asked.client.post("/forensics/batch/start", content=b"{" * 70_000).status_code == 400


def test_a_page_of_another_site_can_change_nothing(asked, batch):
    for path in ("/start", "/preview", "/drops", f"/of/{batch}/cancel", f"/of/{batch}/report/csv"):
        assert asked.post(path, headers=ELSEWHERE).status_code == 403
    assert asked.client.delete(f"/forensics/batch/of/{batch}", headers=ELSEWHERE).status_code == 403
    assert asked.give("drop-0123456789abcdef", "a.jpg", b"x", **ELSEWHERE).status_code == 403


def test_nothing_is_told_to_who_is_not_logged_in(asked, batch, monkeypatch):
    for name, value in (("auth", object()), ("cookie_id", "a"), ("tokens", {})):
        monkeypatch.setattr(asked.client.app, name, value, raising=False)
    for path in ("/choices", "/list", "/folders", f"/of/{batch}", f"/of/{batch}/rows", f"/of/{batch}/thumb", f"/of/{batch}/file"):
        assert asked.get(path).status_code == 401
    assert asked.post("/drops").status_code == 401
    assert asked.give("drop-0123456789abcdef", "a.jpg", b"x").status_code == 401


def test_rows_come_in_pages_with_the_facts_and_no_places(asked, batch, place):
    told = asked.get(f"/of/{batch}/rows", sort="size", descending="true").json()
    assert told["total"] == 6
    assert [row["bytes"] for row in told["rows"]] == sorted((row["bytes"] for row in told["rows"]), reverse=True)
    assert str(place) not in asked.get(f"/of/{batch}/rows").text
    assert asked.get(f"/of/{batch}/rows", sort="location").status_code == 400
    assert asked.get(f"/of/{batch}/rows", offset=5).json()["rows"][0]["path"] == "twice.jpg"
    assert [row["path"] for row in asked.get(f"/of/{batch}/rows", state="failed").json()["rows"]] == ["broken.png"]


def test_a_file_is_served_only_to_who_knows_its_row_and_hash(asked, batch, place):
    row = next(row for row in asked.get(f"/of/{batch}/rows").json()["rows"] if row["path"] == "twice.jpg")
    served = asked.get(f"/of/{batch}/file", path="twice.jpg", sha256=row["sha256"])
    assert served.content == small_jpeg(0) and served.headers["content-type"] == "application/octet-stream"
    assert asked.get(f"/of/{batch}/file", path="twice.jpg", sha256="").status_code == 409
    for path in ("/etc/passwd", "../../weights/manifest.json", "notes.txt"):
        assert asked.get(f"/of/{batch}/file", path=path, sha256=row["sha256"]).status_code == 400
    thumb = asked.get(f"/of/{batch}/thumb", path="twice.jpg", sha256=row["sha256"])
    assert thumb.headers["content-type"] == "image/jpeg" and thumb.content.startswith(b"\xff\xd8")
    for path in ("notes.txt", "nothing.jpg"):
        assert asked.get(f"/of/{batch}/thumb", path=path, sha256=row["sha256"]).status_code == 400


def test_the_same_again_goes_on_and_anew_is_another_batch(asked, batch, place):
    folder = str(place / "allowed" / "pictures")
    assert asked.post("/start", folder=folder, **START).json()["id"] == batch
    asked.finished(batch)
    other = asked.post("/start", folder=folder, fresh=True, **START).json()["id"]
    assert other != batch and asked.finished(other)["progress"]["done"] == 5


def test_dropped_bytes_are_the_same_and_over_the_limit_is_refused(asked):
    drop = asked.post("/drops").json()["drop"]
    data = bytes(range(256)) * 40
    assert asked.give(drop, "in%20here/%C3%BC.jpg", data).json() == {"kept": "ü.jpg"}
    assert (asked.desk.drops.inside(drop) / "in here" / "ü.jpg").read_bytes() == data
    assert asked.give(drop, "large.jpg", bytes(400_001)).status_code == 413
    assert asked.give(drop, "large.jpg", (bytes(100_000) for _ in range(6))).status_code == 413
    assert asked.give(drop, "..%2Fout.jpg", b"x").status_code == 400
    assert [path.name for path in (asked.desk.drops.home / drop).rglob("*") if path.is_file()] == ["ü.jpg"]


def test_copies_of_dropped_files_go_only_when_that_is_asked_for(asked):
    for copies in ("false", "true"):
        drop = asked.post("/drops").json()["drop"]
        asked.give(drop, f"{copies}.jpg", small_jpeg(7))
        batch = asked.post("/start", drop=drop, **START).json()["id"]
        assert asked.finished(batch)["dropped"]
        assert asked.client.delete(f"/forensics/batch/of/{batch}?copies={copies}").status_code == 204
        assert (asked.desk.drops.home / drop).exists() is (copies == "false")
        assert asked.get(f"/of/{batch}").status_code == 400


def test_where_other_machines_reach_the_app_only_dropped_files_are_seen(asked, batch, place):
    others = Asked(place, host="0.0.0.0")
    try:
        assert others.post("/start", folder=str(place / "allowed" / "pictures"), **START).status_code == 403
        assert others.get(f"/of/{batch}").status_code == 400
        assert batch not in [each["id"] for each in others.get("/list").json()["batches"]]
        assert others.get("/choices").json()["folders"] is False
    finally:
        others.close()
