"""Files that are no pictures, files that attack the page, and requests that attack the server."""

from __future__ import annotations

import http.client
import json
import urllib.request

import pytest
from app_samples import ATTACKS, hostile_png, photograph

NO_PICTURES = {
    "page.png": b"<!doctype html><script>window.hacked = 1</script>",
    "drawing.svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>window.hacked = 1</script></svg>',
    "empty.jpg": b"",
    "noise.webp": bytes(range(256)) * 20,
    "bomb-header.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (60_000).to_bytes(4, "big") * 2 + b"\x08\x02\x00\x00\x00" + bytes(4),
}


def refusal(screen, give, name: str, data: bytes) -> str:
    give(name, data, until="not opened")
    return screen.locator(".problem").inner_text()


def test_what_is_no_picture_is_refused_in_a_sentence_and_the_app_goes_on(screen, give):
    for name, data in NO_PICTURES.items():
        words = refusal(screen, give, name, data)
        assert "could not be opened" in words
        assert "Traceback" not in words
        assert "/" not in words.replace(name, "")
        assert screen.locator(".facts, .picture img").count() == 0
        assert screen.locator(".toast-wrap .toast-body").count() == 0
    give("good.jpg", photograph(300, 280))
    assert screen.locator("#card-lfm .number").count() == 2


def test_a_file_over_the_limit_is_refused_in_a_sentence_before_it_travels(screen):
    assert screen.locator(".invitation").get_attribute("data-limit") == str(200 * 1024**2)
    screen.evaluate("document.querySelector('.invitation').dataset.limit = 1024 * 1024")
    screen.locator("#intake input[type=file]").set_input_files({"name": "huge.tif", "mimeType": "image/tiff", "buffer": bytes(3 * 1024**2)})
    screen.wait_for_selector(".status:has-text('huge.tif is 3.0 MB large; the limit is 1 MB')")
    assert not [url for url in screen.asked if "/upload" in url]


def test_a_torn_file_can_be_opened_in_part_without_a_verdict(screen, give):
    data = photograph()
    assert "ends before its picture does" in refusal(screen, give, "torn.jpg", data[: len(data) * 2 // 3])
    screen.click("#partial")
    screen.wait_for_selector("h2:has-text('no verdict')", timeout=20_000)
    assert "torn.jpg" in screen.locator(".facts").inner_text()
    assert "rows could be decoded" in screen.locator(".facts").inner_text()
    assert screen.locator("#answers .card").count() == 0


def test_every_string_of_a_file_is_text_and_nothing_else(screen, give):
    give("".join(attack.replace("/", "") for attack in ATTACKS[:6]) + ".png", hostile_png(), until="done")
    for summary in screen.locator(".facts summary").all():
        summary.click()
    assert screen.evaluate("window.hacked") is None
    assert screen.locator(".facts :is(img, script, svg), .status :is(img, script, svg), #answers :is(img, script, svg)").count() == 0
    words = screen.locator(".facts").inner_text()
    for attack in ATTACKS:
        assert attack in words
    assert "Stable Diffusion web UI" in words


def ask(app, path: str, host: str | None = None, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{app.port}"})
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example"])
def test_another_host_name_is_refused(app, host):
    assert ask(app, "/", host)[0] == 400
    assert ask(app, "/gradio_api/info", host)[0] == 400
    assert ask(app, "/forensics/assets/app.js", host)[0] == 400


def test_its_own_names_are_answered_with_a_policy_that_keeps_everything_here(app):
    for host in (f"127.0.0.1:{app.port}", f"localhost:{app.port}"):
        status, headers, _ = ask(app, "/", host)
        assert status == 200
        assert "connect-src 'self'" in headers["content-security-policy"]
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in headers


@pytest.mark.parametrize(
    "path", ["/openapi.json", "/docs", "/redoc", "/forensics/assets/..%2f..%2fpyproject.toml", "/forensics/picture/guess/preview", "/monitoring"]
)
def test_what_need_not_be_served_is_not(app, path):
    assert ask(app, path)[0] in (403, 404)


def test_no_file_of_the_machine_is_served(app):
    for path in (app.log, app.weights_dir / "lfm_test.json", "/etc/passwd"):
        assert ask(app, f"/gradio_api/file={path}")[0] in (403, 404)


def test_the_api_takes_no_path_of_the_machine(app):
    body = json.dumps({"data": [{"path": str(app.log), "meta": {"_type": "gradio.FileData"}}]}).encode()
    call = urllib.request.Request(f"{app.url}/gradio_api/call/facts", body, {"content-type": "application/json"})
    event = json.load(urllib.request.urlopen(call))["event_id"]
    told = urllib.request.urlopen(f"{app.url}/gradio_api/call/facts/{event}", timeout=30).read().decode()
    assert "event: error" in told
    assert "sha256" not in told
