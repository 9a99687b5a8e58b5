"""The named endpoints, driven by Gradio's own client: they answer what the command line prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from app_samples import photograph
from app_server import PROJECT

FIELDS = "path sha256 format width height detector weights weights_sha256 input_rule device precision logit probability verdict reasons seconds likelihood_ratio file_says reason_codes".split()


@pytest.fixture(scope="module")
def client(app):
    from gradio_client import Client

    return Client(app.url, verbose=False)


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> Path:
    file = tmp_path_factory.mktemp("api") / "photo.jpg"
    file.write_bytes(photograph(300, 280))
    return file


def lines(answer: str) -> list[dict]:
    return [json.loads(line) for line in answer.splitlines()]


def upload(file: Path):
    from gradio_client import handle_file

    return handle_file(str(file))


@pytest.mark.parametrize("rule", ["native", "crop", "paper"])
def test_score_answers_what_the_command_line_prints(client, app, picture, rule):
    records = lines(client.predict(upload(picture), "lfm", rule, api_name="/score"))
    command = [sys.executable, "-m", "forensics_ui", "score", str(picture), "--json", "--input-rule", rule, "--device", "cpu"]
    printed = subprocess.run(command, capture_output=True, text=True, env=app.environment(), cwd=PROJECT, timeout=120)
    assert printed.returncode == 0, printed.stderr
    line = json.loads(printed.stdout)
    # No card is calibrated under the papers' rule, so there is nothing to weigh.
    known = [name for name in FIELDS if rule != "paper" or name != "likelihood_ratio"]
    assert list(records[0]) == list(line) == known
    assert Path(line.pop("path")).name == records[0].pop("path")
    assert abs(line.pop("logit") - records[0].pop("logit")) < 1e-4
    line.pop("seconds"), records[0].pop("seconds")
    assert records[0] == line


def test_defaults_are_lfm_and_native(client, picture):
    (record,) = lines(client.predict(upload(picture), api_name="/score"))
    assert (record["detector"], record["input_rule"]) == ("lfm", "native")


def test_all_means_every_detector_that_can_be_used(client, picture):
    usable = [one["name"] for one in json.loads(client.predict(api_name="/detectors")) if one["usable"]]
    assert [record["detector"] for record in lines(client.predict(upload(picture), "all", "crop", api_name="/score"))] == usable


def test_facts_are_the_intakes_facts(client, picture):
    found = json.loads(client.predict(upload(picture), api_name="/facts"))
    assert (found["format"], found["width"], found["height"], found["bytes"]) == ("JPEG", 300, 280, picture.stat().st_size)
    assert found["facts"]["jpeg"]["quality"] == 92
    assert found["facts"]["c2pa"]["state"] == "absent"


def test_detectors_say_what_they_look_at_and_what_is_missing(client):
    known = {one["name"]: one for one in json.loads(client.predict(api_name="/detectors"))}
    assert {"lfm", "npr", "univfd"} <= set(known)
    assert known["lfm"]["usable"] and known["lfm"]["preliminary"] and known["lfm"]["default"] == "lfm_test"
    assert not known["npr"]["usable"] and "weights get" in known["npr"]["sentence"]
    assert all(one["looks_at"] and one["limits"] and one["paper"] for one in known.values())


def test_what_cannot_be_done_is_a_record_with_a_reason(client, picture, tmp_path):
    (tmp_path / "page.jpg").write_bytes(b"<html></html>")
    (bad,) = lines(client.predict(upload(tmp_path / "page.jpg"), "lfm", "native", api_name="/score"))
    assert bad["error_code"] == "unsupported_format" and "web page" in bad["error"]
    (unknown,) = lines(client.predict(upload(picture), "nobody", "native", api_name="/score"))
    assert "no detector called 'nobody'" in unknown["error"]
    (missing,) = lines(client.predict(upload(picture), "npr", "native", api_name="/score"))
    assert missing["error_code"].startswith("weights")


def test_endpoints_are_named_and_documented_and_events_of_the_page_are_not(client):
    described = client.view_api(return_format="dict")
    named = described["named_endpoints"]
    assert set(named) == {"/score", "/facts", "/detectors", "/doctor"}
    assert described["unnamed_endpoints"] == {}
    assert all(endpoint["description"] for endpoint in named.values())
    assert [part["parameter_name"] for part in named["/score"]["parameters"]] == ["file", "detector", "input_rule"]


def test_a_field_called_path_in_a_picture_is_no_file(client, tmp_path):
    from app_samples import encoded, noise
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("path", "/etc/passwd")
    (tmp_path / "a.png").write_bytes(encoded(Image.fromarray(noise()), "PNG", pnginfo=text))
    assert json.loads(client.predict(upload(tmp_path / "a.png"), api_name="/facts"))["facts"]["text"] == {"path": "/etc/passwd"}


def test_doctor_tells_versions_device_and_weights(client):
    report = json.loads(client.predict(api_name="/doctor"))
    assert {"weights", "codecs", "packages"} <= set(report)
    assert "lfm_test.safetensors" in json.dumps(report["weights"])
